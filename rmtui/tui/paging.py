"""How the lists of the console ask the services, which all list in the same way, for pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from rmtui.services.types import Cursor, Page
from rmtui.tui.widgets.window import PAGE, Around, Place

__all__ = ["around_of", "page_of"]

Row = TypeVar("Row")


def page_of(listing: Callable[..., Page[Row]], query: Any, place: Place) -> Page[Row]:
    """The page at a place."""
    where: dict[str, dict[str, Any]] = {"last": {"last": True}, "after": {"after": place.cursor}, "before": {"before": place.cursor}}
    return listing(query, **where.get(place.where, {}), limit=PAGE)


def around_of(listing: Callable[..., Page[Row]], query: Any, here: Cursor) -> Around[Row]:
    """The rows before a place, and from it."""
    return Around(listing(query, before=here, limit=PAGE), listing(query, at=here, limit=PAGE))
