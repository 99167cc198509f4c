"""How a widget, screen or app has blocking work done: in a named thread, answered by one message."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, cast

from textual import on
from textual.dom import DOMNode
from textual.message import Message
from textual.worker import Worker, WorkerState, get_current_worker

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.text import plain

if TYPE_CHECKING:
    from rmtui.tui.app import RmtuiApp

__all__ = ["Errands", "UnexpectedFailure"]

logger = logging.getLogger("rmtui.tui")


class UnexpectedFailure(RmtuiError):
    """Something nobody foresaw."""

    title = later("Unexpected failure")

    def __init__(self, error: BaseException | None, doing: str) -> None:
        what = f"{type(error).__name__}: {plain(error, 300)}" if error is not None else tr("no reason was given")
        super().__init__(
            tr(
                "Something went wrong while {doing} ({what}). It may not have been done: look at the list before trying again, "
                "and report this to whoever looks after rmtui.",
                doing=tr(doing),
                what=what,
            )
        )


class Errands(DOMNode):
    """Mixed into whatever sends work away and owns the state that the answer changes; named last among the bases, since Textual
    inherits bindings and styles along the first one.
    """

    @property
    def console(self) -> RmtuiApp:
        """The app, by its own type."""
        return cast("RmtuiApp", self.app)

    def errand(
        self,
        name: str,
        work: Callable[[], Message],
        failed: Callable[[RmtuiError], Message],
        *,
        description: str,
        group: str | None = None,
        writes: bool = False,
    ) -> Worker[None]:
        """Do ``work`` in a thread and post the message it gives; an error is posted as ``failed`` makes it.

        :param name: names the worker and, without ``group``, the group in which a newer errand replaces this one.
        :param description: ends the sentence "It went wrong while …".
        :param writes: it changes something: it is finished before the program ends, and its answer is never dropped.
        """
        console = self.console

        def run() -> None:
            began = monotonic()
            if writes:
                with console.writes.one():
                    message = attempt()
            else:
                message = attempt()
            logger.debug("%s took %.0f ms", name, (monotonic() - began) * 1_000)
            if writes or not get_current_worker().is_cancelled:
                self.post_message(message)

        def attempt() -> Message:
            try:
                return work()
            except RmtuiError as error:
                return failed(error)
            except Exception as error:  # told to the operator as a sentence, by whoever sent the errand
                logger.exception("%s failed", name)
                return failed(UnexpectedFailure(error, description))

        return self.run_worker(
            run, name=name, group=group or name, description=description, thread=True, exclusive=True, exit_on_error=False
        )

    @on(Worker.StateChanged)
    def _errand_changed(self, event: Worker.StateChanged) -> None:
        """What went wrong around an errand ends in front of the operator too."""
        event.stop()
        if event.state is WorkerState.ERROR:
            error = event.worker.error
            self.console.tell_error(error if isinstance(error, RmtuiError) else UnexpectedFailure(error, event.worker.description))
