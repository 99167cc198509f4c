"""Every row of a list, a page at a time."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from rmtui.services.types import Cursor

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["asked", "every"]

Query = TypeVar("Query", bound="DataclassInstance")

PAGE = 1_000


def asked(query: Query, args: argparse.Namespace) -> Query:
    """A list's query, with the filter and the order that were asked for."""
    return replace(query, text=args.filter, sort=args.sort, reverse=args.reverse)


def every(fetch: Callable[..., Any], cursor: Callable[[Any, Any], Cursor], query: Any) -> Iterator[Any]:
    """The rows of ``fetch(query)`` from the first to the last, a page in memory at a time."""
    after: Cursor | None = None
    while True:
        page = fetch(query, after=after, limit=PAGE)
        yield from page.rows
        if not page.more_after or not page.rows:
            return
        after = cursor(query, page.rows[-1])
