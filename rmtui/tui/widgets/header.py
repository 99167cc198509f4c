"""The first line: which panes there are, which one shows, and whose deployment this is."""

from __future__ import annotations

from collections.abc import Sequence

from rmtui.tui.glyphs import show
from rmtui.tui.widgets.oneline import OneLine, Piece

__all__ = ["HeaderLine"]


class HeaderLine(OneLine):
    """Tabs on the left, the deployment on the right."""

    def __init__(self, tabs: Sequence[tuple[str, str]], deployment: str) -> None:
        super().__init__()
        self._tabs = tabs
        self._deployment = deployment
        self.active = 0

    def left(self) -> Sequence[Piece]:
        """The tabs; the one that shows stands in brackets too, for terminals without colour."""
        pieces = [Piece("rmtui", "line--strong", 8)]
        for index, (name, title) in enumerate(self._tabs):
            active = index == self.active
            text = f"[{index + 1} {title}]" if active else f" {index + 1} {title} "
            pieces.append(Piece(text, "line--active" if active else "", 9, f"screen.pane('{name}')"))
        return pieces

    def right(self) -> Sequence[Piece]:
        """The deployment's name."""
        return [Piece(show(self._deployment, 40), "line--muted", 3, least=8)]
