"""Who asks to come in: the list, one of them, and what an operator decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rmtui.errors import RmtuiError
from rmtui.glyphs import show
from rmtui.i18n import later, tr, trn
from rmtui.plain import approving, details
from rmtui.plain.listing import PAGE, Listing
from rmtui.plain.menu import Answer, menu
from rmtui.plain.session import Session
from rmtui.plain.words import STATES, ago, code, moment, name, told_code
from rmtui.services import enrollments, filters
from rmtui.services.operators import Permission
from rmtui.services.requests import read_request
from rmtui.services.types import Count, CreatedEnrollment, EnrollmentQuery, EnrollmentRow, Page, State

__all__ = ["Enrolments", "by_code", "create", "making"]


def making(run: Callable[[str], object]) -> Answer:
    """To make an enrolment."""
    told = later("make an enrolment and its approve code; n and a callsign asks less.")
    return Answer("n", later("new"), told, run, Permission.DECIDE)


def by_code(session: Session) -> Answer:
    """To approve whoever a code is of."""
    told = later("approve by code: a code, a link or a chat line finds whose it is.")
    return Answer("c", later("code"), told, lambda _: approving.by_code(session), Permission.DECIDE)


class Enrolments(Listing[EnrollmentRow]):
    """Those that wait, oldest first, until a filter asks for others."""

    WORDS = filters.ENROLLMENTS

    def page(self, text: str, after: EnrollmentRow | None) -> Page[EnrollmentRow]:
        """As the service lists them."""
        query = EnrollmentQuery(text=text)
        return enrollments.list_enrollments(query, after=enrollments.cursor(query, after) if after else None, limit=PAGE)

    def count(self, text: str) -> Count:
        """How many there are."""
        return enrollments.count_enrollments(EnrollmentQuery(text=text))

    def head(self, count: Count) -> str:
        """How many wait, or fit the filter."""
        if count.more:
            return tr("More than {n} enrolments, the oldest first.", n=count.number)
        if self.text:
            return trn("{n} enrolment fits the filter.", "{n} enrolments fit the filter.", count.number)
        return trn("{n} enrolment waits.", "{n} enrolments wait, the oldest first.", count.number) if count.number else tr("Nobody waits.")

    def line(self, row: EnrollmentRow) -> str:
        """Callsign, state where it is not the usual, age, and whether they brought a key."""
        parts = [name(row.callsign), "" if row.state is State.PENDING else tr(STATES[row.state]), ago(row.created)]
        parts.append(tr("own key") if row.has_csr else "")
        return ", ".join(part for part in parts if part)

    def answers(self) -> Sequence[Answer]:
        """Making one, and approving by code alone."""
        return (
            making(self._new),
            by_code(self.session),
        )

    def _new(self, rest: str) -> None:
        create(self.session, rest)

    def choose(self, row: EnrollmentRow) -> None:
        """The one that was shown with the number."""
        _One(self.session, row).run()


class _One:
    """One enrolment, by its primary key."""

    def __init__(self, session: Session, row: EnrollmentRow) -> None:
        self.session, self.pk, self._seen = session, row.pk, row.callsign
        self.detail = session.read(lambda: enrollments.enrollment(self.pk))

    def run(self) -> None:
        """Tell what it is, and ask what to do with it."""
        self._tell()
        menu(self.session, tr("{callsign}: ", callsign=name(self._seen, 30)), self._answers)

    def _tell(self) -> None:
        detail = self.detail
        details.enrolment(self.session.talk, detail)
        if detail.row.callsign != self._seen:
            self.session.talk.say(
                tr(
                    "Warning: the list showed {before}; {now} is asked for now. Ask who changed it.",
                    before=name(self._seen),
                    now=name(detail.row.callsign),
                )
            )
            self._seen = detail.row.callsign

    def _answers(self) -> Sequence[Answer]:
        state, may = self.detail.row.state, Permission.DECIDE
        found = [
            Answer("d", later("details"), later("everything else, and the history."), lambda _rest: self._details()),
        ]
        if state is State.REJECTED:
            told = later("make it wait again, under a new approve code.")
            found.insert(0, Answer("o", later("re-open"), told, self._then(self._reopen), may))
        if state is State.PENDING:
            told = later("give it a new approve code; the old one stops working.")
            found[:0] = [
                Answer("a", later("approve"), later("approve, with the code that they read out."), self._then(self._approve), may),
                Answer("x", later("reject"), later("reject, and say why."), self._then(self._reject), may),
                Answer("z", later("new code"), told, self._then(self._reset), may),
            ]
        return found

    def _then(self, act: Callable[[], bool]) -> Callable[[str], bool]:
        """After what was refused, look what it is now."""

        def run(_rest: str) -> bool:
            try:
                return act()
            except RmtuiError as error:
                self.session.tell(error)
                self._again()
                return False

        return run

    def _again(self) -> None:
        """Read it again, and tell what it is if it has become something else."""
        before, self.detail = self.detail, self.session.read(lambda: enrollments.enrollment(self.pk))
        if self.detail.row != before.row:
            self._tell()

    def _details(self) -> None:
        self._again()
        details.whole_enrolment(self.session.talk, self.detail)

    def _approve(self) -> bool:
        done = approving.approve(self.session, self.pk, self._seen)
        if not done:
            self._again()
        return done

    def _reject(self) -> bool:
        session, talk, who = self.session, self.session.talk, name(self._seen)
        if session.refused(Permission.DECIDE):
            return False
        talk.say(tr("{callsign} will get no certificate, and their approve code stops working.", callsign=who))
        talk.say(tr("The callsign stays taken. It can be re-opened later."))
        if session.live:
            talk.say(enrollments.told_accepted(self._seen))
        talk.say(tr("The reason is kept in the history; they do not see it."))
        reason = talk.ask(tr("Reason, empty cancels:"))
        if not reason:
            talk.say(tr("Nobody was rejected."))
            return False
        if not talk.agrees(tr("Type yes to reject {callsign}:", callsign=who)):
            talk.say(tr("Nobody was rejected."))
            return False
        session.change(lambda: enrollments.reject(session.operator, self.pk, reason))
        talk.say(tr("{callsign} is rejected.", callsign=who))
        return True

    def _reopen(self) -> bool:
        session, talk, row, who = self.session, self.session.talk, self.detail.row, name(self._seen)
        if session.refused(Permission.DECIDE):
            return False
        by = show(row.decided_by, 64) if row.decided_by else tr("nobody")
        talk.say(tr("{callsign} was rejected by {operator}, {when}.", callsign=who, operator=by, when=moment(row.decided_on)))
        talk.say(tr("It will wait again, under a new approve code, which is shown once, next."))
        talk.say(tr("The rejection stays in the history."))
        if not talk.agrees(tr("Type yes to re-open {callsign}:", callsign=who)):
            talk.say(tr("It was left as it is."))
            return False
        show_code(session, session.change(lambda: enrollments.reopen(session.operator, self.pk)))
        return True

    def _reset(self) -> bool:
        session, talk, who = self.session, self.session.talk, name(self._seen)
        if session.refused(Permission.DECIDE):
            return False
        talk.say(tr("The code that {callsign} has now stops working; the new one is shown once, next.", callsign=who))
        if not talk.agrees(tr("Type yes to give {callsign} a new code:", callsign=who)):
            talk.say(tr("It was left as it is."))
            return False
        show_code(session, session.change(lambda: enrollments.reset_code(session.operator, self.pk)))
        return True


def create(session: Session, callsign: str = "") -> None:
    """Make an enrolment, and tell its approve code."""
    talk = session.talk
    if session.refused(Permission.DECIDE):
        return
    callsign = callsign or talk.ask(tr("Callsign of the new enrolment, empty cancels:"))
    if not callsign:
        talk.say(tr("Nothing was made."))
        return
    path = talk.ask(tr("File of their own certificate request, empty for none:"))
    csr = session.wait(lambda: read_request(path)) if path else None
    if not talk.agrees(tr("Type yes to make an enrolment for {callsign}:", callsign=name(callsign))):
        talk.say(tr("Nothing was made."))
        return
    made = session.change(lambda: enrollments.create(session.operator, callsign, csr=csr))
    talk.say(tr("{callsign} waits now.", callsign=name(made.callsign)))
    show_code(session, made)


def show_code(session: Session, made: CreatedEnrollment) -> None:
    """The only time that an approve code is told."""
    talk = session.talk
    talk.say(tr("Approve code of {callsign}: {code}", callsign=name(made.callsign), code=code(made.approvecode)))
    talk.say(tr("Spelt: {letters}", letters=told_code(made.approvecode)))
    talk.say(tr("Hand it to them; it is not shown again."))
