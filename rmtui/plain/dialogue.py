"""The dialogue itself: what it begins with, its first question, and how it ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from functools import partial

from rmtui import settings
from rmtui.errors import EXIT_DONE, EXIT_INTERRUPTED, RmtuiError, UnreachableError
from rmtui.glyphs import show
from rmtui.i18n import later, tr, trn
from rmtui.logs import headline
from rmtui.plain import enrolments, entering, people
from rmtui.plain.menu import Answer, Quit, menu
from rmtui.plain.session import Session, TurnedOut
from rmtui.plain.talk import Idle, Left, Talk
from rmtui.plain.words import ago, name
from rmtui.services import deployment, effects, enrollments, keys_ahead, operators, signin
from rmtui.signals import ended_by_signals

__all__ = ["run"]

EVERY = 5.0
"""Seconds between two looks at what is due outside the database."""
PATIENCE = 20.0
"""Seconds that an effect under way is given to finish when the dialogue ends."""


def run(codes: Mapping[str, str] | None = None) -> int:
    """Hold the dialogue until the operator quits or the input ends.

    :param codes: approve codes by callsign, in a demo.
    :return: the exit code.
    :raises RmtuiError: there is no deployment to work on, and why.
    """
    session = Session(Talk(), codes)
    background = _Background(session)
    warnings = _Warnings(session)
    logging.getLogger("rmtui").addHandler(warnings)
    try:
        with ended_by_signals(lambda: Quit(EXIT_INTERRUPTED)):
            session.talk.say(tr("rmtui, plain lines. h tells more wherever a question offers it."))
            if not _open(session):
                return EXIT_DONE
            background.start()
            going = _main(session, begins=True)
            while going:
                going = _main(session)
    except Quit as quitting:
        return quitting.code
    except Left:
        pass
    finally:
        background.stop()
        logging.getLogger("rmtui").removeHandler(warnings)
    return EXIT_DONE


def _main(session: Session, *, begins: bool = False) -> bool:
    """The first question, until it is over; whether to ask it again, to whoever signs in then."""
    try:
        if begins:
            _status(session)
        menu(session, "", partial(_answers, session), top=True)
    except TurnedOut as turned:
        session.talk.say(str(turned))
    except Idle:
        session.forget()
        session.talk.say(tr("Nothing was typed for too long, or the sign-in ran out: you are signed out."))
    else:
        return False
    return _gate(session)


def _gate(session: Session) -> bool:
    """Ask for a sign-in, where nobody may look without; whether to go on."""
    return not operators.signin_required() or entering.sign_in(session)


def _answers(session: Session) -> tuple[Answer, ...]:
    proven = session.operator is not None and session.operator.proven
    return (
        Answer(
            "1",
            later("enrolments"),
            later("who waits, and what to do with them; 1 and a filter lists only those."),
            lambda text: enrolments.Enrolments(session, text).run(),
        ),
        Answer(
            "2",
            later("people"),
            later("who is in: roles, revoking; 2 and a filter lists only those."),
            lambda text: people.People(session, text).run(),
        ),
        Answer("3", later("roles"), later("which roles there are, and who has them."), lambda text: people.Roles(session, text).run()),
        enrolments.by_code(session),
        Answer("s", later("status"), later("deployment, operator, how many wait, what fails."), lambda _: _status(session)),
        enrolments.making(partial(enrolments.create, session)),
        Answer("i", "" if session.operator else later("sign in"), later("sign in, or in as somebody else."), lambda _: _sign_in(session)),
        Answer("o", later("sign out") if proven else "", later("sign out."), lambda _: _sign_out(session)),
        Answer("q", later("quit"), later("quit."), _quit),
    )


def _quit(_rest: str) -> None:
    raise Quit


def _sign_in(session: Session) -> None:
    entering.sign_in(session)


def _sign_out(session: Session) -> None:
    operator = session.operator
    who = session.change(lambda: signin.sign_out("console")) or (operator.callsign if operator is not None and operator.proven else None)
    if who is None:
        session.talk.say(tr("Nobody was signed in here."))
        return
    session.talk.say(tr("{callsign} is signed out.", callsign=name(who)))
    guarded, session.operator = operators.signin_required(), None
    if guarded:
        raise TurnedOut(tr("Signing in is required here."))


def _status(session: Session) -> None:
    """Deployment, operator and queue; a database that does not answer is told."""
    talk, found, operator = session.talk, session.deployment, session.operator
    if found is not None:
        talk.facts((tr("Deployment"), f"{show(found.name)}, {found.kind}"), (tr("Database"), show(found.place)))
    if operator is None:
        talk.say(tr("Operator: nobody, so nothing can be changed. i signs in, or start rmtui with --as CALLSIGN."))
    else:
        talk.say(
            tr("Operator: {callsign}, signed in.", callsign=name(operator.callsign))
            if operator.proven
            else tr("Operator: {callsign}, unproven.", callsign=name(operator.callsign))
        )
    if settings.current().read_only:
        talk.say(tr("Read-only: nothing can be changed."))
    try:
        sums = session.read(enrollments.summary)
    except RmtuiError as error:
        session.tell(error)
        return
    except KeyboardInterrupt:
        session.fresh_line()
        return
    if not sums.pending.number:
        talk.say(tr("Nobody waits."))
    elif sums.oldest is not None:
        waiting = trn(
            "{n} enrolment waits; it was asked {ago}.",
            "{n} enrolments wait; the oldest was asked {ago}.",
            sums.pending.number,
            ago=ago(sums.oldest),
        )
        talk.say(waiting)
    if sums.expiring.number:
        days = settings.current().expiring_days
        expiring = sums.expiring.number
        talk.say(trn("{n} certificate runs out within {days} days.", "{n} certificates run out within {days} days.", expiring, days=days))
    if sums.failing.number:
        talk.say(trn("{n} effect fails; see rmtui effects list.", "{n} effects fail; see rmtui effects list.", sums.failing.number))


# Beginning and end


def _open(session: Session) -> bool:
    """Look at the deployment and at who acts on it, making either where it is missing; whether there is both.

    :raises RmtuiError: trying again changes nothing.
    """
    while True:
        try:
            return _opened(session)
        except UnreachableError as error:
            session.tell(error)
            if session.talk.ask(tr("Enter tries again, q quits:")).casefold() == "q":
                return False
        except KeyboardInterrupt:
            session.fresh_line()
            if session.talk.ask(tr("Enter goes on, q quits:")).casefold() == "q":
                return False


def _opened(session: Session) -> bool:
    found = session.wait(deployment.open_deployment)
    if not found.ready:
        if not _made(session, lambda: entering.set_up(session, found.place)):
            return False
        found = session.wait(deployment.open_deployment)
    session.deployment = found
    try:
        entering.admit(session)
    except UnreachableError:
        raise
    except RmtuiError as error:
        session.tell(error)
        if (operators.signin_required() or operators.proof_given()) and not entering.sign_in(session):
            return False
    try:
        for line in session.change(deployment.start_up):
            session.talk.say(line)
    except RmtuiError as error:
        session.tell(error)
    return True


def _made(session: Session, make: Callable[[], bool]) -> bool:
    """Whether a deployment was made; a callsign that cannot be had is asked for again."""
    while True:
        try:
            return make()
        except UnreachableError:
            raise
        except RmtuiError as error:
            session.tell(error)
            if not session.talk.interactive:
                raise


class _Warnings(logging.Handler):
    """Tells in lines of ours what would else be written past them."""

    def __init__(self, session: Session) -> None:
        super().__init__(logging.WARNING)
        self._session = session

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it."""
        self._session.talk.say(tr("Warning: {what}", what=headline(record)))


class _Background:
    """What the console does while nobody asks: carries out what is due outside the database, and has keys ready for coming approvals."""

    def __init__(self, session: Session) -> None:
        self._session, self._leaving = session, threading.Event()
        self._thread = threading.Thread(target=self._run, name="background", daemon=True)

    def start(self) -> None:
        """Begin, unless nothing may be written."""
        if not settings.current().read_only:
            self._thread.start()

    def stop(self) -> None:
        """Begin nothing more, and let finish what is under way."""
        self._leaving.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        while not self._leaving.wait(EVERY):
            try:
                keys_ahead.want(keys_ahead.needed(self._session.operator))
                if effects.anything_due():
                    effects.run_due(stop=self._leaving)
            except RmtuiError:  # an effect keeps its reason, which the status counts; a lost database is told by whatever is asked next
                continue
