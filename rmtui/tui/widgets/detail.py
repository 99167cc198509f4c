"""The panel beside the list: everything about the row under the cursor."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.message import Message
from textual.timer import Timer

from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.tui.errands import Errands
from rmtui.tui.glyphs import show
from rmtui.tui.widgets.facts import Facts, Section

__all__ = ["DetailPanel"]

DELAY = 0.12
"""Seconds the cursor rests on a row before its details are asked for."""


class DetailPanel(VerticalScroll, Errands, can_focus=False):
    """Fetches and shows the details of one row at a time; late answers about another row are dropped."""

    @dataclass
    class _Read(Message, bubble=False):
        key: Hashable
        sections: list[Section]

    def __init__(self) -> None:
        super().__init__()
        self._key: Hashable = None
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """The facts."""
        yield Facts()

    def about(self, key: Hashable, read: Callable[[], Any] | None, say: Callable[[Any], list[Section]]) -> None:
        """Show the row with this key; without ``read`` there is none."""
        if key != self._key:
            self._key = key
            self.scroll_home(animate=False)
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if read is None:
            self.query_one(Facts).tell([])
            return

        def work() -> Message:
            return self._Read(key, say(read()))

        def failed(error: RmtuiError) -> Message:
            return self._Read(key, [Section(tr(error.title), (("", show(error.sentence)),), warning=True)])

        def ask() -> None:
            self.errand("detail", work, failed, description=tr("reading the details"))

        if DELAY:
            self._timer = self.set_timer(DELAY, ask)
        else:
            ask()

    @on(_Read)
    def _show(self, message: _Read) -> None:
        if message.key == self._key:
            self.query_one(Facts).tell(message.sections)
