"""What every pane does: a list with its caption and filter, the panel beside it, and the keys that go with a list."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.services import filters
from rmtui.services.filters import Word
from rmtui.services.operators import Permission
from rmtui.services.preferences import Preferences
from rmtui.services.types import Count
from rmtui.tui.errands import Errands
from rmtui.tui.panes.keys import NO_ROW
from rmtui.tui.widgets.caption import Caption
from rmtui.tui.widgets.detail import DetailPanel
from rmtui.tui.widgets.facts import Section
from rmtui.tui.widgets.filterbar import FilterBar
from rmtui.tui.widgets.listview import ListView
from rmtui.tui.widgets.scrollbars import install as install_scrollbars

__all__ = ["Pane"]

Row = TypeVar("Row")
Query = TypeVar("Query")

install_scrollbars()


class Pane(Widget, Errands, Generic[Row, Query]):
    """One tab. Subclasses say what the rows are and what can be done to one."""

    KIND: ClassVar[str] = ""
    """What one row is, for the head of its details."""
    ORDERS: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """The query's names for its orders, as ``s`` goes through them: in words, and turned round."""
    WORDS: ClassVar[Sequence[Word]] = ()
    """The names that the filter knows."""

    @dataclass
    class _Counted(Message, bubble=False):
        query: Any
        count: Count | None
        error: RmtuiError | None = None

    @dataclass
    class Acted(Message):
        """Something was changed here."""

        sentence: str = ""
        """What to tell; empty when a dialog has said it."""

    @dataclass
    class FilterChanged(Message):
        """The status line has another filter to show."""

        text: str

    @dataclass
    class JumpAsked(Message):
        """To be shown in its own pane."""

        pane: str
        row: Any

    @dataclass
    class ListAsked(Message):
        """Another pane is to show what a filter finds."""

        pane: str
        text: str

    def __init__(self, view: ListView[Row, Query], *, ident: str) -> None:
        super().__init__(id=ident)
        self.view = view
        self._counting = False
        self._count_again = False
        self._could: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """The list, and the panel where there is room."""
        with Horizontal():
            with Vertical(classes="side"):
                yield Caption()
                yield self.view
            yield DetailPanel()

    # For subclasses

    @abstractmethod
    def scope(self, query: Query) -> str:
        """What the list shows, in a word or two."""

    def read_detail(self, row: Row) -> Any:
        """The details of a row; runs in a thread. A pane without a detail panel has none."""
        return None

    def say_detail(self, detail: Any) -> list[Section]:
        """The details as sections."""
        return []

    def able(self) -> tuple[object, ...]:
        """What the greying of the keys depends on."""
        return (self.console.may(Permission.DECIDE), self.view.current is not None, len(self.view.marks))

    def filter_problem(self, text: str) -> str:
        """Why a filter cannot be understood, as a sentence; empty when it can."""
        return filters.problem(text, self.WORDS)

    def filter_fixes(self, field: str) -> bool:
        """Whether what is typed fixes what a key would change; then that is told."""
        said = filters.asks(self.query_now.text, self.WORDS, field)
        if said:
            self.console.tell(tr("The filter asks for {said}; Esc clears it.", said=said))
        return bool(said)

    @property
    def reading(self) -> bool:
        """Whether what the keys would act on is on its way."""
        return self.view.reading

    @property
    def chosen(self) -> tuple[Row, ...]:
        """What an action is for: the marked rows, else the one under the cursor."""
        row = self.view.current
        return self.view.marks.rows or ((row,) if row is not None else ())

    def query_for(self, row: Row) -> Any:
        """The query in whose list a row is, as little changed as can be."""
        return replace(self.query_now, text="")

    # Queries

    @property
    def query_now(self) -> Any:
        """What the list was asked for last."""
        return self.view.wanted

    def ask(self, query: Query, *, keep: bool = True, to: Row | None = None) -> None:
        """Show another query, with the cursor on its row or on ``to``."""
        changed = getattr(query, "text", "") != getattr(self.view.wanted, "text", "")
        self._remember(query)
        self.view.ask(query, keep=keep, to=to)
        self.query_one(Caption).count = None
        self._caption()
        self.count()
        if changed:
            self.post_message(self.FilterChanged(getattr(query, "text", "")))

    def opening_query(self) -> Any:
        """The query that the pane opens with, in the order it has now."""
        return replace(self.query_now, text="")

    def restore(self, preferences: Preferences) -> None:
        """Begin in the order that is remembered."""
        self.view.wanted = self.view.shown = preferences.applied(self.id or "", self.view.wanted)

    def _remember(self, query: Any) -> None:
        if self.id and (query.sort, query.reverse) != (self.view.wanted.sort, self.view.wanted.reverse):  # type: ignore[attr-defined]
            self.console.remember(self.console.preferences.sorted(self.id, query.sort, query.reverse))

    def jump(self, row: Row) -> None:
        """Go to a row, whatever the list has shown so far."""
        self.ask(self.query_for(row), to=row)

    def reread(self) -> None:
        """Read again what is on the screen, and count again."""
        self.view.refresh_rows()
        self.count()

    def count(self) -> None:
        """Count beside the list; one at a time, the latest wins."""
        if self._counting:
            self._count_again = True
            return
        self._counting = True
        query, source = self.view.wanted, self.view.source
        self.errand(
            "count",
            lambda: self._Counted(query, source.count(query)),
            lambda error: self._Counted(query, None, error),
            description=tr("counting"),
        )

    @on(_Counted)
    def _take_count(self, message: _Counted) -> None:
        self._counting = False
        if message.query == self.view.wanted and message.count is not None:
            caption = self.query_one(Caption)
            caption.count = message.count
            caption.update_line()
        elif message.error is not None:
            self.post_message(ListView.Answered(message.error))
        if self._count_again:
            self._count_again = False
            self.count()

    def _caption(self) -> None:
        caption, query = self.query_one(Caption), self.view.wanted
        caption.scope, caption.filter = self.scope(query), getattr(query, "text", "")
        caption.order = tr(self.ORDERS.get(query.sort, ("", ""))[query.reverse])  # type: ignore[attr-defined]
        caption.position = self.view.window.position
        caption.update_line()

    # The list

    def on_mount(self) -> None:
        """Say what is shown, and count when the list is on the screen."""
        self._caption()
        self.call_after_refresh(self.count)

    @on(ListView.Moved)
    def _moved(self, event: ListView.Moved) -> None:
        if event.view is self.view:
            self._caption()
            self.show_detail()
        self.follow_keys()

    @on(ListView.Marked)
    def _marked(self) -> None:
        self.follow_keys()

    def follow_keys(self) -> None:
        """Grey the keys anew, if what they depend on has changed."""
        could = self.able()
        if could != self._could:
            self._could = could
            self.refresh_bindings()

    def show_detail(self) -> None:
        """Tell the panel which row it is about, if it shows."""
        panel, row = self.query_one(DetailPanel), self.view.current
        if not self.screen.has_class("-wide"):
            return
        if row is None:
            panel.about(None, None, self.say_detail)
        else:
            panel.about(self.view.source.key(row), lambda: self.read_detail(row), self.say_detail)

    @on(ListView.Opened)
    def _opened(self, event: ListView.Opened) -> None:
        if event.view is self.view:
            self.open_detail(event.row)

    def open_detail(self, row: Row) -> None:
        """Everything about a row, over the list."""
        from rmtui.tui.dialogs.detail import DetailDialog

        name = self.view.source.name(row)
        self.app.push_screen(DetailDialog(tr(self.KIND), name, lambda: self.read_detail(row), self.say_detail))

    @on(ListView.SortAsked)
    def _sort_by(self, event: ListView.SortAsked) -> None:
        if event.view is self.view:
            self.ask(self.sorted_by(self.query_now, event.sort))

    @staticmethod
    def sorted_by(query: Any, sort: str) -> Any:
        """The query in this order, or turned round where it has it already."""
        return replace(query, reverse=not query.reverse) if query.sort == sort else replace(query, sort=sort, reverse=False)

    # Filter

    @on(FilterBar.Wanted)
    def _filter(self, event: FilterBar.Wanted) -> None:
        self.ask(replace(self.query_now, text=event.text))

    @on(FilterBar.Refused)
    def _filter_refused(self, event: FilterBar.Refused) -> None:
        self.console.tell(event.sentence, severity="warning")

    @on(FilterBar.Closed)
    async def _filter_closed(self) -> None:
        for bar in self.query(FilterBar):
            had_focus = bar.has_focus
            await self.query(".filter").remove()
            self.query_one(Caption).display = True
            if had_focus or self.screen.focused is None:
                self.view.focus()

    async def action_filter(self) -> None:
        """Type a filter in the caption's place."""
        if not self.query(FilterBar):
            caption = self.query_one(Caption)
            bar = FilterBar(self.query_now.text, filters.hint(self.WORDS), self.filter_problem)
            await self.query_one(".side").mount(Horizontal(Static(tr("Filter"), markup=False), bar, classes="filter"), before=caption)
            caption.display = False
            bar.focus()

    def action_back(self) -> None:
        """Esc clears the filter first, then the marks, and does no more."""
        if self.query_now.text:
            self.ask(replace(self.query_now, text=""))
        elif self.view.marks:
            self.view.forget_marks()

    # Keys

    def action_sort(self) -> None:
        """The next order."""
        query = self.query_now
        sorts = self.sorts(query)
        place = sorts.index(query.sort) if query.sort in sorts else -1
        self.ask(replace(query, sort=sorts[(place + 1) % len(sorts)], reverse=False))

    def sorts(self, query: Any) -> Sequence[str]:
        """The orders that make sense for a query: by the columns it shows."""
        shown = {column.sort for column in self.view.source.columns(query)}
        return [sort for sort in self.ORDERS if sort in shown]

    def action_reverse(self) -> None:
        """Turn the order round."""
        self.ask(replace(self.query_now, reverse=not self.query_now.reverse))

    def action_copy(self) -> None:
        """Send the name under the cursor to the terminal."""
        row = self.view.current
        if row is not None:
            self.console.copy_text(self.view.source.name(row))

    def why_not(self, action: str) -> str:
        """Why what is under the cursor does not allow an action, as a sentence; empty when it does."""
        return tr(NO_ROW) if action == "copy" and self.view.current is None else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what cannot be done to the row under the cursor."""
        return None if self.why_not(action) else True
