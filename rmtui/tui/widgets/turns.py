"""Numbers what a list asks for, so that an answer that is overtaken is known when it comes."""

from __future__ import annotations

from typing import Literal

__all__ = ["Kind", "Turns"]

Kind = Literal["open", "extend", "refresh"]
"""Another list, a page beyond an edge of the rows held, or those rows as they are now."""


class Turns:
    """Which answers still count. Each carries the number that :meth:`begin` or :meth:`next` gave when it was asked for."""

    def __init__(self) -> None:
        self._last = 0
        self._awaited: int | None = None
        self._rows = 0
        """Rows asked for up to this number are no news."""
        self._edges = 0
        """Pages asked for up to this number do not go on where the rows end now."""
        self.extending = False
        """Whether a page that still counts is on its way; a second one beside it might not go on where the rows end when it comes."""
        self.unbidden = False
        """Whether no key asked for the list that is on its way, or came last."""
        self.again = False
        """Whether to read that list again when it comes: it may be older than the wish to."""

    @property
    def waiting(self) -> bool:
        """Whether another list is on its way."""
        return self._awaited is not None

    def next(self) -> int:
        """A page or the rows are asked for."""
        self._last += 1
        return self._last

    def begin(self) -> int:
        """Another list is asked for: nothing asked for before is shown any more."""
        self._awaited = self._edges = self._rows = self.next()
        self.extending = self.unbidden = False
        return self._awaited

    def counts(self, kind: Kind, number: int) -> bool:
        """Whether an answer that has come still counts; another list is not on its way any more then."""
        if kind != "open":
            return number > (self._edges if kind == "extend" else self._rows)
        if number != self._awaited:
            return False
        self._awaited = None
        self._edges, self.extending = self._last, False
        return True

    def reread(self, number: int) -> None:
        """The rows have been taken as they were when this was asked; what is asked for since is newer."""
        self._rows, self._edges, self.extending = number, self._last, False
