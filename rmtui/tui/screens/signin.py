"""Signing in: with a certificate, a login code or a token. The same screen stands before a locked console."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Button, Input, Static

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import signin
from rmtui.services.secrets_in_files import first_line
from rmtui.services.signin import AdminCode, NewAdmin, SignedIn
from rmtui.settings import Secret
from rmtui.text import callsign_problem
from rmtui.tui.dialogs.base import STYLES, entry, prose
from rmtui.tui.dialogs.guard import EnterGuard
from rmtui.tui.errands import Errands
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.lock import leave
from rmtui.tui.widgets.choice import Choice

__all__ = ["SignInScreen"]

HINT = later("The passphrase of a PFX made by the deployment is the callsign. Use one of the three ways; Enter signs in.")


class SignInScreen(Screen[SignedIn], Errands):
    """Gives who signed in; None when they went back without."""

    AUTO_FOCUS: ClassVar[str | None] = ""
    CSS_PATH: ClassVar[list[str | PurePath]] = [STYLES, "signin.tcss"]
    BINDING_GROUP_TITLE = later("Signing in")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", "Next", show=False),
        Binding("up", "app.focus_previous", "Previous", show=False),
        Binding(
            "escape", "back", later("Back"), id="signin.back", show=False, tooltip=later("Back without signing in, where that is allowed")
        ),
    ]

    @dataclass
    class _Proven(Message, bubble=False):
        done: SignedIn | AdminCode

    @dataclass
    class _Made(Message, bubble=False):
        made: NewAdmin

    @dataclass
    class _Refused(Message, bubble=False):
        error: RmtuiError

    @dataclass
    class _Offered(Message, bubble=False):
        path: str

    def __init__(self, place: str, why: str = "", *, title: str = "", optional: bool = False) -> None:
        """:param why: what brought the operator here, as a sentence; ``optional``: whether they may go back without signing in."""
        super().__init__()
        self._place, self._why, self._heading, self._optional = place, why, title or tr("Sign in"), optional
        self._working = False
        self._admin_code: AdminCode | None = None
        self._guard = EnterGuard(pressed=lambda: self.console.turnstile.pressed)
        self.leaving: tuple[SignedIn | None, ...] = ()
        self.passed = False
        """Whether somebody got past it; what follows is under way."""

    def compose(self) -> ComposeResult:
        """What is asked for."""
        with Vertical(id="signin"):
            yield prose(self._heading, classes="title")
            yield prose(show(self._why) if self._why else tr("Prove who you are on {place}.", place=show(self._place)), ident="why")
            with Vertical(id="ways"):
                yield entry(tr("Certificate"), ident="identity", placeholder=tr("path of your PFX or PEM file"))
                yield entry(tr("Passphrase"), ident="passphrase", placeholder=tr("what opens it; empty where nothing does"))
                yield entry(tr("or login code"), ident="code", placeholder=tr("good once; case, spaces and dashes do not matter"))
                yield entry(tr("or token file"), ident="token", placeholder=tr("path of a file with a token (JWT)"))
            with Vertical(id="admin"):
                yield prose(tr("The login code is good for making an admin, who is signed in at once."))
                yield entry(tr("Callsign"), ident="callsign", placeholder=tr("the new admin, for example KARHU01"))
            yield prose(tr(HINT), ident="problem")
            with Horizontal(id="buttons"):
                yield Choice(tr("Sign in"), id="go", compact=True, variant="primary")
                yield Choice(tr("Make the admin"), id="make", compact=True, variant="primary")
                yield Choice(tr("Go back") if self._optional else tr("Quit"), id="leave", compact=True)

    def on_mount(self) -> None:
        """Nothing secret is drawn, and the cursor stands where something is missing."""
        for name in ("passphrase", "code"):
            self.query_one(f"#{name}", Input).password = True
        self.query_one("#admin").display = False
        self.query_one("#make").display = False
        self.set_focus(self.query_one("#identity"))
        self.errand(
            "identity", lambda: self._Offered(signin.identity_offered()), self._Refused, description=tr("looking for the last certificate")
        )

    @on(_Offered)
    def _take_offer(self, message: _Offered) -> None:
        field = self.query_one("#identity", Input)
        if message.path and not field.value:
            field.value = message.path
            if self.focused is field:
                self.set_focus(self.query_one("#passphrase"))

    def dismiss(self, result: SignedIn | None = None) -> AwaitComplete:
        """As Textual's, but never another screen that has come before this one."""
        return leave(self, super().dismiss, result)

    def on_screen_resume(self) -> None:
        """What came before it is gone."""
        if self.leaving:
            self.dismiss(*self.leaving)

    def action_back(self) -> None:
        """Back, where that is allowed."""
        if self._optional and not self._working:
            self.dismiss(None)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id in {"go", "make"}:
            self._go()
        elif self._optional:
            self.action_back()
        else:
            self.app.exit(return_code=0)

    @on(Choice.Entered)
    def _chosen(self, event: Choice.Entered) -> None:
        if self._guard.accepts():
            event.choice.press()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        if self._guard.accepts():
            self._go()

    @on(Input.Changed)
    def _typed(self) -> None:
        self._guard.moved()

    def on_key(self, event: events.Key) -> None:
        """Any key but Enter ends the repeating of a held one."""
        if event.key != "enter":
            self._guard.moved()

    def _value(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value

    def _go(self) -> None:
        if self._working:
            return
        if self._admin_code is not None:
            self._make_admin(self._admin_code)
            return
        code, passphrase = Secret(self._value("code").strip()), Secret(self._value("passphrase"))
        token, path = self._value("token").strip(), self._value("identity").strip()
        if code and token:
            self.tell(tr("Use one way: a login code, or a token."), error=True)
        elif code:
            self._try(lambda: self._Proven(signin.with_code(code.reveal(), "console")))
        elif token:
            self._try(lambda: self._Proven(signin.with_token(first_line(Path(token), tr("a token")), "console")))
        elif path:
            self._try(lambda: self._Proven(signin.with_certificate(Path(path).expanduser(), passphrase or None, "console")))
        else:
            self.tell(tr("Name the file with your certificate, or type a login code."), error=True)
            self.set_focus(self.query_one("#identity"))

    def _make_admin(self, code: AdminCode) -> None:
        callsign = self._value("callsign")
        problem = callsign_problem(callsign)
        if problem:
            self.tell(tr("Not a callsign: {problem}.", problem=show(problem)), error=True)
            return
        self._try(lambda: self._Made(signin.make_admin(code, callsign)), tr("Making the key and the certificate"))

    def _try(self, work: Any, step: str = "") -> None:
        self._busy(True)
        step = step or tr("Looking")
        self.tell(f"{step} {glyphs().dots}")
        self.errand("sign-in", work, self._Refused, description=tr("signing in"), writes=True)

    def tell(self, text: str, *, error: bool = False) -> None:
        """The line under the fields."""
        line = self.query_one("#problem", Static)
        line.set_class(error, "-error")
        line.update(f"{glyphs().warning} {text}" if error else text)

    def _busy(self, working: bool) -> None:
        self._working = working
        for control in self.query("Input, Button"):
            control.disabled = working

    @on(_Proven)
    def _take_proof(self, message: _Proven) -> None:
        self._busy(False)
        self._forget()
        if isinstance(message.done, SignedIn):
            self.dismiss(message.done)
            return
        self._admin_code = message.done
        self.query_one("#ways").display = False
        self.query_one("#admin").display = True
        self.query_one("#go").display = False
        self.query_one("#make").display = True
        self.tell(tr("Type the callsign and press Enter. It goes into the certificate and cannot be changed."))
        self.set_focus(self.query_one("#callsign"))

    @on(_Made)
    def _take_admin(self, message: _Made) -> None:
        self._busy(False)
        self.console.tell(
            tr(
                "{callsign} is an admin. Key and certificate: {pfx}; it opens with the callsign.",
                callsign=show(message.made.callsign),
                pfx=show(message.made.pfx),
            )
        )
        self.dismiss(message.made.signed_in)

    @on(_Refused)
    def _fail(self, message: _Refused) -> None:
        self._busy(False)
        typed = next((name for name in ("code", "passphrase") if self._value(name)), "passphrase")
        self._forget()
        self.tell(show(message.error.sentence), error=True)
        self.set_focus(self.query_one("#callsign" if self._admin_code is not None else f"#{typed}"))

    def _forget(self) -> None:
        """Keep no secret that was typed."""
        for name in ("passphrase", "code"):
            self.query_one(f"#{name}", Input).value = ""
