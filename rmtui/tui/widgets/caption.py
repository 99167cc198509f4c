"""The line over a list: what it shows, in which order, and how much of it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from rmtui.i18n import tr
from rmtui.services.types import Count
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.widgets.oneline import OneLine, Piece

__all__ = ["Caption"]


class Caption(OneLine):
    """Scope and order on the left, position and count on the right."""

    def __init__(self) -> None:
        super().__init__()
        self.scope = ""
        self.order = ""
        self.filter = ""
        self.position: int | None = None
        self.count: Count | None = None
        self.SEPARATOR = f" {glyphs().dot} "

    def left(self) -> Sequence[Piece]:
        """Scope, filter, order."""
        pieces = [Piece(self.scope, "line--strong", 9)]
        if self.filter:
            pieces.append(
                Piece(
                    show(tr("filter “{filter}”", filter=self.filter)),
                    "line--active",
                    8,
                    least=1 + cell_len(tr("filter “{filter}”", filter="")),
                )
            )
        if self.order:
            pieces.append(Piece(self.order, "line--muted", 5))
        return pieces

    def right(self) -> Sequence[Piece]:
        """Row number and how many there are; dots while they are counted."""
        count = str(self.count) if self.count is not None else glyphs().dots
        return [Piece(tr("{position} of {count}", position=f"{self.position:,}", count=count) if self.position else count, "", 7)]
