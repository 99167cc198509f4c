"""What the console knows of the line to the terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from textual.message import Message

from rmtui.tui.link.asking import Asked
from rmtui.tui.link.outlet import Outlet
from rmtui.tui.link.scene import Scene
from rmtui.tui.pastes import PasteParser

__all__ = ["Link"]

SLOW = 2.0
"""Seconds to the terminal and back from which on the line is told to be slow."""


@dataclass(slots=True)
class Link:
    """One for the whole run of a console."""

    asked: Asked = field(default_factory=lambda: Asked(False))
    outlet: Outlet | None = None
    """What writes to the terminal; None where there is none."""
    entitle: Callable[[str], None] | None = None
    """Gives the terminal a title; None where it has none."""
    scene: Callable[[], Any] = lambda: None
    """Names what is drawn at the moment."""
    _arrived: dict[int, Any] = field(default_factory=dict)

    @property
    def thin(self) -> bool:
        """Whether bytes are spared."""
        return self.asked.thin

    @property
    def before(self) -> list[Any] | None:
        """How the terminal was set before it was asked anything."""
        return self.asked.before

    @property
    def free(self) -> bool:
        """Whether the line carries something that can wait."""
        return self.outlet is None or (not self.outlet.waiting and time.monotonic() >= self.outlet.free_at)

    @property
    def behind(self) -> int:
        """Whole seconds that the terminal is behind; 0 where that is not worth telling."""
        if self.outlet is None:
            return 0
        late = max(self.outlet.waiting, self.outlet.carried)
        return int(late) if late >= SLOW else 0

    def arrived(self, message: Message) -> None:
        """Something was typed: remember which scene the terminal showed; called from the thread that reads."""
        if self.outlet is not None:
            self._arrived[id(message)] = Scene() if self.outlet.seen is None else self.outlet.seen

    def seen_with(self, message: Message) -> Any:
        """The scene that the terminal showed when this was typed, empty before the first; None where nobody typed it. Asked once."""
        return self._arrived.pop(id(message), None)

    def redraw(self) -> None:
        """Draw the whole screen anew, whatever the terminal shows."""
        if self.outlet is not None:
            self.outlet.forget()

    def typed_ahead(self, take: Callable[[Message], None]) -> None:
        """Give what was typed while the terminal was asked; once."""
        typed, self.asked = self.asked.typed, Asked(self.asked.thin, b"", self.asked.before, self.asked.why)
        if typed:
            parser = PasteParser()
            text = typed.decode(errors="ignore")
            for message in (*parser.feed(text), *parser.feed("")):
                take(message)
