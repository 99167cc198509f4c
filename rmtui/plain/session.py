"""Who sits at the lines, on which deployment, and how work is done for them."""

from __future__ import annotations

import logging
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from rmtui import clock, logs, settings
from rmtui.errors import EXIT_INTERRUPTED, RmtuiError
from rmtui.i18n import later, tr
from rmtui.plain.menu import Quit
from rmtui.plain.talk import Talk
from rmtui.services import operators
from rmtui.services.operators import Operator, Permission
from rmtui.services.refusals import NotPermitted
from rmtui.signals import ENDING
from rmtui.text import plain

if TYPE_CHECKING:
    from rmtui.services.deployment import Deployment

__all__ = ["Session", "TurnedOut"]

T = TypeVar("T")

logger = logging.getLogger("rmtui.plain")


class TurnedOut(Exception):
    """The operator may not even look any more; they sign in anew."""


class Unforeseen(RmtuiError):
    """Something nobody foresaw."""

    title = later("Unexpected failure")

    def __init__(self, error: Exception) -> None:
        place = traceback.extract_tb(error.__traceback__)[-1]
        what = f"{type(error).__name__}, {Path(place.filename).name}:{place.lineno}: {plain(error, 300)}"
        super().__init__(
            tr(
                "Something went wrong that nobody foresaw ({what}). It may not have been done: look before trying again, "
                "and report this to whoever looks after rmtui.",
                what=what,
            )
        )


class Session:
    """One dialogue from its beginning to its end.

    :param codes: approve codes by callsign, in a demo, where nobody can read them out.
    """

    def __init__(self, talk: Talk, codes: Mapping[str, str] | None = None) -> None:
        self.talk = talk
        self.codes: Mapping[str, str] = codes or {}
        self.deployment: Deployment | None = None
        self.operator: Operator | None = None
        self.changes = 0
        """How many changes were tried."""
        talk.patience = self._patience

    @property
    def live(self) -> bool:
        """Whether the deployment has a web page of its own."""
        return self.deployment is not None and self.deployment.has_web_page

    @property
    def guarded(self) -> bool:
        """Whether somebody proved who they are, or has to."""
        return operators.signin_required() or (self.operator is not None and self.operator.proven)

    def _patience(self) -> float | None:
        """Seconds that an answer is waited for before the operator is signed out."""
        operator, minutes = self.operator, settings.current().lock_minutes
        if operator is None or not self.guarded:
            return None
        rest = [minutes * 60.0] if minutes else []
        if operator.until is not None:
            rest.append(max((operator.until - clock.utcnow()).total_seconds(), 0.0))
        return min(rest, default=None)

    # Doing

    def read(self, work: Callable[[], T]) -> T:
        """What the database says, for who may look; Ctrl+C waits no longer for it.

        :raises TurnedOut: they may not.
        """

        def check_and_work() -> tuple[Operator | None, T]:
            operator = self.operator
            if operator is not None:
                operator = operators.still(operator)
            elif not operators.may(None, Permission.SEE):
                raise operators.SignInNeeded(tr("Signing in is required here, and nobody is signed in."))
            return operator, work()

        before = self.operator
        try:
            now, found = self.wait(check_and_work)
        except (operators.SignInNeeded, NotPermitted) as error:
            self.turn_out(error)
            return self.read(work)
        if self.operator is before:
            self.operator = now
        return found

    def change(self, work: Callable[[], T]) -> T:
        """Change something. It is finished whatever is typed meanwhile, and then told."""
        self.changes += 1
        with self._undisturbed():
            try:
                return self.wait(work)
            except operators.SignInNeeded as error:
                if self.guarded:
                    self.turn_out(error)
                raise

    def wait(self, work: Callable[[], T]) -> T:
        """Have it done in a thread, so that this one hears Ctrl+C."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(work())
            except RmtuiError as error:
                future.set_exception(error)
            except Exception as error:  # noqa: BLE001  # told to the operator as a sentence, by whoever asks for the result
                logs.unforeseen(logger, error, work)
                future.set_exception(Unforeseen(error))

        threading.Thread(target=run, name="plain", daemon=True).start()
        return future.result()

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Keep what would end the program until what is under way is done."""
        came: list[int] = []

        def keep(number: int, _frame: FrameType | None) -> None:
            came.append(number)
            if number == signal.SIGINT:
                self.fresh_line()
                self.talk.say(tr("It cannot be stopped half-way; it is being finished."))

        before = {number: signal.signal(number, keep) for number in (signal.SIGINT, *ENDING)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if {*ENDING} & {*came}:
                raise Quit(EXIT_INTERRUPTED)

    # Telling

    def fresh_line(self) -> None:
        """After what the terminal itself writes, such as ^C."""
        if self.talk.interactive:
            self.talk.say("")

    def tell(self, error: RmtuiError) -> None:
        """What was not done, and why."""
        self.talk.say(error.sentence)

    def step(self, words: str) -> None:
        """What is being done just now."""
        self.talk.say(f"{words} ...")

    # Who

    def refused(self, permission: Permission) -> bool:
        """Whether the operator may not do this here, which is told before anything is asked."""
        why = operators.why_not(self.operator, permission)
        if why:
            self.talk.say(why)
        return bool(why)

    def turn_out(self, error: RmtuiError) -> None:
        """The operator may not go on.

        :raises TurnedOut: nobody may who does not sign in.
        """
        guarded, self.operator = self.guarded, None
        if guarded:
            raise TurnedOut(error.sentence) from error
        self.tell(error)

    def forget(self) -> None:
        """End the sign-in of who left, and forget their key."""
        from rmtui.services import signin

        operator, self.operator = self.operator, None
        if operator is None or operator.session is None:
            return
        try:
            self.change(lambda: signin.end(replace(operator, key=None)))
        except RmtuiError as error:  # its secret is gone from here all the same
            self.tell(error)
