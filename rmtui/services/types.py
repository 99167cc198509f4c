"""What the services take and give: frozen values, never models or widgets."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from rmtui.services.certificate_types import CertificateView, CRLState

if TYPE_CHECKING:
    from rmtui.services.effects import EffectRow

__all__ = [
    "Approved",
    "ApprovalPreview",
    "AuditEntry",
    "AuditQuery",
    "CRLState",
    "CertificateView",
    "Count",
    "CreatedEnrollment",
    "Cursor",
    "EnrollmentDetail",
    "EnrollmentQuery",
    "EnrollmentRow",
    "Member",
    "Page",
    "PeopleQuery",
    "PersonDetail",
    "PersonRow",
    "RoleQuery",
    "RoleRow",
    "State",
    "Summary",
]

Row = TypeVar("Row")


class State(enum.StrEnum):
    """Where an enrolment stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a sorted list: the sort key's value and the record's primary key, which breaks ties."""

    value: Any
    pk: uuid.UUID | int


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """A stretch of a list, in list order."""

    rows: tuple[Row, ...]
    more_before: bool
    """Whether the list goes on before the first row."""
    more_after: bool
    """Whether the list goes on after the last row."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows a list has, counted no further than is useful."""

    number: int
    more: bool = False
    """Whether counting stopped at ``number``."""

    def __str__(self) -> str:
        return f"{self.number:,}{'+' if self.more else ''}"


@dataclass(frozen=True, slots=True)
class EnrollmentQuery:
    """What the list of enrolments shows, and in which order."""

    state: State | None = State.PENDING
    """Only this state; None is all of them, pending first. One that the filter names goes before."""
    text: str = ""
    """A filter, :data:`rmtui.services.filters.ENROLLMENTS`; its plain words are of the callsign."""
    pool: uuid.UUID | None = None
    """Only those who came through this invite, by its primary key."""
    sort: Literal["age", "callsign", "decided", "state", "by", "invite", "csr"] = "age"
    """``age`` is by creation, oldest first (and by state first when all states show); ``decided`` by the decision, latest first."""
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class EnrollmentRow:
    """One enrolment as a list shows it."""

    pk: uuid.UUID
    callsign: str
    state: State
    created: dt.datetime
    decided_on: dt.datetime | None
    decided_by: str | None
    """Callsign of who decided."""
    pool: str | None
    """Invite code the person came through."""
    has_csr: bool
    """Whether the person brought a CSR."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One entry of the audit trail."""

    id: int
    """Its place in the chain."""
    at: dt.datetime
    operator: str
    """Callsign of the operator; empty when nobody was named."""
    proof: str
    """How they were known: ``certificate``, ``code``, ``token``, ``none``."""
    surface: str
    """``console``, ``command`` or ``library``."""
    action: str
    """``approve``, ``reject``, ``reopen``, ``create``, ``assign-role``, ``remove-role``, ``sign-in``, ``sign-out``, ``init`` and so on."""
    outcome: str
    """``done``, ``refused`` or ``failed``."""
    target_pk: uuid.UUID | None
    target: str
    """Callsign acted on."""
    reason: str
    """Of a rejection, what the operator said; of a refusal, what they were told; may be empty."""
    details: Mapping[str, Any]
    os_user: str
    host: str
    origin: str
    """``SSH_CONNECTION``; empty without SSH."""
    program: str
    """Version of rmtui that wrote it."""
    signed: bool
    """Whether the operator's key signed it."""
    hash: str
    """SHA-256 over the entry and the one before it, lower-case hexadecimal."""

    @property
    def about(self) -> str:
        """Reason and details as one line, foreign text as it is; may be empty. Digests are left to who opens the entry."""
        said = [self.reason] if self.reason else []
        for name, value in self.details.items():
            if name in {"session", "fingerprint", "serial", "made"} or value in (None, "", False, [], {}, self.proof):
                continue
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            said.append(name.replace("_", " ") if value is True else text if name == "role" else f"{name.replace('_', ' ')} {text}")
        return "; ".join(said)


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What the audit trail's list shows, newest first."""

    text: str = ""
    """Only entries whose operator, target, action or reason holds this, without case."""
    operator: str = ""
    target: str = ""
    action: str = ""
    outcome: str = ""
    """Exactly this one."""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    sort: Literal["time"] = "time"
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class EnrollmentDetail:
    """One enrolment, whole, but for its approve code."""

    row: EnrollmentRow
    problem: str | None
    """Why the callsign cannot be approved, as the end of a sentence; None when it can."""
    reason: str
    """Reason of the rejection; empty unless rejected here."""
    claimed_by: str | None
    """Operator whose approval is under way, if one is."""
    csr: str
    """One line on the CSR's subject and key, or why it will be refused; empty without one."""
    csr_fingerprint: str
    """SHA-256 of the CSR's public key (SPKI), in hexadecimal; empty without one."""
    lookalikes: tuple[str, ...]
    """People whose callsign looks like this one."""
    history: tuple[AuditEntry, ...]
    """Latest first, at most 50."""
    extra: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ApprovalPreview:
    """What an approval will sign, shown before it is confirmed."""

    detail: EnrollmentDetail
    subject: str
    """The certificate's subject, exactly: ``CN=<callsign>``."""
    key: str
    """``a new RSA 4096 key``, or the CSR's key."""
    hours: int | None
    """How long the certificate will be valid, in hours; None where the CA decides."""
    authority: str
    """Who signs: ``embedded authority, CN=…``."""
    blocked: str | None
    """A sentence that says why it cannot be approved now; None when it can."""
    passing: bool = False
    """Whether that is only that the CA cannot be reached just now."""


@dataclass(frozen=True, slots=True)
class CreatedEnrollment:
    """A new or re-opened enrolment, with the approve code: the only time it is shown."""

    pk: uuid.UUID
    callsign: str
    approvecode: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Approved:
    """A finished approval."""

    person: uuid.UUID
    callsign: str
    serial: str
    """Certificate serial number, lower-case hexadecimal."""
    not_after: dt.datetime
    files: str
    """Directory of the person's files, as this host sees it."""


@dataclass(frozen=True, slots=True)
class PeopleQuery:
    """What the list of people shows, and in which order."""

    status: Literal["active", "revoked", "all"] = "active"
    """What the filter names goes before, and a reason in the filter finds whoever has it."""
    text: str = ""
    """A filter, :data:`rmtui.services.filters.PEOPLE`; its plain words are of the callsign."""
    role: str | None = None
    """Only people with this role."""
    expiring: int | None = None
    """Only active people whose certificate runs out within so many days, of those that were issued here."""
    sort: Literal["callsign", "age", "status", "roles", "revoked", "reason", "expires"] = "callsign"
    """``age`` is by creation, oldest first; ``roles`` by the first of them; ``revoked`` latest first; ``expires`` earliest first."""
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person as a list shows them."""

    pk: uuid.UUID
    callsign: str
    roles: tuple[str, ...]
    """Sorted, without doublets."""
    created: dt.datetime
    revoked_on: dt.datetime | None
    revoke_reason: str | None
    expires: dt.datetime | None = None
    """When the last of their certificates that were issued here, and not revoked, runs out."""


@dataclass(frozen=True, slots=True)
class PersonDetail:
    """One person, whole."""

    row: PersonRow
    certspath: str
    files: tuple[str, ...]
    """Names of the files that are there."""
    certificate: CertificateView | None
    certificate_problem: str
    """Why there is no certificate to show; empty when there is."""
    approved_by: str | None
    approved_on: dt.datetime | None
    pool: str | None
    history: tuple[AuditEntry, ...]
    """Latest first, at most 50."""
    extra: Mapping[str, Any]
    effects: tuple[EffectRow, ...] = ()
    """What was to be done outside the database, latest first, at most 50."""


@dataclass(frozen=True, slots=True)
class RoleRow:
    """One role and how many active people have it."""

    role: str
    members: int


@dataclass(frozen=True, slots=True)
class RoleQuery:
    """Which roles are shown, by name or by how many have them."""

    text: str = ""
    """A filter, :data:`rmtui.services.filters.ROLES`; its plain words are of the role's name."""
    sort: Literal["role", "members"] = "role"
    """``members`` is by how many have it, the most first."""
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Member:
    """One active person who has a role."""

    pk: uuid.UUID
    callsign: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What the status line says about the queue."""

    pending: Count
    oldest: dt.datetime | None
    """When the oldest pending enrolment was made."""
    expiring: Count = Count(0)
    """Active people whose certificate, issued here, runs out within ``RMTUI_EXPIRING_DAYS``."""
    failing: Count = Count(0)
    """Effects that wait since they failed."""
    undone: bool = False
    """Whether any effect waits, failed or not."""
