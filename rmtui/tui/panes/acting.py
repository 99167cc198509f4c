"""How a pane has marked rows acted on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rmtui.tui.panes.base import Pane

if TYPE_CHECKING:
    from rmtui.services.bulk import Report
    from rmtui.tui.dialogs.bulk import BulkDialog

__all__ = ["act_on_many", "mark"]


def mark(pane: Pane[Any, Any], rows: Sequence[Any]) -> None:
    """Show a pane's list as it is opened, and mark those of it that have the primary keys of these."""
    query = pane.opening_query()
    pane.ask(query, keep=False)
    pane.view.marks.clear()
    pane.view.mark_these(query, rows)


def act_on_many(pane: Pane[Any, Any], dialog: BulkDialog) -> None:
    """Open a dialog about marked rows; that they leave the list is no news, and what was done loses its mark."""
    view = pane.view

    def expect(leaving: bool) -> None:
        for target in dialog.targets:
            view.expect(target.pk, leaving)

    def done(report: Report | None) -> None:
        if report is not None:
            for result in report.results:
                if result.outcome == "done":
                    view.marks.drop([result.target.pk])
                else:
                    view.expect(result.target.pk, False)
            view.marks_changed()
            pane.post_message(pane.Acted())
        pane.reread()

    dialog.expect = expect
    pane.app.push_screen(dialog, done)
