"""Reject all that are marked, with one reason."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from textual.widget import Widget
from textual.widgets import Input

from rmtui.i18n import later, tr, trn
from rmtui.services import bulk_actions
from rmtui.services.bulk import Report, Target
from rmtui.tui.dialogs.base import entry, prose, warned
from rmtui.tui.dialogs.bulk import BulkDialog, Told

__all__ = ["RejectManyDialog", "wrong_news"]


def wrong_news() -> Widget:
    """What a deployment's web page makes of rejections."""
    return prose(
        warned(
            tr(
                "The deployment's web page will tell them that they were approved, although they get no certificate: it does not "
                "tell the two apart. Let them know yourself."
            )
        ),
        classes="warning",
    )


class RejectManyDialog(BulkDialog):
    """One reason for all."""

    VERB = later("Reject")

    def __init__(self, targets: Sequence[Target], left_out: tuple[int, str], *, live: bool) -> None:
        """:param live: whether a web page tells the people what was decided."""
        super().__init__(targets, left_out)
        self._live = live

    def heading(self, number: int) -> str:
        """Enrolments."""
        return trn("Reject {number} enrolment", "Reject {number} enrolments", number, number=f"{number:,}")

    def consequences(self) -> Iterable[Widget]:
        """What follows from it."""
        yield prose(tr("They get no certificate, and their approve codes stop working. Each can be re-opened later."))
        if self._live:
            yield wrong_news()

    def fields(self) -> Iterable[Widget]:
        """The reason."""
        yield entry(tr("Reason"), ident="reason", placeholder=tr("why: press Tab to type it"))

    def problem(self) -> tuple[str, str] | None:
        """A reason has to be given."""
        return None if self.query_one("#reason", Input).value.strip() else (tr("Say why; nothing was rejected."), "#reason")

    def work(self, targets: Sequence[Target], told: Told, stop: threading.Event) -> Callable[[], Report]:
        """Reject each."""
        operator, reason = self.console.operator, self.query_one("#reason", Input).value
        return lambda: bulk_actions.reject(operator, targets, reason, told=told, stop=stop)
