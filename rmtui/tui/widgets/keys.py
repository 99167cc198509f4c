"""The foot of the screen: the keys that do something here, greyed where they cannot now, or in parentheses where nothing is grey."""

from __future__ import annotations

from collections.abc import Sequence

from textual.widgets import Input

from rmtui.i18n import tr
from rmtui.tui.glyphs import show
from rmtui.tui.keymap import declared
from rmtui.tui.widgets.oneline import OneLine, Piece

__all__ = ["KeyLine"]


class KeyLine(OneLine):
    """Keys and what they do, from the bindings in force."""

    def on_mount(self) -> None:
        """Follow the bindings."""
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.update_line())

    def left(self) -> Sequence[Piece]:
        """The keys, most useful first; the last two are never left out."""
        pieces: list[Piece] = []
        seen: set[str] = set()
        focused = self.screen.focused
        greys = not self.app.no_color and not self.app.has_class("-few")
        for active in declared(self.screen.active_bindings):
            binding = active.binding
            if not binding.show or binding.action in seen or (isinstance(focused, Input) and active.node is not focused):
                continue
            seen.add(binding.action)
            key = show(self.app.get_key_display(binding))
            style = "" if active.enabled else "line--off"
            weight = 100 if binding.id in {"app.quit", "main.help"} else 50 - len(pieces)
            action = f"screen.press_key('{binding.key}')" if active.enabled else ""
            text = f"{key} {tr(binding.description)}" if active.enabled or greys else f"({key} {tr(binding.description)})"
            pieces.append(Piece(text, style, weight, action, lead=len(key)))
        return pieces
