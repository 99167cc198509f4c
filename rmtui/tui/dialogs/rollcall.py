"""Roll-call: a list of callsigns is held against who is in and who waits, and a group of them is marked to be acted on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, TextArea

from rmtui.i18n import later, tr
from rmtui.services import rollcall, text_files
from rmtui.services.rollcall import Group, RollCall, RollRow
from rmtui.tui.dialogs.base import Dialog, entry, prose
from rmtui.tui.glyphs import show
from rmtui.tui.widgets.facts import Facts, Section
from rmtui.tui.widgets.lines import Lines
from rmtui.tui.widgets.options import Options

__all__ = ["Chosen", "RollCallDialog"]

TITLES = {
    Group.MISSING: later("Not heard of"),
    Group.PENDING: later("Waiting, and expected"),
    Group.UNEXPECTED_PENDING: later("Waiting, and not on the list"),
    Group.UNEXPECTED_JOINED: later("In, and not on the list"),
    Group.GONE: later("Rejected or revoked, and expected"),
    Group.JOINED: later("In, and expected"),
}
"""What each group is called, those first that call for something."""
MOST = 200
"""Rows of a group that are listed."""
PANES = {
    Group.PENDING: "enrolments",
    Group.UNEXPECTED_PENDING: "enrolments",
    Group.UNEXPECTED_JOINED: "people",
    Group.JOINED: "people",
}
"""Where the groups are that something can be done to."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A group to be marked."""

    pane: str
    rows: tuple[RollRow, ...]


class RollCallDialog(Dialog[Chosen]):
    """Takes a list, shows how everybody stands to it, and gives the group to act on."""

    CONFIRM = later("Compare")

    def __init__(self) -> None:
        super().__init__(tr("Roll-call"))
        self._call: RollCall | None = None

    def body(self) -> Iterable[Widget]:
        """A file or a pasted list; then the groups."""
        yield prose(tr("Who is expected: one callsign a line, or the first column of CSV."), classes="ask")
        yield Lines(ident="lines").add_class("ask")
        yield prose(tr("Type or paste it; Enter goes on, Down begins another line. Or name a file:"), classes="ask hint")
        yield entry(tr("File"), ident="path", placeholder=tr("its path on this host")).add_class("ask")
        yield Facts(ident="counts")
        yield Options([], "", ident="groups")
        yield prose(tr("Enter marks the group that is chosen, in its pane, to be acted on there."), classes="result hint")
        yield Facts(ident="facts")

    def on_mount(self) -> None:
        """There is nothing to compare yet."""
        super().on_mount()
        for selector in ("#counts", "#groups", ".result", "#facts"):
            self.query(selector).set(display=False)

    @on(TextArea.Changed)
    def _typed_lines(self) -> None:
        self.guard.moved()

    @on(Lines.Entered)
    def _entered_lines(self, event: Lines.Entered) -> None:
        event.stop()
        if self.guard.accepts() and not self.running:
            self.submit()

    def first_focus(self) -> str:
        """The box, while it is there."""
        return "#lines" if self._call is None else "#groups"

    def submit(self) -> None:
        """Compare, and then mark the group."""
        if self._call is not None:
            self._choose(self._call)
            return
        path, typed = self.query_one("#path", Input).value.strip(), self.query_one(Lines).text
        if bool(path) == bool(typed.strip()):
            self.tell(tr("Name a file or paste the list, one of the two; nobody was looked up."))
            return

        def work() -> RollCall:
            return rollcall.compare(rollcall.read(text_files.read_text(path) if path else typed))

        self.act(work, tr("holding the list against the records"))

    def finished(self, value: Any) -> None:
        """Show the groups."""
        self._call = value
        self.query(".ask").set(display=False)
        groups = [(group, tr(title), value.group(group)) for group, title in TITLES.items()]
        counts = tuple((title, f"{len(rows):,}") for _group, title, rows in groups)
        self.query_one("#counts", Facts).tell([Section(tr("Everybody is in, and nobody else.") if value.complete else "", counts)])
        labels = [title for group, title, rows in groups if rows and group in PANES]
        self.query_one("#groups", Options).offer(labels)
        self.query_one("#facts", Facts).tell([_section(title, rows) for _group, title, rows in groups if rows])
        for selector in ("#counts", "#facts", *(("#groups", ".result") if labels else ())):
            self.query(selector).set(display=True)
        self.query_one("#box").border_title = Content(" " + tr("Roll-call") + " ")
        confirm = self.query_one("#confirm", Button)
        confirm.label, confirm.display = tr("Mark these"), bool(labels)
        self.query_one("#cancel", Button).label = tr("Close")
        self.guard.begin()
        self.focus_on("#groups" if labels else "#cancel")

    def _choose(self, call: RollCall) -> None:
        chosen = self.query_one("#groups", Options).chosen
        group = next(group for group, title in TITLES.items() if tr(title) == chosen)
        self.dismiss(Chosen(PANES[group], call.group(group)))


def _section(title: str, rows: tuple[RollRow, ...]) -> Section:
    shown, more = rows[:MOST], len(rows) - MOST
    names = ", ".join(show(row.callsign, 64) for row in shown if not row.note)
    notes = tuple((show(row.callsign, 24), show(row.note)) for row in shown if row.note)
    if more > 0:
        notes += (("", tr("and {more} more, whom rmtui people rollcall lists.", more=f"{more:,}")),)
    return Section(f"{title} ({len(rows):,})", ((("", names),) if names else ()) + notes)
