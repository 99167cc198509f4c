"""How the rows of a list are marked: one, a range, all of the list."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr, trn
from rmtui.tui.errands import Errands
from rmtui.tui.keynames import key_of
from rmtui.tui.widgets.listlines import ListLines
from rmtui.tui.widgets.marks import MOST
from rmtui.tui.widgets.source import Source
from rmtui.tui.widgets.turns import Turns
from rmtui.tui.widgets.window import Place

__all__ = ["Marking"]

Row = TypeVar("Row")
Query = TypeVar("Query")


class Marking(ListLines[Row, Query], Errands):
    """Keeps the marks of a list: they survive a refresh, and go with their row when it leaves the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "space", "mark", later("Mark"), id="list.mark", show=False, tooltip=later("Mark this row, or take its mark away; then down")
        ),
        Binding("v", "range", later("Range"), id="list.range", show=False, tooltip=later("Mark from the row last marked to this one")),
        Binding("asterisk", "mark_all", later("Mark all"), id="list.mark-all", show=False, tooltip=later("Mark the whole list, or none")),
    ]

    @dataclass
    class Marked(Message):
        """Other rows are marked than before."""

        view: Marking[Any, Any]

        @property
        def control(self) -> Marking[Any, Any]:
            """The list."""
            return self.view

    @dataclass
    class Told(Message):
        """Something the operator should know about a row or a mark."""

        sentence: str

    @dataclass
    class _Listed(Message, bubble=False):
        """Rows to be marked."""

        query: Any
        rows: Sequence[Any] = ()
        more: bool = False
        toggles: bool = True
        """Whether they lose their marks when all of them are marked."""
        error: RmtuiError | None = None

    @dataclass
    class _Present(Message, bubble=False):
        """Which of the marked rows are still in the list."""

        query: Any
        asked: frozenset[Hashable]
        rows: Sequence[Any] = ()
        lapsing: frozenset[Hashable] = frozenset()
        error: RmtuiError | None = None

    markable = True
    """Whether there is anything to do to marked rows."""

    def __init__(self, source: Source[Row, Query], query: Query, ident: str | None) -> None:
        super().__init__(source, query, ident)
        self.wanted: Query = query
        """What is asked for."""
        self._turns = Turns()
        self._looked_for: set[str] = set()
        """Which errands for rows to be marked, or that are marked, are on their way."""

    @property
    def reading(self) -> bool:
        """Whether another list, or what is marked in it, is on its way."""
        return self._turns.waiting or bool(self._looked_for)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is marked in a list where marks are good for nothing."""
        return self.markable if action in {"mark", "range", "mark_all"} else True

    @abstractmethod
    def action_move(self, by: int) -> None:
        """Move the cursor."""

    def marks_changed(self) -> None:
        """Draw the marks, and tell."""
        self.refresh()
        self.post_message(self.Marked(self))

    def forget_marks(self) -> None:
        """Take all marks away."""
        self.marks.clear()
        self.marks_changed()

    def action_mark(self) -> None:
        """Mark the row under the cursor and go on to the next."""
        row = self.window.current
        if row is None:
            return
        if not self.marks.toggle(row):
            self.post_message(self.Told(_full()))
            return
        self.marks_changed()
        self.action_move(1)

    def action_range(self) -> None:
        """Mark from the anchor to the cursor; without one, begin a range here."""
        row, window, marks = self.window.current, self.window, self.marks
        if row is None:
            return
        begin = window.index(marks.anchor) if marks.anchor is not None else None
        if begin is None or begin == window.cursor:
            if not marks.add([row]):
                self.post_message(self.Told(_full()))
                return
            marks.anchor = self.source.key(row)
            self.post_message(
                self.Told(tr("A range begins here; go to its other end and press {range} again.", range=key_of("list.range", "v")))
            )
        else:
            first, last = sorted((begin, window.cursor))
            if not marks.add(window.rows[first : last + 1]):
                self.post_message(self.Told(_full()))
                return
            marks.anchor = self.source.key(row)
        self.marks_changed()

    def action_mark_all(self) -> None:
        """Mark every row of the list, on the screen or not; when all of them are marked, none."""
        source, query = self.source, self.shown

        def work() -> Message:
            rows: list[Row] = []
            page = source.page(query, Place("first"))
            rows += page.rows
            while page.more_after and len(rows) <= MOST:
                page = source.page(query, Place("after", source.cursor(query, rows[-1])))
                rows += page.rows
            return self._Listed(query, rows, more=page.more_after or len(rows) > MOST)

        self._look_for("to-mark", work, lambda error: self._Listed(query, error=error), tr("reading the list to mark it"))

    def _look_for(self, name: str, work: Callable[[], Message], failed: Callable[[RmtuiError], Message], description: str) -> None:
        self._looked_for.add(name)
        self.errand(name, work, failed, description=description)

    @on(_Listed)
    def _take_listed(self, message: _Listed) -> None:
        self._looked_for.discard("to-mark")
        if message.query != self.wanted:
            return
        if message.error is not None:
            self.post_message(self.Told(tr("Nothing was marked. {sentence}", sentence=message.error.sentence)))
        elif message.more:
            self.post_message(self.Told(_full()))
        elif message.toggles and len(self.marks) == len(message.rows) and all(row in self.marks for row in message.rows):
            self.forget_marks()
        elif self.marks.add(message.rows):
            self.marks_changed()
        else:
            self.post_message(self.Told(_full()))

    def mark_these(self, query: Query, rows: Sequence[Any]) -> None:
        """Mark those of a list, which is being asked for, that have the primary keys of these."""
        source = self.source
        self._look_for(
            "to-mark",
            lambda: self._Listed(query, source.present(query, rows), toggles=False),
            lambda error: self._Listed(query, error=error),
            tr("looking for the rows to mark"),
        )

    def check_marks(self, lapsing: frozenset[Hashable] = frozenset()) -> None:
        """Ask which of the marked rows are still in the list, and how they are now.

        :param lapsing: keys of rows whose leaving is news again after this.
        """
        if not self.marks:
            self.expected -= lapsing
            return
        source, query, asked, rows = self.source, self.shown, self.marks.keys, self.marks.rows
        self._look_for(
            "marks",
            lambda: self._Present(query, asked, source.present(query, rows), lapsing),
            lambda error: self._Present(query, asked, error=error),
            tr("looking for the marked rows"),
        )

    @on(_Present)
    def _take_present(self, message: _Present) -> None:
        self._looked_for.discard("marks")
        if message.query != self.shown or message.error is not None:  # what keeps them from being read is told with the list
            return
        news = len(self.marks.keep(message.rows, message.asked) - self.expected)
        if news:
            self.post_message(
                self.Told(
                    trn(
                        "{number} marked row is not in this list any more, and no longer marked.",
                        "{number} marked rows are not in this list any more, and no longer marked.",
                        news,
                        number=f"{news:,}",
                    )
                )
            )
        self.expected -= message.lapsing
        self.marks_changed()


def _full() -> str:
    return tr("At most {most} rows can be marked; narrow the list with a filter.", most=f"{MOST:,}")
