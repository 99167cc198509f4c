"""The first line: which panes there are, which one shows, and whose deployment this is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from rmtui.i18n import tr
from rmtui.tui.glyphs import show
from rmtui.tui.widgets.oneline import OneLine, Piece

__all__ = ["HeaderLine", "Tab"]


@dataclass(frozen=True, slots=True)
class Tab:
    """A pane as the header has it."""

    key: str
    """The key that goes to it, which is the pane's own and not its place."""
    name: str
    title: str


class HeaderLine(OneLine):
    """Tabs on the left, the deployment on the right."""

    def __init__(self, tabs: Sequence[Tab], deployment: str) -> None:
        super().__init__()
        self._tabs = tabs
        self._deployment = deployment
        self.active = tabs[0].name

    def left(self) -> Sequence[Piece]:
        """The tabs; the one that shows stands in brackets too, for terminals without colour. Where they have no room they stand closer,
        and where they have none then either, the others are only their keys."""
        tabs: list[Piece] = []
        for self.SEPARATOR, form in (("  ", " {key} {title} "), (" ", "{key} {title}"), (" ", "{key}")):
            tabs = [self._tab(tab, form) for tab in self._tabs]
            if sum(cell_len(tab.text) for tab in tabs) + len(self.SEPARATOR) * (len(tabs) - 1) <= self.size.width:
                break
        return [Piece("rmtui", "line--strong", 8), *tabs]

    def _tab(self, tab: Tab, form: str) -> Piece:
        active = tab.name == self.active
        text = f"[{tab.key} {tr(tab.title)}]" if active else form.format(key=tab.key, title=tr(tab.title))
        return Piece(text, "line--active" if active else "", 10 if active else 9, f"screen.pane('{tab.name}')")

    def right(self) -> Sequence[Piece]:
        """The deployment's name."""
        return [Piece(show(self._deployment, 40), "line--muted", 3, least=8)]
