"""A list in numbered lines, a few at a time; a number stands for the row that was shown with it, whatever the list has become."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from rmtui.i18n import later, tr
from rmtui.plain.menu import Answer, menu
from rmtui.services import filters
from rmtui.services.types import Count, Page

if TYPE_CHECKING:
    from rmtui.plain.session import Session

__all__ = ["PAGE", "Listing"]

Row = TypeVar("Row")

PAGE = 10
"""Lines shown at a time."""


class Listing(Generic[Row]):
    """One list of the deployment."""

    WORDS: Sequence[filters.Word] = ()
    """What its filter knows."""

    def __init__(self, session: Session, text: str = "") -> None:
        self.session, self.text = session, text
        self._shown: list[Row] = []
        self._more = False

    # For subclasses

    @abstractmethod
    def page(self, text: str, after: Row | None) -> Page[Row]:
        """The rows that come after one, or the first."""

    @abstractmethod
    def count(self, text: str) -> Count:
        """How many there are."""

    @abstractmethod
    def head(self, count: Count) -> str:
        """A sentence on how many there are."""

    @abstractmethod
    def line(self, row: Row) -> str:
        """A row, as one short line."""

    @abstractmethod
    def choose(self, row: Row) -> Any:
        """A row was chosen."""

    def answers(self) -> Sequence[Answer]:
        """What can be answered beside the usual."""
        return ()

    # The dialogue

    def run(self) -> None:
        """List, and ask what to do."""
        self.top()
        menu(self.session, tr("Number, "), self._answers, number=self._choose)

    def top(self, text: str | None = None) -> None:
        """List from the beginning, under another filter if one is given."""
        wanted = self.text if text is None else text
        count, page = self.session.read(lambda: (self.count(wanted), self.page(wanted, None)))
        self.text, self._shown = wanted, []
        self.session.talk.say(self.head(count))
        self._take(page)

    def _take(self, page: Page[Row]) -> None:
        for row in page.rows:
            self._shown.append(row)
            self.session.talk.say(f"{len(self._shown)}. {self.line(row)}")
        self._more = page.more_after
        if self._more:
            self.session.talk.say(tr("That was {n}; m shows more.", n=len(self._shown)))

    def _answers(self) -> Sequence[Answer]:
        more = [Answer("m", later("more"), later("show more of the list."), self._show_more)] if self._more else []
        return (
            *more,
            Answer("f", later("filter"), later("narrow the list; f and a text does it at once, f alone asks."), self._filter),
            *self.answers(),
            Answer("l", "", later("list again from the top, as it is now."), lambda _rest: self.top()),
        )

    def _show_more(self, _rest: str) -> None:
        last = self._shown[-1]
        self._take(self.session.read(lambda: self.page(self.text, last)))

    def _filter(self, rest: str) -> None:
        if not rest:
            self.session.talk.say(tr("A part of the name, or: {words}", words=filters.hint(self.WORDS).partition(", ")[2]))
            rest = self.session.talk.ask(tr("Filter, empty for none:"))
        self.top(rest)

    def _choose(self, number: int) -> None:
        if not 1 <= number <= len(self._shown):
            self.session.talk.say(tr("There is no number {number} in the list that was shown.", number=number))
            return
        self.choose(self._shown[number - 1])
