"""The lists of the console: which rows of the services they show, and in which columns."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Hashable, Sequence

from rmtui import clock, settings
from rmtui.errors import RmtuiError, UnreachableError
from rmtui.i18n import later, tr, trn
from rmtui.services import enrollments
from rmtui.services.types import Count, Cursor, EnrollmentQuery, EnrollmentRow, Page, PeopleQuery, PersonRow, RoleQuery, RoleRow, State
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.keynames import key_of
from rmtui.tui.paging import around_of, page_of
from rmtui.tui.widgets.columns import Cell, Column, wide
from rmtui.tui.widgets.source import Source
from rmtui.tui.widgets.window import Around, Place

__all__ = ["EnrollmentSource", "PeopleSource", "RoleQuery", "RoleSource", "outcome_cell", "state_cell", "status_cell", "text_cell"]

CUT = 80
"""Characters of foreign text a cell looks at."""
OUTCOMES = {"done": later("done"), "refused": later("refused"), "failed": later("failed")}
"""How an outcome is called."""
ACTIVE, REVOKED, RAN_OUT = later("active"), later("revoked"), later("ran out")
"""How somebody's status is called, and that a certificate is good no longer."""


def state_cell(state: State) -> Cell:
    """A state as symbol and word."""
    symbols = glyphs()
    symbol, style = {
        State.PENDING: (symbols.pending, "list--pending"),
        State.APPROVED: (symbols.done, "list--good"),
        State.REJECTED: (symbols.refused, "list--bad"),
    }[state]
    return Cell(f"{symbol} {tr(state)}", style)


def outcome_cell(outcome: str) -> Cell:
    """An outcome as symbol and word."""
    symbols = glyphs()
    known = {
        "done": (symbols.done, "list--good"),
        "refused": (symbols.refused, "list--bad"),
        "failed": (symbols.warning, "list--pending"),
    }
    symbol, style = known.get(outcome, (" ", ""))
    return Cell(f"{symbol} {tr(OUTCOMES[outcome]) if outcome in OUTCOMES else show(outcome, 20)}", style)


def status_cell(row: PersonRow) -> Cell:
    """Whether somebody is in, as symbol and word."""
    if row.revoked_on is None:
        return Cell(f"{glyphs().done} {tr(ACTIVE)}", "list--good")
    return Cell(f"{glyphs().refused} {tr(REVOKED)}", "list--bad")


def text_cell(value: str | None) -> Cell:
    """Foreign text in a cell."""
    return Cell(show(value, CUT)) if value else Cell("")


class EnrollmentSource(Source[EnrollmentRow, EnrollmentQuery]):
    """Who asks to come in."""

    def key(self, row: EnrollmentRow) -> Hashable:
        return row.pk

    def name(self, row: EnrollmentRow) -> str:
        return row.callsign

    def columns(self, query: EnrollmentQuery) -> Sequence[Column[EnrollmentRow]]:
        """Pending ones say what they bring; decided ones who decided."""
        columns: list[Column[EnrollmentRow]] = [
            Column(tr("State"), lambda row: state_cell(row.state), wide(*State), weight=9, sort="state"),
            Column(tr("Callsign"), lambda row: text_cell(row.callsign), 14, most=44, weight=10, sort="callsign"),
            Column(tr("Age"), lambda row: Cell(clock.age(row.created)), 4, weight=8, sort="age", right=True),
        ]
        if enrollments.state_shown(query) is not State.PENDING:
            columns += [
                Column(
                    tr("Decided"),
                    lambda row: Cell(clock.age(row.decided_on) if row.decided_on else ""),
                    8,
                    weight=6,
                    sort="decided",
                    right=True,
                ),
                Column(tr("By"), lambda row: text_cell(row.decided_by), 10, most=20, weight=7, sort="by"),
            ]
        columns.append(Column(tr("Invite"), lambda row: text_cell(row.pool), 8, most=12, weight=4, sort="invite"))
        columns.append(Column(tr("CSR"), lambda row: Cell(tr("yes") if row.has_csr else ""), 3, weight=3, sort="csr"))
        return columns

    def cursor(self, query: EnrollmentQuery, row: EnrollmentRow) -> Cursor:
        return enrollments.cursor(query, row)

    def page(self, query: EnrollmentQuery, place: Place) -> Page[EnrollmentRow]:
        return page_of(enrollments.list_enrollments, query, place)

    def around(self, query: EnrollmentQuery, row: EnrollmentRow) -> Around[EnrollmentRow]:
        return around_of(enrollments.list_enrollments, query, enrollments.cursor(query, row))

    def count(self, query: EnrollmentQuery) -> Count:
        return enrollments.count_enrollments(query)

    def present(self, query: EnrollmentQuery, rows: Sequence[EnrollmentRow]) -> Sequence[EnrollmentRow]:
        return enrollments.present(query, [row.pk for row in rows])

    def whereabouts(self, query: EnrollmentQuery, row: EnrollmentRow) -> str:
        """Who decided about it, if that is why it has gone."""
        try:
            now = enrollments.enrollment(row.pk).row
        except UnreachableError:
            raise
        except RmtuiError:
            return tr("{callsign} is gone from the database.", callsign=show(row.callsign))
        if now.state is row.state:
            return tr("{callsign} has moved in the list.", callsign=show(row.callsign))
        callsign, state = show(row.callsign), tr(now.state)
        if now.decided_by:
            by = show(now.decided_by)
            return tr("{callsign} is now {state} by {by}, so it left this list.", callsign=callsign, state=state, by=by)
        return tr("{callsign} is now {state}, so it left this list.", callsign=callsign, state=state)

    def empty(self, query: EnrollmentQuery) -> str:
        if query.text:
            return tr("No enrolment fits “{text}”. Esc clears the filter.", text=show(query.text))
        if query.state is State.PENDING:
            return tr(
                "Nobody is waiting. {others} shows decided ones, {new} makes an enrolment.",
                others=key_of("enrolment.state", "f"),
                new=key_of("enrolment.new", "n"),
            )
        return (
            tr("None. {others} shows other states.", others=key_of("enrolment.state", "f"))
            if query.state
            else tr("Nobody has asked to come in yet. {new} makes an enrolment.", new=key_of("enrolment.new", "n"))
        )


def _expires(row: PersonRow) -> Cell:
    """When somebody's certificate runs out, marked where that is soon."""
    if row.expires is None or row.revoked_on is not None:
        return Cell("")
    now, symbol = clock.utcnow(), glyphs().warning
    if row.expires <= now:
        return Cell(f"{symbol} {tr(RAN_OUT)}", "list--bad")
    soon = row.expires <= now + dt.timedelta(days=settings.current().expiring_days)
    return Cell(f"{symbol} {clock.age(now, row.expires)}", "list--pending") if soon else Cell(clock.age(now, row.expires))


class PeopleSource(Source[PersonRow, PeopleQuery]):
    """Who is in; with ``members``, the people of one role."""

    def __init__(self, members: bool = False) -> None:
        self._members = members

    def key(self, row: PersonRow) -> Hashable:
        return row.pk

    def name(self, row: PersonRow) -> str:
        return row.callsign

    def columns(self, query: PeopleQuery) -> Sequence[Column[PersonRow]]:
        """The reason of a revocation only where revoked ones show."""
        from rmtui.services import people

        status = people.status_shown(query)
        columns: list[Column[PersonRow]] = [
            Column(tr("Callsign"), lambda row: text_cell(row.callsign), 14, most=44, weight=10, sort="callsign"),
            Column(tr("Roles"), lambda row: text_cell(", ".join(row.roles)), 10, most=30, weight=9, sort="roles"),
            Column(tr("Age"), lambda row: Cell(clock.age(row.created)), 4, weight=7, sort="age", right=True),
        ]
        if not self._members:
            columns.insert(0, Column(tr("Status"), status_cell, wide(ACTIVE, REVOKED), weight=8, sort="status"))
        if not self._members and status != "revoked":
            columns.append(Column(tr("Expires"), _expires, wide(RAN_OUT), weight=6, sort="expires", right=True))
        if status != "active":
            columns += [
                Column(
                    tr("Revoked"),
                    lambda row: Cell(clock.age(row.revoked_on) if row.revoked_on else ""),
                    7,
                    weight=5,
                    sort="revoked",
                    right=True,
                ),
                Column(tr("Reason"), lambda row: text_cell(row.revoke_reason), 10, most=22, weight=4, sort="reason"),
            ]
        return columns

    def cursor(self, query: PeopleQuery, row: PersonRow) -> Cursor:
        from rmtui.services import people

        return people.cursor(query, row)

    def page(self, query: PeopleQuery, place: Place) -> Page[PersonRow]:
        from rmtui.services import people

        return page_of(people.list_people, query, place)

    def around(self, query: PeopleQuery, row: PersonRow) -> Around[PersonRow]:
        from rmtui.services import people

        return around_of(people.list_people, query, people.cursor(query, row))

    def count(self, query: PeopleQuery) -> Count:
        from rmtui.services import people

        return people.count_people(query)

    def present(self, query: PeopleQuery, rows: Sequence[PersonRow]) -> Sequence[PersonRow]:
        from rmtui.services import people

        return people.present(query, [row.pk for row in rows])

    def whereabouts(self, query: PeopleQuery, row: PersonRow) -> str:
        """Revoked, or without the role."""
        from rmtui.services import people

        try:
            now = people.person(row.pk).row
        except UnreachableError:
            raise
        except RmtuiError:
            return tr("{callsign} is gone from the database.", callsign=show(row.callsign))
        if now.revoked_on is not None and row.revoked_on is None:
            return tr("{callsign} was revoked, so they left this list.", callsign=show(row.callsign))
        if query.expiring is not None:
            return trn(
                "The certificate of {callsign} does not run out within {n} day now.",
                "The certificate of {callsign} does not run out within {n} days now.",
                query.expiring,
                callsign=show(row.callsign),
            )
        if query.role is not None and query.role not in now.roles:
            return tr("{callsign} no longer has the role {role}.", callsign=show(row.callsign), role=show(query.role))
        return tr("{callsign} has moved in the list.", callsign=show(row.callsign))

    def empty(self, query: PeopleQuery) -> str:
        if query.text:
            return tr("Nobody fits “{text}”. Esc clears the filter.", text=show(query.text))
        if query.role is not None:
            return tr("Nobody has this role now.")
        if query.expiring is not None:
            return trn("Nobody's certificate runs out within {n} day.", "Nobody's certificate runs out within {n} days.", query.expiring)
        return {"active": tr("Nobody is in yet."), "revoked": tr("Nobody is revoked."), "all": tr("Nobody is in yet.")}[query.status]


class RoleSource(Source[RoleRow, RoleQuery]):
    """Every role; there are few, so they are one page."""

    def key(self, row: RoleRow) -> Hashable:
        return row.role

    def name(self, row: RoleRow) -> str:
        return row.role

    def columns(self, query: RoleQuery) -> Sequence[Column[RoleRow]]:
        return [
            Column(tr("Role"), lambda row: text_cell(row.role), 8, most=40, weight=10, sort="role"),
            Column(tr("Members"), lambda row: Cell(f"{row.members:,}"), 8, weight=9, sort="members", right=True),
        ]

    def cursor(self, query: RoleQuery, row: RoleRow) -> Cursor:
        return Cursor(row.role, uuid.UUID(int=0))

    def page(self, query: RoleQuery, place: Place) -> Page[RoleRow]:
        return Page((), False, False) if place.where in {"after", "before"} else Page(tuple(self._rows(query)), False, False)

    def around(self, query: RoleQuery, row: RoleRow) -> Around[RoleRow]:
        rows = self._rows(query)
        index = next((number for number, found in enumerate(rows) if found.role == row.role), None)
        if index is None:
            rank = self._rank(query, row)
            index = sum(1 for found in rows if (self._rank(query, found) > rank if query.reverse else self._rank(query, found) < rank))
        return Around(Page(tuple(rows[:index]), False, True), Page(tuple(rows[index:]), True, False))

    def count(self, query: RoleQuery) -> Count:
        return Count(len(self._rows(query)))

    def whereabouts(self, query: RoleQuery, row: RoleRow) -> str:
        return tr("Nobody has the role {role} any more.", role=show(row.role))

    def empty(self, query: RoleQuery) -> str:
        return (
            tr("No role holds “{text}”. Esc clears the filter.", text=show(query.text))
            if query.text
            else tr("Nobody has a role yet. n gives one.")
        )

    def _rows(self, query: RoleQuery) -> list[RoleRow]:
        from rmtui.services import roles

        return roles.narrowed(roles.list_roles(), query)

    @staticmethod
    def _rank(query: RoleQuery, row: RoleRow) -> tuple[int, str]:
        from rmtui.services import roles

        return roles.rank(query, row)
