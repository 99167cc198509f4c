"""The list: draws a window on the database line by line, moves it, and has its pages fetched."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message

from rmtui.errors import RmtuiError
from rmtui.services.types import Page
from rmtui.tui.widgets.marking import Marking
from rmtui.tui.widgets.source import Source
from rmtui.tui.widgets.window import Around, Edge, Place

__all__ = ["ListView"]

Row = TypeVar("Row")
Query = TypeVar("Query")

MOVING = Binding.Group("Moving", compact=True)


class ListView(Marking[Row, Query], can_focus=True):
    """Rows of a :class:`Source`. Opening, scrolling and keys cost the same however long the list is."""

    BINDING_GROUP_TITLE = "List"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", id="list.up", show=False, tooltip="One row up", group=MOVING),
        Binding("down,j", "move(1)", "Down", id="list.down", show=False, tooltip="One row down", group=MOVING),
        Binding("pageup", "page(-1)", "Page up", id="list.page-up", show=False, tooltip="One screen up", group=MOVING),
        Binding("pagedown", "page(1)", "Page down", id="list.page-down", show=False, tooltip="One screen down", group=MOVING),
        Binding("home,g", "end('first')", "First", id="list.first", show=False, tooltip="To the first row", group=MOVING),
        Binding("end,G", "end('last')", "Last", id="list.last", show=False, tooltip="To the last row", group=MOVING),
        Binding("enter", "open", "Open", id="list.open", show=False, tooltip="Everything about this row"),
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
        generation: int
        query: Any
        place: Place | None
        page: Page[Any] | None = None
        around: Around[Any] | None = None
        asked: Hashable = None
        kind: Literal["open", "extend", "refresh"] = "open"
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
        self.wanted: Query = query
        """What is asked for."""
        self._given = first
        self._generation = 0
        self._extending: set[Edge] = set()
        self._refreshing = False
        self._lapsing: frozenset[Hashable] = frozenset()

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
        generation, source = self._begin(), self.source

        def work() -> Message:
            around = source.around(query, row)
            if around.at.rows and source.key(around.at.rows[0]) == source.key(row):
                return self._Fetched(generation, query, None, around=around)
            return self._Fetched(generation, query, Place("first"), page=source.page(query, Place("first")))

        self._send("list", work, self._Fetched(generation, query, None))

    def fetch(self, where: Literal["first", "last"]) -> None:
        """Go to an end of the list."""
        generation, source, query, place = self._begin(), self.source, self.wanted, Place(where)
        self._send(
            "list",
            lambda: self._Fetched(generation, query, place, page=source.page(query, place)),
            self._Fetched(generation, query, place),
        )

    def expect(self, key: Hashable, leaving: bool) -> None:
        """Whether it would be no news to the operator if this row left the list."""
        (self.expected.add if leaving else self.expected.discard)(key)

    def settle(self) -> None:
        """What was expected has happened or will not: whatever leaves after the next refresh is news again."""
        self._lapsing = frozenset(self.expected)

    def refresh_rows(self) -> None:
        """Read again what is on the screen; the cursor stays on its row."""
        row = self.current
        if row is None:
            self.fetch("first")
            return
        self._refreshing = True
        generation, source, query, key = self._generation, self.source, self.shown, self.source.key(row)
        lapsing = self._lapsing

        def work() -> Message:
            around = source.around(query, row)
            there = any(source.key(found) == key for found in (*around.at.rows[:1], *around.before.rows, *around.at.rows))
            fate = "" if there else source.whereabouts(query, row)
            return self._Fetched(generation, query, None, around=around, asked=key, kind="refresh", fate=fate, lapsing=lapsing)

        self._send("list-refresh", work, self._Fetched(generation, query, None, kind="refresh"))

    def _begin(self) -> int:
        self._generation += 1
        self._extending.clear()
        return self._generation

    def _send(self, name: str, work: Any, blank: _Fetched) -> None:
        def failed(error: RmtuiError) -> Message:
            blank.error = error
            return blank

        self.errand(name, work, failed, description=f"reading the list {self.id or ''}".strip())

    def _extend(self) -> None:
        edge = self.window.wants()
        if edge is None or edge in self._extending or self.wanted != self.shown:
            return
        self._extending.add(edge)
        row = self.window.rows[-1 if edge == "after" else 0]
        generation, source, query = self._generation, self.source, self.shown
        place = Place(edge, source.cursor(query, row))
        self._send(
            f"list-{edge}",
            lambda: self._Fetched(generation, query, place, page=source.page(query, place), kind="extend"),
            self._Fetched(generation, query, place, kind="extend"),
        )

    # What comes back

    @on(_Fetched)
    def _take(self, message: _Fetched) -> None:
        if message.kind == "refresh":
            self._refreshing = False
        if message.generation != self._generation:
            return
        self.post_message(self.Answered(message.error))
        if message.error is not None:
            self._extending.clear()
            if message.kind == "open" and not self.window.loaded:
                self.problem = message.error
                self.refresh()
        elif message.kind == "extend":
            self._take_extension(message)
        elif message.kind == "refresh":
            self._take_refresh(message)
        else:
            self.problem = None
            self.shown = message.query
            if message.around is not None:
                self.window.open_around(message.around)
            elif message.page is not None:
                self.window.open(message.page, "last" if message.place and message.place.where == "last" else "first")
            self.check_marks()
            self._changed()

    def _take_extension(self, message: _Fetched) -> None:
        place = message.place
        if place is not None and message.page is not None and place.where in {"after", "before"}:
            edge: Edge = "after" if place.where == "after" else "before"
            self._extending.discard(edge)
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
        self._begin()
        if outcome == "gone" and row is not None:
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
