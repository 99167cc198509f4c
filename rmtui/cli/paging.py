"""Every row of a list, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rmtui.services.types import Cursor

__all__ = ["every"]

PAGE = 1_000


def every(fetch: Callable[..., Any], cursor: Callable[[Any, Any], Cursor], query: Any) -> Iterator[Any]:
    """The rows of ``fetch(query)`` from the first to the last, a page in memory at a time."""
    after: Cursor | None = None
    while True:
        page = fetch(query, after=after, limit=PAGE)
        yield from page.rows
        if not page.more_after or not page.rows:
            return
        after = cursor(query, page.rows[-1])
