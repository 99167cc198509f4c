"""The list: draws a window on the database line by line, moves it, and has its pages fetched."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Literal, TypeVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services.types import Page
from rmtui.tui.link.scene import Scene
from rmtui.tui.widgets.marking import Marking
from rmtui.tui.widgets.source import Source
from rmtui.tui.widgets.turns import Kind
from rmtui.tui.widgets.window import Around, Edge, Place

__all__ = ["ListView"]

Row = TypeVar("Row")
Query = TypeVar("Query")

MOVING = Binding.Group("Moving", compact=True)


class ListView(Marking[Row, Query], can_focus=True):
    """Rows of a :class:`Source`. Opening, scrolling and keys cost the same however long the list is."""

    BINDING_GROUP_TITLE = later("List")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", later("Up"), id="list.up", show=False, tooltip=later("One row up"), group=MOVING),
        Binding("down,j", "move(1)", later("Down"), id="list.down", show=False, tooltip=later("One row down"), group=MOVING),
        Binding("pageup", "page(-1)", later("Page up"), id="list.page-up", show=False, tooltip=later("One screen up"), group=MOVING),
        Binding("pagedown", "page(1)", later("Page down"), id="list.page-down", show=False, tooltip=later("One screen down"), group=MOVING),
        Binding("home,g", "end('first')", later("First"), id="list.first", show=False, tooltip=later("To the first row"), group=MOVING),
        Binding("end,G", "end('last')", later("Last"), id="list.last", show=False, tooltip=later("To the last row"), group=MOVING),
        Binding("enter", "open", later("Open"), id="list.open", show=False, tooltip=later("Everything about this row")),
    ]

    @dataclass
    class Moved(Message):
        """The cursor is on another row, or its row has changed."""

        view: ListView[Any, Any]

        @property
        def control(self) -> ListView[Any, Any]:
            """The list."""
            return self.view

        def can_replace(self, message: Message) -> bool:
            """Only the latest place of the cursor matters."""
            return isinstance(message, ListView.Moved) and message.view is self.view

    @dataclass
    class Opened(Message):
        """The row under the cursor is to be opened."""

        view: ListView[Any, Any]
        row: Any

        @property
        def control(self) -> ListView[Any, Any]:
            """The list."""
            return self.view

    @dataclass
    class SortAsked(Message):
        """A column title was clicked."""

        view: ListView[Any, Any]
        sort: str

    @dataclass
    class Answered(Message):
        """The database answered, or failed to."""

        error: RmtuiError | None = None

    @dataclass
    class _Fetched(Message, bubble=False):
        number: int
        query: Any
        place: Place | None
        page: Page[Any] | None = None
        around: Around[Any] | None = None
        asked: Hashable = None
        kind: Kind = "open"
        fate: str = ""
        lapsing: frozenset[Hashable] = frozenset()
        error: RmtuiError | None = None

    def __init__(
        self,
        source: Source[Row, Query],
        query: Query,
        *,
        first: Page[Row] | None = None,
        ident: str | None = None,
        markable: bool = True,
    ) -> None:
        super().__init__(source, query, ident)
        self.markable = markable
        self._given = first
        self._lapsing: frozenset[Hashable] = frozenset()
        self.shifts = 0
        """How often a row came under the cursor because the one that was there is gone."""
        self.drawn = Scene()

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        return self.window.current

    def on_mount(self) -> None:
        """Show the page that was fetched already, or fetch the first."""
        if self._given is None:
            self.fetch("first")
        else:
            self.window.open(self._given)
            self._changed()

    # What the pane asks for

    def ask(self, query: Query, *, keep: bool = False, to: Row | None = None) -> None:
        """Show another query; with ``keep`` the cursor stays on its row if that is in the new list, with ``to`` it goes to this one."""
        self.wanted = query
        row = to if to is not None else self.current if keep else None
        if row is None:
            self.fetch("first")
            return
        source, answer = self.source, partial(self._Fetched, self._turns.begin(), query)

        def work() -> Message:
            around = source.around(query, row)
            if around.at.rows and source.key(around.at.rows[0]) == source.key(row):
                return answer(None, around=around)
            return answer(Place("first"), page=source.page(query, Place("first")))

        self._send("list", work, answer(None))

    def fetch(self, where: Literal["first", "last"]) -> None:
        """Go to an end of the list."""
        source, query, place = self.source, self.wanted, Place(where)
        answer = partial(self._Fetched, self._turns.begin(), query, place)
        self._send("list", lambda: answer(page=source.page(query, place)), answer())

    def expect(self, key: Hashable, leaving: bool) -> None:
        """Whether it would be no news to the operator if this row left the list."""
        (self.expected.add if leaving else self.expected.discard)(key)

    def settle(self) -> None:
        """What was expected has happened or will not: whatever leaves after the next refresh is news again."""
        self._lapsing = frozenset(self.expected)

    def refresh_rows(self) -> None:
        """Read again what is on the screen; the cursor stays on its row."""
        row = self.current
        if self._turns.waiting:
            self._turns.again = True
            return
        if row is None or self.wanted != self.shown:
            self.ask(self.wanted, keep=True)
            self._turns.unbidden = True
            return
        source, query, key, lapsing = self.source, self.shown, self.source.key(row), self._lapsing
        answer = partial(self._Fetched, self._turns.next(), query, None, kind="refresh")

        def work() -> Message:
            around = source.around(query, row)
            there = any(source.key(found) == key for found in (*around.at.rows[:1], *around.before.rows, *around.at.rows))
            fate = "" if there else source.whereabouts(query, row)
            return answer(around=around, asked=key, fate=fate, lapsing=lapsing)

        self._send("list-refresh", work, answer())

    def _send(self, name: str, work: Any, blank: _Fetched) -> None:
        def failed(error: RmtuiError) -> Message:
            blank.error = error
            return blank

        self.errand(name, work, failed, description=tr("reading the list {id}", id=self.id or "").strip())

    def _extend(self) -> None:
        edge = self.window.wants()
        if edge is None or self._turns.extending or self.wanted != self.shown:
            return
        self._turns.extending = True
        row = self.window.rows[-1 if edge == "after" else 0]
        source, query = self.source, self.shown
        place = Place(edge, source.cursor(query, row))
        answer = partial(self._Fetched, self._turns.next(), query, place, kind="extend")
        self._send(f"list-{edge}", lambda: answer(page=source.page(query, place)), answer())

    # What comes back

    @on(_Fetched)
    def _take(self, message: _Fetched) -> None:
        if not self._turns.counts(message.kind, message.number):
            return
        self.post_message(self.Answered(message.error))
        if message.error is not None:
            self._turns.extending = False
            if message.kind == "open" and not self.window.loaded:
                self.problem = message.error
                self.refresh()
        elif message.kind == "extend":
            self._take_extension(message)
        elif message.kind == "refresh":
            self._take_refresh(message)
        else:
            self._take_list(message)
        if self._turns.again and not self._turns.waiting:
            self._turns.again = False
            self.refresh_rows()

    def _take_list(self, message: _Fetched) -> None:
        before = self.current
        self.problem, self.shown = None, message.query
        if message.around is not None:
            self.window.open_around(message.around)
        elif message.page is not None:
            self.window.open(message.page, "last" if message.place and message.place.where == "last" else "first")
        was, now = (None if row is None else self.source.key(row) for row in (before, self.current))
        self.shifts += self._turns.unbidden and was is not None and now != was
        self.check_marks()
        self._changed()

    def _take_extension(self, message: _Fetched) -> None:
        place = message.place
        if place is not None and message.page is not None and place.where in {"after", "before"}:
            edge: Edge = "after" if place.where == "after" else "before"
            self._turns.extending = False
            self.window.extend(message.page, edge)
            self.refresh()
            self._extend()

    def _take_refresh(self, message: _Fetched) -> None:
        if message.around is None:
            return
        row = self.current
        outcome = self.window.refresh(message.around, message.asked)
        if outcome == "lost":
            self.refresh_rows()
            return
        self._turns.reread(message.number)
        if outcome == "gone" and row is not None:
            self.shifts += 1
            key = self.source.key(row)
            if key not in self.expected:
                self.post_message(self.Told(message.fate))
        if outcome != "same":
            self._changed()
        self.check_marks(message.lapsing)
        self._extend()

    def _changed(self) -> None:
        self.refresh()
        self.post_message(self.Moved(self))
        self._extend()

    def render_lines(self, crop: Region) -> list[Strip]:
        """As Textual's, and remembers what was drawn."""
        window = self.window
        rows = window.rows[window.top : window.top + window.height]
        self.drawn = Scene(frozenset(map(self.source.key, rows)), self.shifts)
        self.ground = self.rich_style
        return super().render_lines(crop)

    # Keys and mouse

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self._after(self.window.top, self.window.cursor, self.window.move(by))

    def action_page(self, by: int) -> None:
        """Move by a screen."""
        self.action_move(by * max(self.window.height - 1, 1))

    def action_end(self, end: Literal["first", "last"]) -> None:
        """Go to an end of the list."""
        window = self.window
        if window.more_before if end == "first" else window.more_after:
            self.fetch(end)
        else:
            self._after(window.top, window.cursor, window.go(0 if end == "first" else len(window.rows) - 1))

    def action_open(self) -> None:
        """Open the row under the cursor."""
        row = self.current
        if row is not None:
            self.post_message(self.Opened(self, row))

    def _after(self, top: int, cursor: int, moved: bool) -> None:
        """Draw what a move changed, no more: two lines unless the screen scrolled."""
        if not moved:
            return
        window = self.window
        if window.top != top:
            self.refresh()
        else:
            width = self.size.width
            self.refresh(*(Region(0, index - top + 1, width, 1) for index in (cursor, window.cursor)))
        self.post_message(self.Moved(self))
        self._extend()

    def on_click(self, event: events.Click) -> None:
        """A click selects, a second one opens; on a title it sorts."""
        if event.y == 0:
            sort = self.title_at(event.x)
            if sort:
                self.post_message(self.SortAsked(self, sort))
            return
        index = self.window.top + event.y - 1
        if index < len(self.window.rows):
            self._after(self.window.top, self.window.cursor, self.window.go(index))
            if event.chain > 1:
                self.action_open()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """The wheel moves the screen."""
        event.stop()
        self._after(-1, self.window.cursor, self.window.scroll(3))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """The wheel moves the screen."""
        event.stop()
        self._after(-1, self.window.cursor, self.window.scroll(-3))

    def on_resize(self, event: events.Resize) -> None:
        """Fit the window to the screen."""
        self.window.resize(event.size.height - 1)
        self.refresh()
        if self.window.loaded:
            self._extend()

    def watch_has_focus(self, _value: bool) -> None:
        """The cursor looks different without focus."""
        super().watch_has_focus(_value)
        self.refresh()
