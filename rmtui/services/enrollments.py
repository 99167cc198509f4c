"""Who asks to come in: the list of enrolments, one of them, and how many there are."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from peewee import JOIN, Case, fn

from rmtui import settings
from rmtui.auth.operator import findable
from rmtui.db import approval, callsigns, issuing
from rmtui.db.base import db
from rmtui.db.enrollments import Enrollment, EnrollmentPool, EnrollmentState
from rmtui.db.middleware import connected
from rmtui.db.people import Person
from rmtui.errors import RmtuiError, UnreachableError
from rmtui.i18n import later, tr
from rmtui.services import audit, filters, narrowing, people, windows
from rmtui.services.decisions import LookalikeWarning, approve, create, reject, reopen, reset_code, told_accepted
from rmtui.services.types import (
    ApprovalPreview,
    Count,
    Cursor,
    EnrollmentDetail,
    EnrollmentQuery,
    EnrollmentRow,
    Page,
    PeopleQuery,
    State,
    Summary,
)
from rmtui.services.windows import Column
from rmtui.text import callsign_problem, plain

__all__ = [
    "LookalikeWarning",
    "approve",
    "by_callsign",
    "count_enrollments",
    "create",
    "cursor",
    "describe_csr",
    "enrollment",
    "find",
    "list_enrollments",
    "obstacle",
    "present",
    "preview",
    "reject",
    "reopen",
    "reset_code",
    "state_shown",
    "summary",
    "told_accepted",
    "under_way",
]

_STATES = {State.PENDING: EnrollmentState.PENDING, State.APPROVED: EnrollmentState.APPROVED, State.REJECTED: EnrollmentState.REJECTED}
_WORDS = {int(number): word for word, number in _STATES.items()}
_RANK = Case(None, [(Enrollment.state.in_([*_WORDS]), Enrollment.state)], int(EnrollmentState.REJECTED))
"""The state as the list shows it: one that others invented stands, and is sorted, with the rejected."""
_REFUSED = later("will be refused: ")
"""How the line on a CSR begins that cannot be signed."""


_DECIDER, _INVITE = Person.alias(), EnrollmentPool.alias()
_CREATED: Column[EnrollmentRow] = Column((windows.moment(Enrollment.created, Enrollment.created),), (lambda row: row.created,))
_STATE: Column[EnrollmentRow] = windows.by_number(_RANK, lambda row: int(_STATES[row.state]), then=_CREATED)
_COLUMNS: dict[str, Column[EnrollmentRow]] = {
    "age": _CREATED,
    "state": _STATE,
    "callsign": Column((windows.lowered(Enrollment.callsign),), (lambda row: row.callsign,)),
    "decided": Column(
        (windows.moment(fn.COALESCE(Enrollment.decided_on, Enrollment.created), Enrollment.created),),
        (lambda row: row.decided_on or row.created,),
        descending=True,
    ),
    "by": windows.by_text(
        _DECIDER.callsign,
        lambda row: row.decided_by,
        joined=lambda select: select.join(_DECIDER, JOIN.LEFT_OUTER, on=(_DECIDER.pk == Enrollment.decided_by)),
        then=_CREATED,
    ),
    "invite": windows.by_text(
        _INVITE.invitecode,
        lambda row: row.pool,
        joined=lambda select: select.join(_INVITE, JOIN.LEFT_OUTER, on=(_INVITE.pk == Enrollment.pool)),
        then=_CREATED,
    ),
    "csr": windows.by_number(Case(None, [(Enrollment.csr.is_null(), 1)], 0), lambda row: int(not row.has_csr), then=_CREATED),
}


def state_shown(query: EnrollmentQuery) -> State | None:
    """Which state the list shows; None is all of them."""
    return _state(query, filters.typed(query.text, filters.ENROLLMENTS))


def _state(query: EnrollmentQuery, typed: Mapping[str, Any]) -> State | None:
    """The one that was typed, else the query's own."""
    word = typed.get("state")
    return query.state if word is None else None if word == "all" else State(word)


def _select(query: EnrollmentQuery) -> Any:
    asked = filters.parse(query.text, filters.ENROLLMENTS)
    typed, state = asked.values, _state(query, asked.values)
    select = Enrollment.select(
        Enrollment.pk,
        Enrollment.callsign,
        Enrollment.state,
        Enrollment.created,
        Enrollment.decided_on,
        Enrollment.decided_by,
        Enrollment.pool,
        Enrollment.csr.is_null(False).alias("has_csr"),
    ).where(Enrollment.deleted.is_null())
    if state is not None:
        select = select.where(Enrollment.state == int(_STATES[state]))
    if query.pool is not None:
        select = select.where(Enrollment.pool == query.pool)
    if "pool" in typed:
        select = select.where(Enrollment.pool.in_(narrowing.pools(typed["pool"])))
    if "role" in typed:
        select = select.where(Enrollment.person.in_(narrowing.members(typed["role"])))
    if "by" in typed:
        select = select.where(Enrollment.decided_by.in_(narrowing.people(typed["by"])))
    if "csr" in typed:
        select = select.where(Enrollment.csr.is_null(typed["csr"] == "no"))
    return windows.all_held(narrowing.aged(select, Enrollment.created, typed), (Enrollment.callsign,), asked.words)


def _column(query: EnrollmentQuery) -> Column[EnrollmentRow]:
    """What the list is sorted by: by age those that wait come first, where all states show."""
    mixed = query.sort == "age" and state_shown(query) is None
    return _STATE if mixed else _COLUMNS[query.sort]


def cursor(query: EnrollmentQuery, row: EnrollmentRow) -> Cursor:
    """The place of a row in the list that ``query`` shows."""
    return _column(query).cursor(row, row.pk)


def _fetch(limited: Any) -> Sequence[EnrollmentRow]:
    """The rows of a limited query; deciders and pools are looked up for those few rows, not joined to the table."""
    found = list(db.execute(limited))
    deciders = windows.names(Person.pk, Person.callsign, (row[5] for row in found))
    pools = windows.names(EnrollmentPool.pk, EnrollmentPool.invitecode, (row[6] for row in found))
    when = Enrollment.created.python_value
    return [
        EnrollmentRow(
            pk=windows.to_uuid(pk),
            callsign=callsign,
            state=_WORDS.get(state, State.REJECTED),
            created=when(created),
            decided_on=when(decided),
            decided_by=deciders.get(by),
            pool=pools.get(pool),
            has_csr=bool(has_csr),
        )
        for pk, callsign, state, created, decided, by, pool, has_csr in found
    ]


@connected
def list_enrollments(
    query: EnrollmentQuery,
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
    at: Cursor | None = None,
    last: bool = False,
    limit: int = 200,
) -> Page[EnrollmentRow]:
    """A stretch of the list: the first page, or what is after, before or at a place, or the last page."""
    column = _column(query)
    order = column.order(Enrollment.pk, query.reverse)
    return windows.page(column.joined(_select(query)), order, _fetch, after=after, before=before, at=at, last=last, limit=limit)


@connected
def count_enrollments(query: EnrollmentQuery, most: int = 10_000) -> Count:
    """How many there are, counting no further than ``most``."""
    return windows.count(_select(query), most)


@connected
def present(query: EnrollmentQuery, keys: Sequence[uuid.UUID]) -> tuple[EnrollmentRow, ...]:
    """Those of some enrolments, by primary key, that are in the list now; in no order."""
    return windows.among(_select(query), Enrollment.pk, _fetch, keys)


@connected
def summary() -> Summary:
    """How many wait, since when the oldest does, how many people's certificates run out soon, and how many effects fail."""
    from rmtui.services import effects  # the first list needs none

    waiting = EnrollmentQuery()
    oldest = Enrollment.select(fn.MIN(Enrollment.created)).where(
        Enrollment.deleted.is_null() & (Enrollment.state == EnrollmentState.PENDING.value)
    )
    days = settings.current().expiring_days
    expiring = people.count_people(PeopleQuery(expiring=days)) if days else Count(0)
    undone = effects.undone()
    return Summary(windows.count(_select(waiting), 10_000), oldest.scalar(), expiring, undone.failing, undone.waits)


def _row(found: Enrollment) -> EnrollmentRow:
    """One record as its list shows it."""
    return _fetch(_select(EnrollmentQuery(state=None)).where(Enrollment.pk == found.pk).limit(1))[0]


def _detail(found: Enrollment) -> EnrollmentDetail:
    row = _row(found)
    entries = audit.history((found.pk, found.person))
    rejected = next((entry.reason for entry in entries if entry.action == "reject" and entry.outcome == "done"), "")
    claim = approval.live_claim(found.pk) if audit.ready() else None
    csr, fingerprint = describe_csr(found.csr, found.callsign)
    return EnrollmentDetail(
        row=row,
        problem=callsign_problem(found.callsign),
        reason=rejected if row.state is State.REJECTED else "",
        claimed_by=claim.operator if claim else None,
        csr=csr,
        csr_fingerprint=fingerprint,
        lookalikes=tuple(callsigns.lookalikes(Person, found.callsign)) if row.state is State.PENDING else (),
        history=entries,
        extra=found.extra,
    )


def describe_csr(csr: str | None, callsign: str) -> tuple[str, str]:
    """One line on a CSR, or why it will be refused, and the SHA-256 of its key; both empty without one."""
    if csr is None:
        return "", ""
    from rmtui.pki.csr import check_csr

    try:
        details = check_csr(csr, callsign)
    except RmtuiError as error:
        return f"{tr(_REFUSED)}{error.sentence}", ""
    return f"{details.subject}, {details.key}", details.fingerprint


def refused(csr: str) -> bool:
    """Whether a line of :func:`describe_csr` says that the CSR will be refused."""
    return csr.startswith(tr(_REFUSED))


def obstacle(callsign: str, csr: str, check: Callable[[], None]) -> str | None:
    """A sentence that says why an enrolment cannot be approved, whoever tries; None when it can.

    :param csr: what :func:`describe_csr` says of the CSR.
    :param check: raises if the enrolment does not wait, or the callsign is taken.
    """
    problem = callsign_problem(callsign)
    if problem:
        return tr("The callsign cannot be approved: {problem}. Reject it, and let them ask again.", problem=problem)
    if refused(csr):
        return csr.removeprefix(tr(_REFUSED))
    try:
        callsigns.check_reserved(callsign)
        check()
    except RmtuiError as error:
        return error.sentence
    return None


def under_way(operator: str) -> str:
    """That somebody's approval of it is under way, as a sentence."""
    return tr("{operator} is approving it just now.", operator=plain(operator))


def _check_waiting(found: Enrollment) -> None:
    found.guard_pending()
    Person.check_free(found.callsign)


@connected
def enrollment(pk: uuid.UUID) -> EnrollmentDetail:
    """One enrolment, whole.

    :raises NotFound: it is gone.
    """
    return _detail(Enrollment.by_pk(pk))


@connected
def find(callsign: str) -> EnrollmentDetail:
    """The enrolment with this callsign, exact or whatever the case.

    :raises NotFound: there is none.
    """
    return _detail(Enrollment.by_callsign(findable(callsign)))


@connected
def by_callsign(callsign: str) -> EnrollmentRow:
    """As :func:`find`, but no more than a list shows: nobody is looked at for a likeness.

    :raises NotFound: there is none.
    """
    return _row(Enrollment.by_callsign(findable(callsign)))


@connected
def preview(pk: uuid.UUID) -> ApprovalPreview:
    """What approving would sign, and why it cannot be approved now if it cannot.

    :raises NotFound: the enrolment is gone.
    """
    found = Enrollment.by_pk(pk)
    detail = _detail(found)
    config = settings.current()
    kind = "EC P-256" if config.key_type == "ec256" else f"RSA {config.key_type.removeprefix('rsa')}"
    blocked = obstacle(found.callsign, detail.csr, lambda: _check_waiting(found))
    if detail.claimed_by and blocked is None:
        blocked = under_way(detail.claimed_by)
    authority, passing = "", False
    try:
        authority = issuing.authority().describe()
    except RmtuiError as error:
        passing = blocked is None and isinstance(error, UnreachableError)
        blocked = blocked or error.sentence
    return ApprovalPreview(
        detail=detail,
        subject=f"CN={found.callsign}",
        key=tr("their own key, {kind}", kind=detail.csr.rpartition(", ")[2]) if found.csr else tr("a new {kind} key, made here", kind=kind),
        hours=None if config.cert_backend == "cfssl" else config.cert_hours,
        authority=authority,
        blocked=blocked,
        passing=passing,
    )
