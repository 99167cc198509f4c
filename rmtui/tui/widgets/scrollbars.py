"""Scrollbars of whole cells on an ASCII terminal; elsewhere they are Textual's own, which end in eighths of a cell."""

from __future__ import annotations

from typing import Any

from rich.segment import Segments
from textual.scrollbar import ScrollBar, ScrollBarRender

from rmtui.tui.glyphs import ascii_wanted

__all__ = ["install"]


class _Whole(ScrollBarRender):
    VERTICAL_BARS = HORIZONTAL_BARS = [" "]  # noqa: RUF012  # Textual declares it as the class's


class _Bars(ScrollBarRender):
    @classmethod
    def render_bar(cls, *args: Any, **options: Any) -> Segments:
        return (_Whole if ascii_wanted() else ScrollBarRender).render_bar(*args, **options)


def install() -> None:
    """For every widget that scrolls."""
    ScrollBar.renderer = _Bars
