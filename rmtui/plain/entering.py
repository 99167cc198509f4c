"""What comes before the dialogue: making a deployment where there is none, and signing in where that is asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from rmtui import settings
from rmtui.errors import RmtuiError
from rmtui.glyphs import show
from rmtui.i18n import later, tr
from rmtui.plain.menu import Answer, menu
from rmtui.plain.session import Session
from rmtui.plain.words import name
from rmtui.services import operators, setup, signin
from rmtui.services.refusals import WrongPassphrase
from rmtui.services.secrets_in_files import first_line
from rmtui.services.signin import AdminCode, SignedIn
from rmtui.settings import Secret

__all__ = ["admit", "set_up", "sign_in"]


def set_up(session: Session, place: str) -> bool:
    """Make a deployment and its first admin, after asking; whether it was made."""
    talk = session.talk
    talk.say(tr("There is no deployment yet at {place}.", place=show(place)))
    if settings.current().read_only:
        talk.say(tr("This is read-only mode, so none can be made."))
        return False
    talk.say(tr("It takes the callsign of the first admin, who will be you."))
    callsign = talk.ask(tr("Your callsign, empty quits:"))
    if not callsign:
        return False
    if not talk.agrees(tr("Type yes to make a deployment with {callsign} as its admin:", callsign=name(callsign))):
        talk.say(tr("Nothing was made."))
        return False
    done = session.change(lambda: setup.set_up(callsign, surface="console", progress=session.step))
    talk.say(tr("The deployment is ready."))
    talk.facts((tr("Your key and certificate"), show(done.pfx)))
    talk.say(tr("The file opens with your callsign."))
    if done.problem:
        talk.say(done.problem)
    return True


def admit(session: Session) -> None:
    """Who is at the keyboard, as this run or an earlier sign-in says; asks for the passphrase of what this run was given.

    :raises RmtuiError: they may not look, and why.
    """
    try:
        session.operator = session.wait(lambda: operators.admit("console", operators.passphrase_in_file))
    except WrongPassphrase:
        if settings.current().passphrase_file is not None:
            raise
        given = _passphrase(session, settings.current().identity)
        session.operator = session.wait(lambda: operators.admit("console", lambda: given))


def _passphrase(session: Session, path: object) -> Secret:
    session.talk.say(tr("A PFX made by the deployment opens with the callsign, as it is written."))
    return session.talk.secret(tr("Passphrase of {path}:", path=show(path)))


def sign_in(session: Session) -> bool:
    """Sign in by one of three ways; whether somebody did."""
    before = session.operator

    def way(act: Callable[[Session], SignedIn | None]) -> Callable[[str], bool]:
        return lambda _rest: _entered(session, act(session))

    answers = (
        Answer("1", later("certificate"), later("sign in with your PFX or PEM file."), way(_certificate)),
        Answer("2", later("login code"), later("sign in with a login code, which is good once."), way(_code)),
        Answer("3", later("token"), later("sign in with a file that holds a token (JWT)."), way(_token)),
    )
    menu(session, tr("Sign in: "), lambda: answers)
    return session.operator is not before


def _entered(session: Session, done: SignedIn | None) -> bool:
    if done is None:
        session.talk.say(tr("Nobody signed in."))
        return False
    session.operator = done.operator
    session.talk.say(tr("{callsign} is signed in.", callsign=name(done.operator.callsign)))
    if done.problem:
        session.talk.say(done.problem)
    return True


def _certificate(session: Session) -> SignedIn | None:
    talk, offered = session.talk, session.wait(signin.identity_offered)
    if offered:
        talk.say(tr("The file of the last time: {path}", path=show(offered)))
        typed = talk.ask(tr("Path of your certificate, empty for that file:")) or offered
    else:
        typed = talk.ask(tr("Path of your certificate, empty cancels:"))
    if not typed:
        return None
    path = Path(typed).expanduser()
    try:
        return session.change(lambda: signin.with_certificate(path, None, "console"))
    except WrongPassphrase:
        passphrase = _passphrase(session, path)
    if not passphrase:
        return None
    return session.change(lambda: signin.with_certificate(path, passphrase, "console"))


def _token(session: Session) -> SignedIn | None:
    typed = session.talk.ask(tr("Path of the file with the token, empty cancels:"))
    if not typed:
        return None
    path = Path(typed).expanduser()
    return session.change(lambda: signin.with_token(first_line(path, "a token"), "console"))


def _code(session: Session) -> SignedIn | None:
    code = session.talk.secret(tr("Login code, empty cancels:"))
    if not code:
        return None
    done = session.change(lambda: signin.with_code(code.reveal(), "console"))
    return _make_admin(session, done) if isinstance(done, AdminCode) else done


def _make_admin(session: Session, code: AdminCode) -> SignedIn | None:
    """Make an admin, asking for another callsign where one cannot be had: the code is used up."""
    talk = session.talk
    talk.say(tr("The login code is good for making an admin, who is signed in at once."))
    while True:
        callsign = talk.ask(tr("Callsign of the new admin, empty cancels:"))
        if not callsign:
            return None
        try:
            made = session.change(partial(signin.make_admin, code, callsign, progress=session.step))
        except RmtuiError as error:
            session.tell(error)
            if code.used:
                return None
            continue
        talk.facts((tr("Your key and certificate"), show(made.pfx)))
        talk.say(tr("The file opens with your callsign."))
        return made.signed_in
