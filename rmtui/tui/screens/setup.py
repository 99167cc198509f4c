"""First run: choose the first admin's callsign, and everything is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Button, Input, Static

from rmtui import settings
from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import setup
from rmtui.services.setup import SetUp
from rmtui.text import callsign_problem, normalise_callsign
from rmtui.tui.dialogs.base import STYLES, entry, prose
from rmtui.tui.dialogs.guard import EnterGuard
from rmtui.tui.errands import Errands
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.opening import Opening, open_console
from rmtui.tui.widgets.choice import Choice
from rmtui.tui.widgets.facts import Facts, Section

__all__ = ["SetupScreen"]

HINT = later("Type it and press Enter. It goes into your certificate and cannot be changed.")


class SetupScreen(Screen[Opening], Errands):
    """Gives the deployment that it made."""

    AUTO_FOCUS: ClassVar[str | None] = "Input"
    CSS_PATH: ClassVar[list[str | PurePath]] = [STYLES, "setup.tcss"]
    BINDING_GROUP_TITLE = later("Set-up")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "step(1)", "Next", show=False, priority=True),  # what is typed right after it goes to the next control
        Binding("shift+tab", "step(-1)", "Previous", show=False, priority=True),
        Binding("down", "step(1)", "Next", show=False),
        Binding("up", "step(-1)", "Previous", show=False),
        Binding("question_mark,f1", "explain", later("Help"), id="setup.help", show=False, tooltip=later("What to do here")),
        Binding("ctrl+c", "app.quit", later("Quit"), id="setup.quit", show=False, tooltip=later("Quit; what was made stays")),
    ]

    @dataclass
    class _Step(Message, bubble=False):
        text: str

    @dataclass
    class _Made(Message, bubble=False):
        made: SetUp
        opening: Opening

    @dataclass
    class _Failed(Message, bubble=False):
        error: RmtuiError

    def __init__(self, place: str) -> None:
        super().__init__()
        self._place = place
        self._steps: list[str] = []
        self._making = False
        self._asked = ""
        """The callsign that the operator was asked about, and has not changed since."""
        self._opening: Opening | None = None
        self._guard = EnterGuard(pressed=lambda: self.console.turnstile.pressed)

    def compose(self) -> ComposeResult:
        """What is going to be made, and the one question."""
        directory = settings.current().local_data_dir
        with Vertical(id="setup"):
            yield prose(tr("rmtui: a new deployment"), classes="title")
            yield prose(
                tr(
                    "There is no deployment here yet. This makes a complete one: a database, a certificate authority of its "
                    "own, and its first admin, who approves everybody else. It takes no server and no network."
                ),
                classes="lead",
            )
            yield Facts([Section("", ((tr("Database"), show(self._place)), (tr("Data"), show(directory))))], ident="places")
            yield entry(tr("Your callsign"), ident="callsign", placeholder=tr("the first admin, for example KARHU01"))
            yield prose(tr(HINT), ident="problem")
            yield prose("", ident="steps")
            yield Facts(ident="result")
            with Horizontal(id="buttons"):
                yield Choice(tr("Make the deployment"), id="go", compact=True, variant="primary")
                yield Choice(tr("Quit"), id="quit", compact=True)

    @on(Input.Changed)
    def _judge(self, event: Input.Changed) -> None:
        self._guard.moved()
        self._asked = ""
        problem = callsign_problem(event.value) if event.value else None
        if problem:
            self._refuse(tr("Not a callsign: {problem}.", problem=show(problem)))
        else:
            self.tell(tr(HINT))

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        """The first Enter asks, the second makes it; one that is held down does nothing more."""
        if self._making:
            return
        if event.value and event.value == self._asked:
            if self._guard.accepts():
                self._make()
        elif self._valid(event.value):
            self._asked = event.value
            self._guard.begin()
            name = show(normalise_callsign(event.value))
            self.tell(
                tr("Enter again makes the deployment with {name} as its first admin; the callsign cannot be changed.", name=name),
                error=True,
            )

    @on(Choice.Entered)
    def _chosen(self, event: Choice.Entered) -> None:
        if self._guard.accepts():
            event.choice.press()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "quit":
            self.app.exit(return_code=0)
        elif self._opening is not None:
            self.dismiss(self._opening)
        elif not self._making:
            self._make()

    def on_key(self, event: events.Key) -> None:
        """Any key but Enter ends the repeating of a held one."""
        if event.key != "enter":
            self._guard.moved()

    def action_step(self, by: int) -> None:
        """Move between the controls."""
        self._guard.moved()
        if by > 0:
            self.focus_next()
        else:
            self.focus_previous()

    def action_explain(self) -> None:
        """What to do here, in a line."""
        if self._opening is not None:
            self.query_one("#problem").display = True
            self.tell(tr("It is made; Enter opens the console."))
        elif not self._making:
            self._asked = ""
            self.tell(tr("Type what you are called and press Enter, twice; Tab goes to Quit."))

    def _valid(self, callsign: str) -> bool:
        """Whether it can be a callsign; if not, that is said."""
        problem = callsign_problem(callsign)
        if problem:
            why = tr("Not a callsign: {problem}; nothing was made.", problem=show(problem))
            self._refuse(why if callsign else tr("Type a callsign first; nothing was made."))
            self.query_one("#callsign").focus()
        return not problem

    def _make(self) -> None:
        callsign = self.query_one("#callsign", Input).value
        if not self._valid(callsign):
            return
        self._busy(True)
        self._steps = []

        def work() -> Message:
            made = setup.set_up(callsign, surface="console", progress=self._progress)
            return self._Made(made, open_console())

        self.errand("set-up", work, self._Failed, description=tr("making the deployment"), writes=True)

    def tell(self, text: str, *, error: bool = False) -> None:
        """The line under the callsign."""
        line = self.query_one("#problem", Static)
        line.set_class(error, "-error")
        line.update(text)

    def _refuse(self, why: str) -> None:
        self.tell(f"{glyphs().warning} {why}", error=True)

    def _busy(self, running: bool) -> None:
        self._making = running
        self.query_one("#callsign").disabled = running
        self.query_one("#go").disabled = running
        if running:
            self.tell(tr("Making it. This takes a few seconds."))

    def _progress(self, step: str) -> None:
        self.post_message(self._Step(step))

    @on(_Step)
    def _show_step(self, message: _Step) -> None:
        self._steps.append(message.text)
        self._show_steps(done=False)

    def _show_steps(self, *, done: bool) -> None:
        lines = [f"{glyphs().done} {show(step)}" for step in self._steps]
        if lines and not done:
            lines[-1] = f"{glyphs().cursor} {show(self._steps[-1])} {glyphs().dots}"
        self.query_one("#steps", Static).update("\n".join(lines))

    @on(_Failed)
    def _fail(self, message: _Failed) -> None:
        self._busy(False)
        self._asked = ""
        self.query_one("#steps", Static).update("")
        self._refuse(show(message.error.sentence))
        self.query_one("#callsign").focus()

    @on(_Made)
    def _finish(self, message: _Made) -> None:
        self._making = False
        self._opening = message.opening
        self._show_steps(done=True)
        made = message.made
        for selector in (".lead", "#places", ".entry", "#problem", "#steps"):
            self.query(selector).set(display=False)
        facts: Sequence[tuple[str, str]] = (
            (tr("Admin"), show(made.admin)),
            (tr("Key and certificate"), show(made.pfx)),
            (tr("Its password"), tr("{password} (the callsign)", password=show(made.password))),
            (tr("Database"), show(made.database)),
            (tr("Data"), show(made.data_dir)),
            *(((tr("Mind"), show(made.problem)),) if made.problem else ()),
        )
        self.query_one("#result", Facts).tell([Section(f"{glyphs().done} " + tr("The deployment is ready"), tuple(facts))])
        button = self.query_one("#go", Button)
        button.label = tr("Open the console")
        button.disabled = False
        self._guard.begin()
        button.focus()
