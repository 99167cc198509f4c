"""Everything about one row, for when the panel beside the list has no room."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.tui.dialogs.base import Dialog, prose
from rmtui.tui.widgets.facts import Facts, Section

__all__ = ["DetailDialog"]


class DetailDialog(Dialog[None]):
    """Fetches and shows sections; arrows scroll."""

    CANCEL = later("Close")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll(1)", later("Down"), show=False),
        Binding("up,k", "scroll(-1)", later("Up"), show=False),
        Binding("home,g", "scroll(-100000)", later("Top"), show=False),
        Binding("end,G", "scroll(100000)", later("End"), show=False),
        Binding("q", "cancel", later("Close"), show=False),
        Binding("y", "copy", later("Copy"), id="detail.copy", tooltip=later("Send the callsign to the terminal")),
    ]

    @dataclass
    class _Read(Message, bubble=False):
        sections: list[Section]

    @dataclass
    class _Failed(Message, bubble=False):
        error: RmtuiError

    def __init__(self, title: str, name: str, read: Callable[[], Any], say: Callable[[Any], list[Section]]) -> None:
        super().__init__(title)
        self._callsign = name
        self._read, self._say = read, say

    def body(self) -> Iterable[Widget]:
        """The sections, once they are there."""
        yield Facts(ident="facts")
        yield prose(tr("Reading …"), ident="reading")

    def on_mount(self) -> None:
        """Fetch."""
        self.add_class("-tall")
        super().on_mount()
        self.errand("detail", lambda: self._Read(self._say(self._read())), self._Failed, description=tr("reading the details"))

    @on(_Read)
    def _show(self, message: _Read) -> None:
        self.query_one("#reading").display = False
        self.query_one(Facts).tell(message.sections)

    @on(_Failed)
    def _fail(self, message: _Failed) -> None:
        self.query_one("#reading").display = False
        self.tell(message.error.sentence)

    def action_copy(self) -> None:
        """Copy the callsign."""
        self.console.copy_text(self._callsign)
