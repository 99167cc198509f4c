"""Something to read, and nothing to decide."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from rmtui.i18n import later
from rmtui.tui.dialogs.base import Dialog, prose
from rmtui.tui.glyphs import show

__all__ = ["MessageDialog"]


class MessageDialog(Dialog[None]):
    """A title and a sentence."""

    CANCEL = later("Close")
    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "cancel", later("Close"), show=False)]

    def __init__(self, title: str, sentence: str) -> None:
        super().__init__(title)
        self._sentence = sentence

    def body(self) -> Iterable[Widget]:
        """The sentence."""
        yield prose(show(self._sentence))
