"""Titled lists of label and value, wrapped to whatever width there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from textual.widget import Widget

__all__ = ["Facts", "Section"]


@dataclass(frozen=True, slots=True)
class Section:
    """Facts under a heading; an empty heading is none."""

    title: str
    facts: tuple[tuple[str, str], ...]
    """Label and value, both harmless text of a line or more; a label may be empty."""
    warning: bool = False
    """Whether it is to stand out."""


class Facts(Widget):
    """Draws sections."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"facts--title", "facts--label", "facts--warning"}

    def __init__(self, sections: Sequence[Section] = (), *, ident: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=ident, classes=classes)
        self._sections = tuple(sections)

    def tell(self, sections: Sequence[Section]) -> None:
        """Show these."""
        if tuple(sections) != self._sections:
            self._sections = tuple(sections)
            self.refresh(layout=True)

    def render(self) -> RenderableType:
        """The sections under each other, a blank line between two."""
        title = self.get_component_rich_style("facts--title", partial=True)
        label = self.get_component_rich_style("facts--label", partial=True)
        warning = self.get_component_rich_style("facts--warning", partial=True)
        parts: list[RenderableType] = []
        for section in self._sections:
            if parts:
                parts.append(Text(""))
            if section.title:
                parts.append(Text(section.title, style=warning if section.warning else title))
            grid = Table.grid(padding=(0, 2, 0, 0))
            grid.add_column(
                width=max((cell_len(line) for name, _value in section.facts for line in name.split("\n")), default=0), no_wrap=True
            )
            grid.add_column(overflow="fold")
            for name, value in section.facts:
                look = warning if section.warning else ""
                if name:
                    grid.add_row(Text(name, style=label), Text(value, style=look, overflow="fold"))
                else:
                    parts.append(Text(value, style=look, overflow="fold"))
            if grid.row_count:
                parts.append(grid)
        return Group(*parts)
