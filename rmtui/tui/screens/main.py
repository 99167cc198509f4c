"""The main screen: one pane at a time, between the header and the status line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.message import Message

from rmtui import clock, settings
from rmtui.errors import RmtuiError, UnreachableError
from rmtui.i18n import later, tr
from rmtui.services import deployment, operators
from rmtui.services.operators import Operator, Permission
from rmtui.services.types import Summary
from rmtui.tui.carrying import CarryingOut
from rmtui.tui.notice import entitle
from rmtui.tui.opening import Opening, opened
from rmtui.tui.panes.base import Pane
from rmtui.tui.panes.enrollments import EnrollmentsPane
from rmtui.tui.panes.tabs import PANES, TO_PANES, make_pane
from rmtui.tui.widgets.header import HeaderLine
from rmtui.tui.widgets.keys import KeyLine
from rmtui.tui.widgets.listview import ListView
from rmtui.tui.widgets.status import Banner, Health, StatusLine

__all__ = ["MainScreen"]

PERMISSIONS = {
    "enrolment": Permission.DECIDE,
    "person": Permission.GRANT,
    "person.revoke": Permission.REVOKE,
    "person.reissue": Permission.DECIDE,
    "person.export": Permission.DECIDE,
    "role": Permission.GRANT,
    "invite": Permission.INVITE,
    "code": Permission.ISSUE_CODES,
}
"""What the keys take that change something, by their id or by its first word."""
AGES, THIN_AGES = 30.0, 300.0
"""Seconds after which the ages in a list are drawn anew though nothing else has changed; over a thin line more seldom."""


class MainScreen(CarryingOut):
    """Owns the panes; each is made when it is first shown."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]  # noqa: RUF012  # Textual declares it as an instance's
    BINDING_GROUP_TITLE = later("Everywhere")
    BINDINGS: ClassVar[list[BindingType]] = [
        *TO_PANES,
        Binding("tab", "turn(1)", later("Next pane"), id="main.next", show=False, tooltip=later("To the next pane")),
        Binding("shift+tab", "turn(-1)", later("Previous pane"), id="main.previous", show=False, tooltip=later("To the previous pane")),
        Binding("c", "codes", later("Codes"), id="main.codes", show=False, tooltip=later("Approve by code, from any pane")),
        Binding(
            "R", "rollcall", later("Roll-call"), id="main.rollcall", show=False, tooltip=later("Hold a list of callsigns against who is in")
        ),
        Binding(
            "H",
            "app.doctor",
            later("Health"),
            id="main.health",
            show=False,
            tooltip=later("Check the deployment, and put right what disagrees"),
        ),
        Binding("r", "reload", later("Refresh"), id="main.refresh", show=False, tooltip=later("Read everything again now")),
        Binding(
            "question_mark,f1", "help", later("Help"), id="main.help", key_display="?", tooltip=later("All keys, and what the symbols mean")
        ),
        Binding(
            "colon",
            "app.command_palette",
            later("Commands"),
            id="main.palette",
            key_display=":",
            show=False,
            tooltip=later("Everything by name"),
        ),
    ]

    class _Still(Message, bubble=False):
        def __init__(self, asked: Operator, operator: Operator | None = None, error: RmtuiError | None = None) -> None:
            super().__init__()
            self.asked, self.operator, self.error = asked, operator, error

    class _Keyed(Message, bubble=False):
        """Keys for coming approvals are being made; what keeps them from it is met, and told, by the approvals."""

    class _Started(Message, bubble=False):
        def __init__(self, lines: tuple[str, ...] = (), error: RmtuiError | None = None) -> None:
            super().__init__()
            self.lines, self.error = lines, error

    def __init__(self, opening: Opening) -> None:
        super().__init__()
        self._opening = replace(opening, operator=None)
        found = opening.deployment
        self.health = Health(
            operator=opening.operator.callsign if opening.operator else None,
            proof=opening.operator.proof if opening.operator else "none",
            read_only=settings.current().read_only,
            kind=found.kind,
            place=found.place,
            seen=clock.utcnow() if opening.page is not None else None,
        )
        self._panes: dict[str, Pane[Any, Any]] = {"enrolments": EnrollmentsPane(opening.page)}
        self._panes["enrolments"].restore(opening.preferences)
        self._stale: set[str] = set()
        self._active = "enrolments"
        self._acted_since = False

    def compose(self) -> ComposeResult:
        """Header, pane, status, keys."""
        yield HeaderLine(PANES, self._opening.deployment.name)
        with Container(id="panes"):
            yield self._panes["enrolments"]
        yield Banner()
        yield StatusLine(self.health)
        yield KeyLine()

    def on_mount(self) -> None:
        """Focus the list; everything else comes after it is on the screen."""
        self._panes["enrolments"].view.focus()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        opened()
        self.watch_database()
        self.set_interval(THIN_AGES if self.console.link.thin else AGES, self._show_ages)
        if self._opening.problem is not None:
            self.console.tell_error(self._opening.problem)
        self.errand(
            "start-up",
            lambda: self._Started(deployment.start_up()),
            lambda error: self._Started(error=error),
            description=tr("clearing up after the last run"),
            writes=True,
        )

    @on(_Started)
    def _take_started(self, message: _Started) -> None:
        for line in message.lines:
            self.console.tell(line)
        if message.error is not None:
            self.console.tell(message.error.sentence, severity="warning")

    # Watching

    @property
    def pane(self) -> Pane[Any, Any]:
        """The pane that shows."""
        return self._panes[self._active]

    def show_health(self) -> None:
        """Draw the status line, and the banner over it."""
        if not self.is_mounted:
            return
        status, banner = self.query_one(StatusLine), self.query_one(Banner)
        status.health = self.health
        status.update_line()
        banner.tell(self.health)

    def reread(self) -> None:
        """The pane that shows now, the others when they show next."""
        self._stale = {name for name in self._panes if name != self._active}
        self.pane.reread()

    def counted(self, summary: Summary) -> None:
        """Ring for somebody new, unless it was done here; have keys made for those who may be approved next."""
        before, acted = self.health.summary, self._acted_since
        self._acted_since = False
        if before is not None and summary.pending.number > before.pending.number and not acted and self.console.preferences.bell:
            self.app.bell()
        entitle(self.console, summary.pending.number)
        self._make_keys()

    def _make_keys(self) -> None:
        operator = self.console.operator

        def work() -> Message:
            from rmtui.services import keys_ahead

            if operator is None:
                keys_ahead.stop()
            else:
                keys_ahead.want(keys_ahead.needed(operator))
            return self._Keyed()

        self.errand("keys-ahead", work, lambda _error: self._Keyed(), description=tr("making keys for coming approvals"))

    @on(Pane.Acted)
    def _acted(self, event: Pane.Acted) -> None:
        if event.sentence:
            self.console.tell(event.sentence)
        self._acted_since = True
        self._stale = {name for name in self._panes if name != self._active}
        self.sum_up()

    @on(ListView.Marked)
    def _marked(self) -> None:
        self.set_health(marks=len(self.pane.view.marks))

    @on(ListView.Told)
    def _told(self, event: ListView.Told) -> None:
        if event.sentence:
            self.console.tell(event.sentence, severity="warning")

    def show_operator(self, operator: Operator | None) -> None:
        """Somebody else acts, or nobody any more."""
        self.set_health(operator=operator.callsign if operator else None, proof=operator.proof if operator else "none")
        self.refresh_bindings()
        self._make_keys()

    def refresh_all(self) -> None:
        """Something has changed, perhaps what the operator may do."""
        super().refresh_all()
        operator = self.console.operator
        if operator is not None:
            self.errand(
                "operator",
                lambda: self._Still(operator, operators.still(operator)),
                lambda error: self._Still(operator, error=error),
                description=tr("asking what the operator may do"),
            )

    @on(_Still)
    def _take_still(self, message: _Still) -> None:
        if message.asked is not self.console.operator:  # it was asked about somebody who has left since
            return
        if message.operator is not None:
            if message.operator != message.asked:
                self.console.operator = message.operator
        elif message.error is not None and not isinstance(message.error, UnreachableError):
            self.console.turn_out(message.error)

    @on(Pane.FilterChanged)
    def _filter_changed(self, event: Pane.FilterChanged) -> None:
        self.set_health(filter=event.text)

    def on_resize(self, _event: events.Resize) -> None:
        """The panel may have come to stand beside the list."""
        self.call_after_refresh(self.pane.show_detail)

    def _show_ages(self) -> None:
        self.pane.view.refresh()

    def show_times(self) -> None:
        """Tell every time in the zone that was chosen."""
        for pane in self._panes.values():
            pane.view.retell()
            pane.show_detail()
        self.show_health()

    # Panes

    async def action_pane(self, name: str) -> None:
        """Show a pane."""
        if name == self._active:
            return
        header = self.query_one(HeaderLine)
        self.pane.display = False
        self._active = name
        header.active = name
        header.update_line()
        if name not in self._panes:
            self._panes[name] = make_pane(name)
            self._panes[name].restore(self.console.preferences)
            await self.query_one("#panes").mount(self._panes[name])
        self.pane.display = True
        self.pane.view.focus()
        if name in self._stale:
            self._stale.discard(name)
            self.pane.reread()
        self.set_health(filter=self.pane.query_now.text, marks=len(self.pane.view.marks))

    async def action_turn(self, by: int) -> None:
        """The next pane, round and round."""
        names = [tab.name for tab in PANES]
        await self.action_pane(names[(names.index(self._active) + by) % len(names)])

    async def jump(self, pane: str, row: Any) -> None:
        """Show a row in its own pane."""
        await self.action_pane(pane)
        self.pane.jump(row)

    @on(Pane.JumpAsked)
    async def _jump(self, event: Pane.JumpAsked) -> None:
        await self.jump(event.pane, event.row)

    @on(Pane.ListAsked)
    async def _list(self, event: Pane.ListAsked) -> None:
        await self.action_pane(event.pane)
        self.pane.ask(replace(self.pane.query_now, text=event.text), keep=False)

    # Keys

    async def action_codes(self) -> None:
        """Approve by code, whichever pane shows."""
        await self.action_pane("enrolments")
        if isinstance(self.pane, EnrollmentsPane) and self.pane.check_action("codes", ()):
            self.pane.action_codes()

    def action_rollcall(self) -> None:
        """Ask for the list; the group that is chosen is marked in its pane."""
        from rmtui.tui.dialogs.rollcall import Chosen, RollCallDialog
        from rmtui.tui.panes.acting import mark

        async def done(chosen: Chosen | None) -> None:
            if chosen is not None:
                await self.action_pane(chosen.pane)
                mark(self.pane, chosen.rows)

        self.app.push_screen(RollCallDialog(), done)

    def action_reload(self) -> None:
        """Read everything again now."""
        self.refresh_all()
        self.check()

    def action_help(self) -> None:
        """All keys of this pane and everywhere."""
        from rmtui.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.active_bindings, self.pane.BINDING_GROUP_TITLE or ""))

    def action_press_key(self, key: str) -> None:
        """A key in the foot line was clicked."""
        self.app.simulate_key(key)

    def on_key(self, event: events.Key) -> None:
        """A key that is greyed says why it does nothing."""
        active = self.active_bindings.get(event.key)
        if active is None or active.enabled:
            return
        event.stop()
        what = tr(active.binding.description)
        name = active.binding.id or ""
        why = self.console.why_not(PERMISSIONS.get(name) or PERMISSIONS.get(name.partition(".")[0], Permission.SEE))
        why = why or self.pane.why_not(active.binding.action)
        self.console.tell(f"{what}: {why}" if why else tr("{what}: not possible for what is under the cursor.", what=what))
