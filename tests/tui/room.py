"""Finds texts that have no room: cut off at the edge of their widget or of what holds it, with no scrolling that would reach them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.cells import cell_len
from textual.app import App
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Button, Input, Static

__all__ = ["cut_off"]


def cut_off(app: App[Any]) -> list[str]:
    """What does not fit on the screen on top, a line for each text; call it at rest."""
    screen = app.screen
    shown = [widget for widget in screen.walk_children(Widget) if _shown(widget)]
    return [*_titles(screen), *(said for widget in shown for said in _faults(widget, screen))]


def _shown(widget: Widget) -> bool:
    return widget.display and all(getattr(parent, "display", True) for parent in widget.ancestors)


def _faults(widget: Widget, screen: Screen[Any]) -> Iterator[str]:
    name = f"{type(widget).__name__}{'#' + widget.id if widget.id else ''}"
    width, height = widget.content_size
    if isinstance(widget, Button):
        label = widget.label.plain
        if cell_len(label) > width or height < 1:
            yield f"{name}: {label!r} has {width} cells"
    elif isinstance(widget, Input):
        if widget.placeholder and not widget.value and cell_len(widget.placeholder) > width:
            yield f"{name}: the hint {widget.placeholder!r} has {width} of {cell_len(widget.placeholder)} cells"
    elif isinstance(widget, Static) and str(widget.visual) and width:
        needed = widget.get_content_height(Size(*screen.size), Size(*screen.size), width)
        if needed > height or ("label" in widget.classes and cell_len(str(widget.content)) > width):
            yield f"{name}: {str(widget.content)!r} has {height} of {needed} lines of {width} cells"
    if not widget.is_container and widget.region.area and not _reachable(widget, screen):
        yield f"{name} stands outside what holds it"


def _reachable(widget: Widget, screen: Screen[Any]) -> bool:
    """Whether it is inside what holds it, or where that scrolls to."""
    region = widget.region
    for parent in widget.ancestors:
        if not isinstance(parent, Widget):
            return True
        if parent.allow_vertical_scroll:
            region = parent.region  # what it holds is reached; it must itself be in sight
        elif not parent.region.contains_region(region):
            return False
    return screen.region.contains_region(region)


def _titles(screen: Screen[Any]) -> Iterator[str]:
    for widget in screen.walk_children(Widget):
        if _shown(widget):
            for title in (widget.border_title, widget.border_subtitle):
                if title and cell_len(str(title)) > widget.size.width:
                    yield f"{type(widget).__name__}: the title {title!r} has {widget.size.width} cells"
