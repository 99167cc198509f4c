"""The console itself: starts, shows set-up or the main screen, and gives the terminal back whatever ends it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from textual import events
from textual.app import SystemCommand
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.screen import Screen

from rmtui import clock, settings
from rmtui.errors import EXIT_DONE, RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import operators, signin
from rmtui.services.operators import Permission
from rmtui.services.preferences import Preferences, save
from rmtui.tui.clipboard import copy
from rmtui.tui.commands import commands, finder
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.keynames import key_of
from rmtui.tui.lock import Lock
from rmtui.tui.looks import LooksApp
from rmtui.tui.opening import Opening, begin, open_for
from rmtui.tui.screens.main import MainScreen
from rmtui.tui.threads import DaemonExecutor, Writes

if TYPE_CHECKING:
    from rmtui.services.deployment import Deployment
    from rmtui.services.operators import Operator
    from rmtui.services.signin import SignedIn

__all__ = ["PATIENCE", "RmtuiApp"]

logger = logging.getLogger("rmtui.tui")

PATIENCE = 20.0
"""Seconds that a change under way is given to finish when the console ends."""


class RmtuiApp(LooksApp):
    """The console of one deployment.

    :param first: what :func:`rmtui.tui.opening.begin` gave, when that was asked before Textual was imported.
    :param codes: approve codes by callsign, in a demo, where nobody can read them out.
    :param terminal: what :class:`LooksApp` takes.
    """

    TITLE = "rmtui"
    CSS_PATH = "app.tcss"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[Any]] = LooksApp.COMMANDS | {finder}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "quit", later("Quit"), id="app.quit", tooltip=later("Quit; nothing is lost")),
        Binding("ctrl+q", "quit", later("Quit"), id="app.quit-anywhere", show=False, priority=True, tooltip=later("Quit from anywhere")),
    ]

    def __init__(self, first: Future[Opening] | None = None, *, codes: Mapping[str, str] | None = None, **terminal: Any) -> None:
        super().__init__(**terminal)
        self._first = first or begin()
        self.codes: Mapping[str, str] = codes or {}
        self.writes = Writes()
        self.opening: Opening | None = None
        self._operator: Operator | None = None
        self.preferences = Preferences()
        self._remembering = threading.Lock()
        self.lock = Lock(self)
        self.ended_by: RmtuiError | None = None
        """What kept the console from opening."""

    # What everything else asks for

    @property
    def deployment(self) -> Deployment:
        """The deployment that is open."""
        if self.opening is None:
            raise RuntimeError("no deployment is open yet")
        return self.opening.deployment

    @property
    def operator(self) -> Operator | None:
        """Who acts."""
        return self._operator

    @operator.setter
    def operator(self, operator: Operator | None) -> None:
        self._operator = operator
        self.lock.follow(operator)
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                screen.show_operator(operator)

    @property
    def busy(self) -> bool:
        """Whether a change is under way."""
        return not self.writes.wait(0)

    @property
    def showing(self) -> bool:
        """Whether the deployment is on the screen, perhaps behind a dialog."""
        return any(isinstance(screen, MainScreen) for screen in self.screen_stack)

    def may(self, permission: Permission) -> bool:
        """Whether the operator may do this here, as far as is known: the write asks again."""
        return not self.why_not(permission)

    def why_not(self, permission: Permission) -> str:
        """Why they may not, as a sentence; empty when they may."""
        return operators.why_not(self._operator, permission)

    def tell(self, sentence: str, *, severity: Literal["information", "warning", "error"] = "information") -> None:
        """A passing message; foreign text in it is made harmless."""
        if self.lock.locked:
            self.lock.keep_behind(partial(self.tell, sentence, severity=severity))
            return
        mark = "" if severity == "information" else f"{glyphs().warning} "
        self.notify(f"{mark}{show(sentence)}", severity=severity, markup=False)

    def tell_error(self, error: RmtuiError) -> None:
        """An error in a dialog of its own."""
        from rmtui.tui.dialogs.message import MessageDialog

        self.push_screen(MessageDialog(tr(error.title), error.sentence))

    def copy_text(self, text: str, told: str = "") -> None:
        """Send text to the terminal's clipboard; whether the terminal takes it cannot be known, so the text, or ``told``, is shown too."""
        self.copy_lines([text], told or text)

    def copy_lines(self, lines: Sequence[str], told: str) -> None:
        """As :meth:`copy_text`, a line each; ``told`` is shown."""
        copy(self, "\n".join(show(line) for line in lines), told)

    def remember(self, preferences: Preferences) -> None:
        """Have this the next time too."""
        if preferences == self.preferences:
            return
        self.preferences = preferences

        def write() -> None:
            with self._remembering:
                save(self.preferences)

        self.run_worker(write, name="remember", group="remember", thread=True, exit_on_error=False)

    # The lock

    async def on_event(self, event: events.Event) -> None:
        """Whatever is typed, pasted or clicked keeps the console open."""
        if isinstance(event, (events.InputEvent, events.Paste)):
            self.lock.touch()
        await super().on_event(event)

    def push_screen(self, screen: Any, *arguments: Any, **options: Any) -> Any:
        """As Textual's, but nothing comes before a lock."""
        if self.lock.locked:
            self.lock.keep_behind(partial(self.push_screen, screen, *arguments, **options))
            return AwaitComplete.nothing()  # type: ignore[no-untyped-call]
        return super().push_screen(screen, *arguments, **options)

    def close_dialogs(self) -> None:
        """Back to the deployment, without an answer to anything that was asked."""
        while self.showing and not isinstance(self.screen, MainScreen):
            self.pop_screen()

    def end_session(self, operator: Operator) -> None:
        """Sign out who locked or was locked out, once what they had begun is finished."""

        def end() -> None:
            self.writes.wait(PATIENCE)
            try:
                signin.end(operator)
            except RmtuiError as error:  # the secret is gone from here all the same, and a copy of it ends by itself
                logger.warning("the end of a sign-in was not recorded: %s", error)

        self.run_worker(end, name="sign-out", group="sign-out", thread=True, exit_on_error=False)

    def show_lock(self, screen: Screen[Any], done: Callable[[Any], None]) -> None:
        """Put the lock before everything."""
        super().push_screen(screen, done)

    def action_command_palette(self) -> None:
        """As Textual's, but not on a lock, nor where nobody has signed in yet."""
        from rmtui.tui.widgets.palette import CommandPalette, Palette

        if self.showing and not self.lock.locked and not CommandPalette.is_open(self):  # type: ignore[arg-type]
            self.push_screen(Palette())

    # Beginning and end

    def on_load(self) -> None:
        """Before the terminal changes: the keys that were chosen, threads that never keep the program from ending."""
        self.set_keymap(dict(settings.current().keys))
        asyncio.get_running_loop().set_default_executor(DaemonExecutor())

    def get_default_screen(self) -> Screen[Any]:
        """The main screen at once, when the first page is there already; it usually is."""
        if self._first.done() and self._first.exception() is None:
            opening = self._first.result()
            if opening.deployment.ready and opening.gate is None:
                self._take(opening)
                return MainScreen(opening)
        return super().get_default_screen()

    async def on_mount(self) -> None:
        """Wait for the first page, which has been on its way since before Textual was imported."""
        self.lock.watch()
        if self.opening is not None:
            self.turnstile.begin()
            return
        try:
            opening = await asyncio.wrap_future(self._first)
        except RmtuiError as error:
            self.ended_by = error
            self.exit(return_code=error.exit_code)
            return
        self.open(opening)

    def _take(self, opening: Opening) -> None:
        """Know what was opened, and keep the operator, who may hold a key, in one place only."""
        self._operator = opening.operator
        self.lock.follow(opening.operator)
        self.preferences = opening.preferences
        self.recall_look(opening.preferences.theme)
        if settings.current().utc is None:
            clock.use_utc(opening.preferences.utc)
        self.opening = replace(opening, operator=None)
        self._first = Future()

    def open(self, opening: Opening) -> None:
        """Show the main screen, or set-up where there is nothing yet."""
        self._take(opening)
        self.call_next(self.turnstile.begin)
        if opening.gate is not None:
            from rmtui.tui.screens.signin import SignInScreen

            self.push_screen(SignInScreen(opening.deployment.place, opening.gate.sentence), partial(self._enter, opening))
            return
        if opening.deployment.ready:
            self.push_screen(MainScreen(opening))
            return
        from rmtui.tui.screens.setup import SetupScreen

        self.push_screen(SetupScreen(opening.deployment.place), lambda made: self.open(made) if made else None)

    def _enter(self, opening: Opening, done: SignedIn | None) -> None:
        """Somebody signed in: the deployment is read for them."""
        if done is None:
            return
        if done.problem:
            self.tell(done.problem, severity="warning")

        async def read() -> None:
            try:
                self.open(await asyncio.to_thread(open_for, opening, done.operator))
            except RmtuiError as error:
                self.ended_by = error
                self.exit(return_code=error.exit_code)

        self.run_worker(read(), name="enter", exit_on_error=True)

    def action_sign_in(self) -> None:
        """Sign in, or in as somebody else."""
        from rmtui.tui.screens.signin import SignInScreen

        def done(signed_in: SignedIn | None) -> None:
            if signed_in is not None:
                self.operator = signed_in.operator
                self.tell(signed_in.problem or tr("{callsign} is signed in.", callsign=signed_in.operator.callsign))

        self.push_screen(SignInScreen(self.deployment.place, optional=True), done)

    def action_doctor(self) -> None:
        """Check the deployment's health."""
        from rmtui.tui.dialogs.doctor import DoctorDialog

        self.push_screen(DoctorDialog())

    def turn_out(self, error: RmtuiError) -> None:
        """The operator may not go on."""
        if operators.signin_required() or (self._operator is not None and self._operator.proven):
            self.lock.close(error.sentence)
            return
        self.operator = None
        self.tell(error.sentence, severity="warning")

    def action_lock(self) -> None:
        """Lock now."""
        self.lock.close(tr("The console was locked by hand."))

    async def action_quit(self) -> None:
        """At once."""
        self.exit(return_code=EXIT_DONE)

    def action_help_quit(self) -> None:
        """Ctrl+C does not quit, since it is too easily pressed; it says what does."""
        self.tell(tr("{leave} quits; in a dialog Esc goes back first.", leave=key_of("app.quit", "q")))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """What the palette offers."""
        return commands(self, screen)
