"""How a pane has marked rows acted on."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from rmtui.tui.panes.base import Pane

if TYPE_CHECKING:
    from rmtui.services.bulk import Report
    from rmtui.tui.dialogs.base import Dialog
    from rmtui.tui.dialogs.bulk import BulkDialog

__all__ = ["act_on_many", "ask_about", "mark"]

Result = TypeVar("Result")


def mark(pane: Pane[Any, Any], rows: Sequence[Any]) -> None:
    """Show a pane's list as it is opened, and mark those of it that have the primary keys of these."""
    query = pane.opening_query()
    pane.ask(query, keep=False)
    pane.view.marks.clear()
    pane.view.mark_these(query, rows)


def ask_about(pane: Pane[Any, Any], dialog: Dialog[Result], keys: Sequence[Hashable], done: Callable[[Result | None], None]) -> None:
    """Open a dialog about rows; that what it does takes them from the list is no news, until the list has been read after it."""
    view = pane.view

    def expect(leaving: bool) -> None:
        for key in keys:
            view.expect(key, leaving)

    def closed(result: Result | None) -> None:
        view.settle()
        done(result)

    dialog.expect = expect
    pane.app.push_screen(dialog, closed)


def act_on_many(pane: Pane[Any, Any], dialog: BulkDialog) -> None:
    """Open a dialog about marked rows; what was done loses its mark."""
    view = pane.view

    def done(report: Report | None) -> None:
        if report is not None:
            for result in report.results:
                if result.outcome == "done":
                    view.marks.drop([result.target.pk])
                else:
                    view.expect(result.target.pk, leaving=False)
            view.marks_changed()
            pane.post_message(pane.Acted())
        pane.reread()

    ask_about(pane, dialog, [target.pk for target in dialog.targets], done)
