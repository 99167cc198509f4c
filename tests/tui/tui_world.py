"""A deployment that is only a few lists: what the console shows of it depends on nothing random."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
from collections import Counter
from dataclasses import replace

from tui_rows import CODE, DECIDED, DIGEST, NOW, PENDING, PEOPLE, entry, in_order, page_of, pk, place_of

from rmtui import settings
from rmtui.auth.permissions import ReadOnly
from rmtui.db.errors import AlreadyDecided, DatabaseUnreachable, EnrollmentError, ForbiddenOperation, NotFound, WrongCode
from rmtui.errors import RmtuiError
from rmtui.services import enrollments
from rmtui.services.deployment import Deployment
from rmtui.services.operators import Operator
from rmtui.services.roles import LastAdmin, SelfDemotion
from rmtui.services.setup import SetUp
from rmtui.services.types import (
    ApprovalPreview,
    Approved,
    AuditEntry,
    CertificateView,
    Count,
    CreatedEnrollment,
    CRLState,
    Cursor,
    EnrollmentDetail,
    EnrollmentQuery,
    EnrollmentRow,
    Page,
    PeopleQuery,
    PersonDetail,
    PersonRow,
    RoleRow,
    State,
    Summary,
)
from rmtui.settings import Settings
from rmtui.text import callsign_problem, same_code


class World:
    """The lists, and the services on them."""

    def __init__(self) -> None:
        self.enrollments: dict[uuid.UUID, EnrollmentRow] = {}
        self.people: dict[uuid.UUID, PersonRow] = {}
        self.history: dict[uuid.UUID, list[AuditEntry]] = {}
        self.calls: Counter[str] = Counter()
        self.token = 0
        self.trouble: Exception | None = None
        """Raised by every read while it is set."""
        self.gate = threading.Event()
        """Approvals and set-up wait for it."""
        self.gate.set()
        self.ready = True
        self.kind = "sqlite"
        self.operator_problem: RmtuiError | None = None
        self.operator: Operator | None = Operator(pk(1001), "AURORA", "--as or RMTUI_OPERATOR", "console")
        self.signin_required = False
        self.slow_counts, self.slow_previews = threading.Event(), threading.Event()
        self.slow_counts.set()
        self.slow_previews.set()
        self.blocked: str | None = None
        self.passing = False
        self.refusal: Exception | None = None
        """What an approval meets at the CA."""
        self.crl = CRLState(False, "not on the CRL of 2026-03-01 10:00Z")
        self._next = 5_000

    def fill(self) -> World:
        """The usual rows."""
        for index, (callsign, seconds, pool, csr) in enumerate(PENDING):
            self.add(callsign, seconds, pool=pool, has_csr=csr, key=index + 1)
        for index, (callsign, state) in enumerate(DECIDED):
            made = self.add(callsign, (10 + index) * 86_400, pool="QFETPEOY", key=100 + index)
            self.decide(made.pk, state, "AURORA", NOW - dt.timedelta(days=5 + index))
            action = "approve" if state is State.APPROVED else "reject"
            detail = "" if state is State.APPROVED else "Nobody at the gate knows them"
            self.note(made.pk, action, callsign, detail, NOW - dt.timedelta(days=5 + index))
        for index, (callsign, has, revoked, reason) in enumerate(PEOPLE):
            key = pk(1001 + index)
            gone = NOW - dt.timedelta(seconds=revoked) if revoked else None
            self.people[key] = PersonRow(key, callsign, has, NOW - dt.timedelta(days=20 + index), gone, reason)
        return self

    def add(
        self, callsign: str, seconds: float, *, pool: str | None = None, has_csr: bool = False, key: int | None = None
    ) -> EnrollmentRow:
        """One more that waits, asked so many seconds ago."""
        if key is None:
            self._next += 1
            key = self._next
        row = EnrollmentRow(pk(key), callsign, State.PENDING, NOW - dt.timedelta(seconds=seconds), None, None, pool, has_csr)
        self.enrollments[row.pk] = row
        self.token += 1
        return row

    def decide(self, key: uuid.UUID, state: State, by: str, on: dt.datetime | None = None) -> None:
        """Somebody decides."""
        self.enrollments[key] = replace(self.enrollments[key], state=state, decided_by=by, decided_on=on or NOW)
        self.token += 1

    def note(self, key: uuid.UUID, action: str, target: str, detail: str = "", at: dt.datetime = NOW) -> None:
        """A row of the audit table."""
        self.history.setdefault(key, []).insert(0, entry(at, action, target, detail))

    # Reading

    def _read(self, name: str) -> None:
        self.calls[name] += 1
        if self.trouble is not None:
            raise self.trouble

    def _write(self) -> None:
        if settings.current().read_only:
            raise ReadOnly("This is read-only mode; nothing was changed.")
        self._read("write")

    def _enrollments(self, query: EnrollmentQuery) -> list[EnrollmentRow]:
        return in_order(self.enrollments.values(), query)

    def enrollment_cursor(self, query: EnrollmentQuery, row: EnrollmentRow) -> Cursor:
        return place_of(query, row)

    def list_enrollments(self, query: EnrollmentQuery, *, after=None, before=None, at=None, last=False, limit=200) -> Page[EnrollmentRow]:
        self._read("list_enrollments")
        rows = self._enrollments(query)
        return page_of(rows, lambda row: self.enrollment_cursor(query, row), after=after, before=before, at=at, last=last, limit=limit)

    def count_enrollments(self, query: EnrollmentQuery, most: int = 10_000) -> Count:
        self._read("count_enrollments")
        self.slow_counts.wait(10)
        number = len(self._enrollments(query))
        return Count(min(number, most), number > most)

    def present_enrollments(self, query: EnrollmentQuery, keys) -> tuple[EnrollmentRow, ...]:
        self._read("present_enrollments")
        return tuple(row for row in self._enrollments(query) if row.pk in keys)

    def present_people(self, query: PeopleQuery, keys) -> tuple[PersonRow, ...]:
        self._read("present_people")
        return tuple(row for row in self._people(query) if row.pk in keys)

    def summary(self) -> Summary:
        self._read("summary")
        self.slow_counts.wait(10)
        waiting = self._enrollments(EnrollmentQuery())
        return Summary(Count(len(waiting)), waiting[0].created if waiting else None)

    def enrollment(self, key: uuid.UUID) -> EnrollmentDetail:
        self._read("enrollment")
        row = self._there(key)
        entries = tuple(self.history.get(key, ()))
        return EnrollmentDetail(
            row=row,
            problem=callsign_problem(row.callsign),
            reason=next((each.reason for each in entries if each.action == "reject"), "") if row.state is State.REJECTED else "",
            claimed_by=None,
            csr="CN=WITH-CSR, RSA 4096" if row.has_csr else "",
            csr_fingerprint=DIGEST if row.has_csr else "",
            lookalikes=("AURORA",) if row.callsign == "AUR0RA" else (),
            history=entries,
            extra={"unit": "[b]2nd[/b]\x1b[5m"} if row.callsign == "KARHU01" else {},
        )

    def preview(self, key: uuid.UUID) -> ApprovalPreview:
        self.slow_previews.wait(10)
        detail, blocked = self.enrollment(key), self.blocked
        try:
            self._pending(key)
        except AlreadyDecided as error:
            blocked = error.sentence
        problem = f"The callsign cannot be approved: {detail.problem}. Reject it, and let them ask again." if detail.problem else None
        return ApprovalPreview(
            detail=detail,
            subject=f"CN={detail.row.callsign}",
            key="their own key, RSA 4096" if detail.row.has_csr else "a new RSA 4096 key, made here",
            hours=1008,
            authority="embedded authority, CN=RASENMAEHER issuing CA",
            blocked=problem or blocked,
            passing=self.passing,
        )

    # Deciding

    def _there(self, key: uuid.UUID) -> EnrollmentRow:
        if key not in self.enrollments:
            raise NotFound("There is no such enrolment any more.")
        return self.enrollments[key]

    def _pending(self, key: uuid.UUID) -> EnrollmentRow:
        row = self._there(key)
        if row.state is not State.PENDING:
            raise AlreadyDecided(row.callsign, row.state.value, row.decided_by, row.decided_on)
        return row

    def approve(self, operator, key, code, *, accept_lookalikes=False, shown=None, progress=None) -> Approved:
        self._write()
        row = self._pending(key)
        if not same_code(code, CODE):
            raise WrongCode(f"That is not the code of {row.callsign}; nothing was approved. Ask them to read it out again.")
        if shown is None or shown.detail.row != row:
            raise EnrollmentError(f"The enrolment of {row.callsign} was changed after it was shown. Nothing was approved; look again.")
        if row.callsign == "AUR0RA" and not accept_lookalikes:
            raise enrollments.LookalikeWarning(row.callsign, ("AURORA",))
        if self.refusal is not None:
            raise self.refusal
        progress("Making the key and the certificate")
        if not self.gate.wait(10):
            raise TimeoutError
        self.decide(key, State.APPROVED, operator.callsign)
        person = pk(2_000)
        self.people[person] = PersonRow(person, row.callsign, (), NOW, None, None)
        return Approved(person, row.callsign, "1f" * 16, NOW + dt.timedelta(hours=1008), f"/srv/rmtui/private/people/{person}")

    def reject(self, operator, key, reason) -> None:
        self._write()
        row = self._pending(key)
        self.decide(key, State.REJECTED, operator.callsign)
        self.note(key, "reject", row.callsign, reason)

    def reopen(self, operator, key) -> CreatedEnrollment:
        self._write()
        if self.enrollments[key].state is not State.REJECTED:
            raise ForbiddenOperation(f"{self.enrollments[key].callsign} is {self.enrollments[key].state}; nothing was changed.")
        self.enrollments[key] = replace(self.enrollments[key], state=State.PENDING, decided_by=None, decided_on=None)
        self.token += 1
        return CreatedEnrollment(key, self.enrollments[key].callsign, CODE)

    def create(self, operator, callsign, *, csr=None, invitecode=None) -> CreatedEnrollment:
        self._write()
        if callsign == "AURORA":
            from rmtui.db.errors import CallsignReserved

            raise CallsignReserved("AURORA is taken; nothing was made. Choose another callsign.")
        return CreatedEnrollment(self.add(callsign, 0, has_csr=csr is not None).pk, callsign, CODE)

    # People and roles

    def _people(self, query: PeopleQuery) -> list[PersonRow]:
        rows = [
            row
            for row in self.people.values()
            if (query.status == "all" or (row.revoked_on is None) == (query.status == "active"))
            and query.text.casefold() in row.callsign.casefold()
            and (query.role is None or query.role in row.roles)
            and (query.expiring is None or (row.expires is not None and row.expires <= NOW + dt.timedelta(days=query.expiring)))
        ]
        rows.sort(key=lambda row: (row.callsign.casefold() if query.sort == "callsign" else row.created, row.pk))
        return rows[::-1] if query.reverse else rows

    def people_cursor(self, query: PeopleQuery, row: PersonRow) -> Cursor:
        return Cursor(row.callsign.casefold() if query.sort == "callsign" else row.created, row.pk)

    def list_people(self, query: PeopleQuery, *, after=None, before=None, at=None, last=False, limit=200) -> Page[PersonRow]:
        self._read("list_people")
        return page_of(
            self._people(query), lambda row: self.people_cursor(query, row), after=after, before=before, at=at, last=last, limit=limit
        )

    def count_people(self, query: PeopleQuery, most: int = 10_000) -> Count:
        self._read("count_people")
        return Count(len(self._people(query)))

    def person(self, key: uuid.UUID) -> PersonDetail:
        self._read("person")
        row = self.people[key]
        made = CertificateView(
            "1f" * 16,
            DIGEST,
            f"CN={row.callsign}",
            "CN=RASENMAEHER issuing CA",
            "RSA 4096",
            NOW,
            NOW + dt.timedelta(hours=1008),
            self.crl,
        )
        return PersonDetail(
            row=row,
            certspath=f"/srv/rmtui/private/people/{key}",
            files=("mtls.csr", "mtls.key", "mtls.pem", "mtls.pfx", "mtls.pub"),
            certificate=made if row.callsign != "SORSA" else None,
            certificate_problem="" if row.callsign != "SORSA" else "This host does not see the person's files.",
            approved_by="AURORA",
            approved_on=row.created,
            pool="QFETPEOY",
            history=(entry(row.created, "approve", row.callsign),),
            extra={},
        )

    def find_person(self, callsign: str) -> PersonDetail:
        for row in self.people.values():
            if row.callsign.casefold() == callsign.casefold():
                return self.person(row.pk)
        raise NotFound(f"There is no {callsign}; nothing was changed.")

    def list_roles(self) -> tuple[RoleRow, ...]:
        self._read("list_roles")
        found: Counter[str] = Counter(role for row in self.people.values() if row.revoked_on is None for role in row.roles)
        return tuple(RoleRow(role, found[role]) for role in sorted(found))

    def assign(self, operator, key, role) -> bool:
        self._write()
        row = self.people[key]
        if role in row.roles:
            return False
        self.people[key] = replace(row, roles=tuple(sorted({*row.roles, role})))
        self.token += 1
        return True

    def remove(self, operator, key, role) -> bool:
        self._write()
        row = self.people[key]
        if role == "admin" and operator.pk == key:
            raise SelfDemotion(f"{row.callsign} is you; another admin takes your admin role. Nothing was changed.")
        if role == "admin" and sum("admin" in other.roles for other in self.people.values()) == 1:
            raise LastAdmin(f"{row.callsign} is the last admin; make another one first. Nothing was changed.")
        self.people[key] = replace(row, roles=tuple(name for name in row.roles if name != role))
        self.token += 1
        return role in row.roles

    # The deployment

    def open_deployment(self) -> Deployment:
        self._read("open_deployment")
        place = "/srv/rmtui/rmtui.db" if self.kind == "sqlite" else "raesenmaeher@db.example:5432"
        name = "embedded" if self.kind == "sqlite" else "raesenmaeher"
        return Deployment(self.ready, self.kind, place, f"{self.kind}:{place}", name)

    def changes(self) -> str:
        self._read("changes")
        return str(self.token)

    def identify(self, surface: str = "console") -> Operator | None:
        if self.operator_problem is not None:
            raise self.operator_problem
        return self.operator

    def set_up(self, callsign: str, *, surface="command", progress=None) -> SetUp:
        self._write()
        self.calls[f"set-up by {surface}"] += 1
        if callsign == "rasenmaeher":
            from rmtui.db.errors import CallsignReserved

            raise CallsignReserved("rasenmaeher is reserved; nothing was made.")
        progress("Making the database")
        progress("Making the certificate authority (two keys, a few seconds)")
        if not self.gate.wait(10):
            raise TimeoutError
        progress(f"Making the key and certificate of {callsign}")
        self.ready = True
        self.operator = Operator(pk(1001), callsign, "config.toml", "console")
        data = "/srv/rmtui"
        return SetUp(callsign, f"{data}/private/people/{pk(1001)}/mtls.pfx", callsign, f"{data}/rmtui.db", data, ("the database",))


def lost() -> DatabaseUnreachable:
    """What a read raises when the database has gone."""
    return DatabaseUnreachable("The database does not answer; nothing was changed. rmtui tries again.")


def read_only(on: bool = True) -> None:
    """Start in read-only mode."""
    settings.configure(replace(Settings.from_env(), read_only=on))


def in_ascii() -> None:
    """Start on a terminal that has nothing else."""
    settings.configure(replace(settings.current(), ascii=True))


def look_like(theme: str | None) -> None:
    """Start in this look."""
    settings.configure(replace(settings.current(), theme=theme))
