"""The line in which a filter is typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input

from rmtui.i18n import later
from rmtui.tui.widgets.field import Field

__all__ = ["FilterBar"]

DELAY = 0.15
"""Seconds after the last key before the list is asked for."""


class FilterBar(Field):
    """Asks for what is typed a moment after it was; Enter keeps it, Esc clears it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "keep", later("Keep filter"), id="filter.keep", key_display="Enter", tooltip=later("Back to the list, with the filter")
        ),
        Binding("down", "keep", later("Keep filter"), id="filter.down", show=False, tooltip=later("Back to the list, with the filter")),
        Binding("escape", "clear", later("Clear filter"), id="filter.clear", key_display="Esc", tooltip=later("Back to the whole list")),
    ]

    @dataclass
    class Wanted(Message):
        """The list is to hold this text."""

        text: str

    @dataclass
    class Refused(Message):
        """What is typed cannot be understood; the list stays as it is."""

        sentence: str

    @dataclass
    class Closed(Message):
        """Back to the list."""

    def __init__(self, value: str, placeholder: str, problem: Callable[[str], str]) -> None:
        super().__init__(value, placeholder=placeholder, compact=True, select_on_focus=False, id="filter")
        self._problem = problem
        self._kept = self._asked = value
        self._timer: Timer | None = None

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(DELAY, self._ask) if DELAY else None
        if not DELAY:
            self._ask()

    def _ask(self) -> None:
        """Ask for what is typed, unless it is half a filter yet."""
        if not self._problem(self.value):
            self._want(self.value)

    def _want(self, text: str) -> None:
        if text != self._asked:
            self._asked = text
            self.post_message(self.Wanted(text))

    def action_keep(self) -> None:
        """Ask at once, and go back to the list; what cannot be understood stays to be put right, over the list as it was."""
        if problem := self._problem(self.value):
            self._want(self._kept)
            self.post_message(self.Refused(problem))
            return
        self._ask()
        self.post_message(self.Closed())

    def action_clear(self) -> None:
        """Ask for the whole list, and go back to it."""
        self.value = ""
        self._ask()
        self.post_message(self.Closed())

    def on_blur(self, _event: events.Blur) -> None:
        """Leaving the line by other means keeps the filter, or the one before where it cannot be understood."""
        self._want(self._kept if self._problem(self.value) else self.value)
        self.post_message(self.Closed())
