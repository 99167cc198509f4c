"""Enrolments and the pools (invite codes) that people come through."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self

from peewee import SQL, BooleanField, ForeignKeyField, IntegerField, ModelIndex, UUIDField

from rmtui import clock
from rmtui.db import callsigns
from rmtui.db.base import BaseModel, KeptModel
from rmtui.db.codes import with_code
from rmtui.db.errors import AlreadyDecided, BackendError, CallsignReserved, Deleted, ForbiddenOperation, NotFound, PoolInactive
from rmtui.db.fields import ObjectField, UTCDateTimeField, VarCharField
from rmtui.db.locks import exclusive
from rmtui.db.people import Person
from rmtui.db.states import EnrollmentState, state_word
from rmtui.i18n import later, tr
from rmtui.text import normalise_callsign, normalise_code, plain

if TYPE_CHECKING:
    from rmtui.db.own import Issued

__all__ = ["Enrollment", "EnrollmentPool", "EnrollmentState", "decision", "state_word"]


def decision(pk: Any) -> str:
    """Name of the lock that whoever decides on this enrolment must hold."""
    return f"enrollment:{pk}"


class EnrollmentPool(BaseModel):
    """Enrollment pools aka links, pk is UUID and comes from basemodel."""

    __tablename__: ClassVar[str] = "enrollmentpools"
    noun: ClassVar[str] = later("invite")

    class Config(BaseModel.Config):
        """Basemodel config."""

    owner = UUIDField()
    """Primary key of the person who made it; they may be gone."""
    active = BooleanField(default=True)
    """Whether people can come through."""
    extra = ObjectField(default=dict, constraints=[SQL("DEFAULT '{}'")])
    """What every enrolment through it inherits."""
    invitecode = VarCharField()
    """The code in the link."""

    class Meta:
        table_name = "enrollmentpools"

    @classmethod
    def create_for_owner(cls, owner: Person, extra: Mapping[str, Any] | None = None) -> Self:
        """Create an active pool with a random invite code."""
        return with_code(lambda code: cls.create(owner=owner.pk, invitecode=code, extra=dict(extra or {})))

    @classmethod
    def by_invitecode(cls, invitecode: str, allow_deleted: bool = False) -> Self:
        """Get by invite code, as written or as read aloud.

        :raises NotFound: there is no such code.
        :raises Deleted: the pool is deleted, and that is not allowed.
        """
        found: Self | None = cls.get_or_none(cls.invitecode == invitecode) or cls.get_or_none(cls.invitecode == normalise_code(invitecode))
        if found is None:
            raise NotFound(tr("There is no such invite code."))
        return found._unless_deleted(allow_deleted)

    @classmethod
    def list(cls, include_deleted: bool = False) -> Any:
        """List pools, oldest first."""
        query = cls.select().order_by(cls.created, cls.pk)
        return [*(query if include_deleted else query.where(cls.deleted.is_null()))]

    def create_enrollment(self, callsign: str) -> Enrollment:
        """Create enrollment from this pool.

        :raises PoolInactive: the pool is disabled or deleted.
        :raises CallsignReserved: the callsign is taken or reserved.
        """
        return Enrollment.create_for_callsign(callsign, pool=self, extra=self.extra)

    def set_active(self, state: bool = True) -> Self:
        """Set active and return refreshed object.

        :raises Deleted: the pool was deleted meanwhile.
        """
        cls = type(self)
        changed = cls.update(active=state, updated=clock.utcnow()).where((cls.pk == self.pk) & cls.deleted.is_null()).execute()
        if not changed:
            raise Deleted(tr("The invite was deleted meanwhile; nothing was changed."))
        return self.reread()

    def reset_invitecode(self) -> str:
        """Give the pool a fresh invite code, and return it; the old one stops working.

        :raises Deleted: the pool is deleted.
        """
        cls = type(self)

        def write(code: str) -> str:
            fresh = cls.update(invitecode=code, updated=clock.utcnow()).where((cls.pk == self.pk) & cls.deleted.is_null())
            if not fresh.execute():
                raise Deleted(tr("The invite is deleted; it got no new code."))
            return code

        code = with_code(write)
        self.invitecode = code
        return code


EnrollmentPool.add_index(
    ModelIndex(EnrollmentPool, [EnrollmentPool.invitecode], name="ix_raesenmaeher_enrollmentpools_invitecode", unique=True),
)


class Enrollment(KeptModel):
    """Enrollments, pk is UUID and comes from basemodel."""

    __tablename__: ClassVar[str] = "enrollments"
    noun: ClassVar[str] = later("enrolment")

    class Config(BaseModel.Config):
        """Basemodel config."""

    approvecode = VarCharField()
    """Proof that the person asking is the person standing there."""
    callsign = VarCharField()
    """Callsign asked for."""
    decided_on = UTCDateTimeField(null=True)
    """When it was approved or rejected."""
    decided_by = ForeignKeyField(Person, column_name="decided_by", null=True, lazy_load=False, index=False)
    """Primary key of who decided."""
    person = ForeignKeyField(Person, column_name="person", null=True, lazy_load=False, index=False)
    """Primary key of the person that the approval made."""
    pool = ForeignKeyField(EnrollmentPool, column_name="pool", null=True, lazy_load=False, index=False)
    """Primary key of the pool the person came through."""
    state = IntegerField(default=EnrollmentState.PENDING.value)
    """An :class:`EnrollmentState`."""
    extra = ObjectField(default=dict, constraints=[SQL("DEFAULT '{}'")])
    """What the person will inherit."""
    csr = VarCharField(null=True)
    """PEM of the person's own request, if they brought one."""

    class Meta:
        table_name = "enrollments"

    def approve(
        self,
        approver: Person,
        code: str | None = None,
        *,
        on_commit: Callable[[Person, Issued], None] | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> Person:
        """Creates the person record, their certs etc. Claim, make, commit: one outcome.

        :param code: what the person read out; checked if given.
        :param on_commit: called with the person and the certificate in the transaction that commits.
        :param progress: told each step as a few words.
        :raises AlreadyDecided: somebody decided first.
        :raises BeingApproved: somebody's approval is under way.
        :raises WrongCode: ``code`` is not the enrolment's.
        :raises CallsignReserved: the callsign is taken or reserved.
        """
        from rmtui.db.approval import approve

        return approve(self, approver, code, on_commit=on_commit, progress=progress)

    def reject(self, decider: Person, *, on_commit: Callable[[], None] | None = None) -> None:
        """Reject.

        :raises AlreadyDecided: somebody decided first.
        """
        with exclusive(decision(self.pk)):
            self.guard_pending()
            self._change_pending(state=EnrollmentState.REJECTED.value, decided_by=decider.pk, decided_on=clock.utcnow())
            if on_commit is not None:
                on_commit()
        self._take(self.reread())

    def reopen(self, *, on_commit: Callable[[], None] | None = None) -> str:
        """Make a rejected enrolment pending again under a new approve code, and return the code.

        :raises ForbiddenOperation: it is not rejected.
        """

        def write(code: str) -> str:
            cls, now = type(self), clock.utcnow()
            changed = (
                cls.update(state=EnrollmentState.PENDING.value, decided_by=None, decided_on=None, approvecode=code, updated=now)
                .where((cls.pk == self.pk) & (cls.state == EnrollmentState.REJECTED.value) & cls.person.is_null())
                .execute()
            )
            if changed != 1:
                now_is = self.reread()
                word = tr(state_word(now_is.state))
                if now_is.person is not None and now_is.state == EnrollmentState.REJECTED:
                    word = tr("rejected, but a person was made of it")
                raise ForbiddenOperation(
                    tr(
                        "{callsign} is {word}; only a rejected enrolment without a person can be re-opened. Nothing was changed.",
                        callsign=plain(self.callsign),
                        word=word,
                    )
                )
            return code

        with exclusive(decision(self.pk)):
            code = with_code(write)
            if on_commit is not None:
                on_commit()
        self._take(self.reread())
        return code

    def reset_approvecode(self, *, on_commit: Callable[[], None] | None = None) -> str:
        """Give a pending enrolment a fresh approve code, and return it; the old one stops working.

        :raises AlreadyDecided: it is not pending.
        """

        def write(code: str) -> str:
            self._change_pending(approvecode=code)
            return code

        with exclusive(decision(self.pk)):
            self.guard_pending()
            code = with_code(write)
            if on_commit is not None:
                on_commit()
        self._take(self.reread())
        return code

    def _change_pending(self, **columns: Any) -> None:
        """Write to the row while it is pending, which the web API may end at any time: it takes no lock of ours."""
        cls = type(self)
        row = (cls.pk == self.pk) & (cls.state == EnrollmentState.PENDING.value)
        if cls.update(**columns, updated=clock.utcnow()).where(row).execute() != 1:
            self.guard_pending()

    def guard_pending(self) -> Self:
        """The row as it is now, if it is pending still. Hold the lock :func:`decision`.

        :raises AlreadyDecided: it is not, and who decided when.
        """
        now = self.reread()
        if now.deleted is not None:
            raise Deleted(tr("The enrolment of {callsign} is marked as deleted; nothing was changed.", callsign=plain(now.callsign)))
        if now.state != EnrollmentState.PENDING:
            decider = Person.get_or_none(Person.pk == now.decided_by) if now.decided_by else None
            word = state_word(now.state)
            raise AlreadyDecided(now.callsign, word, decider.callsign if decider else None, now.decided_on)
        return now

    def _take(self, other: Enrollment) -> None:
        for name in self._meta.fields:
            setattr(self, name, getattr(other, name))

    @classmethod
    def list(cls, state: EnrollmentState | None = None, pool: EnrollmentPool | None = None) -> Any:
        """List enrolments by callsign, of one state or pool if given."""
        query = cls.select().where(cls.deleted.is_null()).order_by(cls.callsign, cls.pk)
        if state is not None:
            query = query.where(cls.state == int(state))
        return [*(query if pool is None else query.where(cls.pool == pool.pk))]

    @classmethod
    def by_callsign(cls, callsign: str) -> Self:
        """Get by callsign, exact or whatever the case.

        :raises NotFound: there is none.
        """
        return callsigns.by_callsign(cls, callsign)

    @classmethod
    def by_approvecode(cls, code: str) -> Self:
        """Get by approvecode, as written or as read aloud.

        :raises NotFound: there is none.
        """
        found: Self | None = cls.get_or_none(cls.approvecode == code) or cls.get_or_none(cls.approvecode == normalise_code(code))
        if found is None:
            raise NotFound(tr("No enrolment has this approve code."))
        return found._unless_deleted(False)

    @classmethod
    def check_free(cls, callsign: str) -> None:
        """Whether there is no enrolment for this callsign, in any case. Hold the lock :func:`rmtui.db.callsigns.taking`.

        :raises CallsignReserved: there is one.
        """
        for other in callsigns.matching(cls, callsign):
            word = tr(state_word(other.state))
            raise CallsignReserved(
                tr(
                    "{callsign} has an enrolment already ({other}, {word}); nothing was made.",
                    callsign=plain(callsign),
                    other=plain(other.callsign),
                    word=word,
                )
            )

    @classmethod
    def create_for_callsign(
        cls,
        callsign: str,
        pool: EnrollmentPool | None = None,
        extra: Mapping[str, Any] | None = None,
        csr: str | None = None,
        *,
        on_commit: Callable[[Enrollment], None] | None = None,
    ) -> Self:
        """Create a new one with random code for the callsign.

        :raises InvalidCallsign: it cannot be a callsign.
        :raises CallsignReserved: it is taken or reserved.
        :raises PoolInactive: the pool is disabled or deleted.
        """
        callsign = normalise_callsign(callsign)
        with exclusive(callsigns.taking(callsign)):
            callsigns.check_reserved(callsign)
            Person.check_free(callsign)
            cls.check_free(callsign)
            if pool is not None:
                fresh = pool.reread()
                if fresh.deleted is not None or not fresh.active:
                    raise PoolInactive(tr("The invite is disabled or deleted; nothing was made."))

            def write(code: str) -> Any:
                made = cls.create(approvecode=code, callsign=callsign, pool=pool.pk if pool else None, extra=dict(extra or {}), csr=csr)
                if on_commit is not None:
                    on_commit(made)
                return made

            try:
                made: Self = with_code(write)
                return made
            except BackendError:
                if cls.get_or_none(cls.callsign == callsign) is not None:  # the web API took it in between
                    raise CallsignReserved(tr("{callsign} was taken just now; nothing was made.", callsign=plain(callsign))) from None
                raise


Enrollment.add_index(ModelIndex(Enrollment, [Enrollment.approvecode], name="ix_raesenmaeher_enrollments_approvecode", unique=True))
Enrollment.add_index(ModelIndex(Enrollment, [Enrollment.callsign], name="ix_raesenmaeher_enrollments_callsign", unique=True))
