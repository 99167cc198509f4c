"""People and their roles."""

from __future__ import annotations

import builtins
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from peewee import SQL, ForeignKeyField, ModelIndex, UUIDField

from rmtui import settings
from rmtui.db import callsigns, effects
from rmtui.db.base import BaseModel, DBModel, utcnow
from rmtui.db.errors import NotFound
from rmtui.db.fields import ObjectField, UTCDateTimeField, VarCharField, parse_pk
from rmtui.db.locks import exclusive
from rmtui.i18n import later, tr
from rmtui.text import plain

if TYPE_CHECKING:
    from rmtui.db.own import Issued

__all__ = ["Person", "Role"]


class Person(BaseModel):
    """People, pk is UUID and comes from basemodel."""

    __tablename__: ClassVar[str] = "users"
    noun: ClassVar[str] = later("person")

    class Config(BaseModel.Config):
        """Basemodel config."""

    callsign = VarCharField()
    """As the certificate's CN has it."""
    certspath = VarCharField(constraints=[SQL("UNIQUE")])
    """Directory of the person's files, under the path that the deployment knows it by."""
    extra = ObjectField(default=dict, constraints=[SQL("DEFAULT '{}'")])
    """What products keep about the person."""
    revoke_reason = VarCharField(null=True)
    """RFC 5280 reason of the revocation; None while active."""

    class Meta:
        table_name = "users"

    @classmethod
    def create_with_cert(
        cls,
        callsign: str,
        extra: Mapping[str, Any] | None = None,
        csr: str | None = None,
        on_commit: Callable[[Self], None] | None = None,
    ) -> Self:
        """Create the cert etc and save the person.

        :param csr: PEM of the person's own request; without it a key is made.
        :param on_commit: called in the transaction that saves the person, and stands or falls with it.
        :raises CallsignReserved: the callsign is taken or reserved.
        :raises InvalidCallsign: it cannot be one.
        :raises CSRError: the request is refused.
        """
        from rmtui.db.approval import create_with_cert

        return create_with_cert(cls, callsign, extra, csr, on_commit)

    @classmethod
    def list(cls, include_deleted: bool = False) -> builtins.list[Self]:
        """List people, by callsign."""
        query = cls.select().order_by(cls.callsign, cls.pk)
        return builtins.list(query if include_deleted else query.where(cls.deleted.is_null()))

    @classmethod
    def by_role(cls, role: str | None) -> builtins.list[Self]:
        """List people that have given role, if role is None list all people. The revoked are left out."""
        query = cls.select().where(cls.deleted.is_null()).order_by(cls.callsign, cls.pk)
        if role is not None:
            query = query.where(cls.pk.in_(Role.select(Role.user).where(Role.role == role)))
        return builtins.list(query)

    @classmethod
    def by_callsign(cls, callsign: str, allow_deleted: bool = False) -> Self:
        """Get by callsign, exact or whatever the case.

        :raises NotFound: there is none.
        :raises Deleted: the person is revoked, and that is not allowed.
        """
        return callsigns.by_callsign(cls, callsign, allow_deleted)

    @classmethod
    def by_pk_or_callsign(cls, inval: uuid.UUID | str, allow_deleted: bool = False) -> Self:
        """Get by primary key if it is one, else by callsign.

        :raises NotFound: there is none.
        """
        try:
            pk = parse_pk(inval)
        except NotFound:
            return cls.by_callsign(str(inval), allow_deleted)
        try:
            return cls.by_pk(pk, allow_deleted)
        except NotFound:
            if isinstance(inval, str) and cls.get_or_none(cls.pk == pk) is None:
                return cls.by_callsign(inval, allow_deleted)
            raise

    @classmethod
    def by_mtlsjwt_payload(cls, payload: Any, allow_deleted: bool = False) -> Self:
        """Get by MTLSorJWTMiddleWare payload: its ``userid``, else the JWT's ``sub``, else the certificate's ``CN``.

        :param payload: an object with these names, or a mapping.
        :raises NotFound: it names nobody, or nobody known.
        """

        def get(source: Any, name: str) -> Any:
            return source.get(name) if isinstance(source, Mapping) else getattr(source, name, None)

        inner = get(payload, "payload")
        for source, name in ((payload, "userid"), (inner, "sub"), (inner, "CN"), (payload, "sub"), (payload, "CN")):
            value = get(source, name) if source is not None else None
            if isinstance(value, str) and value:
                return cls.by_callsign(value, allow_deleted)
        raise NotFound(tr("The token or certificate names nobody."))

    @property
    def directory(self) -> Path:
        """Where this host sees the person's files.

        :raises ConfigurationError: ``certspath`` points outside the data directory.
        """
        return settings.current().local(self.certspath)

    def get_key_pem(self) -> bytes:
        """Read the private key from under certspath and return the PEM.

        :raises StorageError: it cannot be read; a person who brought a CSR keeps the key themselves.
        """
        from rmtui.pki.identity import read_file

        return read_file(self.directory, "mtls.key")

    def get_cert_pem(self) -> bytes:
        """Read the cert from under certspath and return the PEM: the certificate, then its chain.

        :raises StorageError: it cannot be read.
        """
        from rmtui.pki.identity import read_file

        return read_file(self.directory, "mtls.pem")

    def get_cert_pfx(self) -> bytes:
        """Read the cert and private key from under certspath and return the PFX container.

        :raises StorageError: they cannot be read.
        """
        from rmtui.pki.identity import read_pfx

        return read_pfx(self.directory, self.callsign)

    def _get_role(self, role: str) -> Role | None:
        """Internal helper for DRY."""
        return Role.select().where((Role.user == self.pk) & (Role.role == role)).order_by(Role.created, Role.pk).first()  # type: ignore[no-any-return]

    def has_role(self, role: str) -> bool:
        """Check if this user has given role."""
        return self._get_role(role) is not None

    def roles(self) -> builtins.list[str]:
        """The user's roles, sorted, without doublets."""
        query: Any = Role.select(Role.role).where(Role.user == self.pk).distinct().order_by(Role.role).tuples()
        return [role for (role,) in query]

    def assign_role(self, role: str) -> bool:
        """Assign a role, return true if role was created, false if it already existed.

        :raises Deleted: the person was revoked meanwhile.
        """
        with exclusive(f"roles:{self.pk}"):
            type(self).by_pk(self.pk)
            if self._get_role(role) is not None:
                return False
            Role.create(user=self.pk, role=role)
            if role == effects.ADMIN:
                effects.plan(self.pk, self.callsign, "promoted")
            return True

    def remove_role(self, role: str) -> bool:
        """Remove a role, return true if role was removed, false if it wasn't assigned. Doublets go together."""
        with exclusive(f"roles:{self.pk}"):
            removed: int = Role.delete().where((Role.user == self.pk) & (Role.role == role)).execute()
            if removed and role == effects.ADMIN and self.deleted is None:
                effects.plan(self.pk, self.callsign, "demoted")
            return removed > 0

    def revoke(
        self,
        reason: str = "unspecified",
        on_commit: Callable[[builtins.list[str], str], None] | None = None,
        guard: Callable[[], None] | None = None,
    ) -> None:
        """Revoke the person and their certificates; the new CRL is published.

        :param reason: an RFC 5280 name, such as ``keyCompromise``.
        :param on_commit: called in the transaction that revokes them, with the serials and why a certificate stays good (empty: none does).
        :param guard: called first, in the same transaction, under the lock that keeps the last admin; what it raises ends it.
        :raises Deleted: the person is revoked already.
        """
        from rmtui.db.issuing import revoke_person

        revoke_person(self, reason, on_commit, guard)

    def reissue(self, csr: str | None = None, on_commit: Callable[[builtins.list[str], str, str], None] | None = None) -> Issued:
        """Give the person a new certificate in place of the old one, which is revoked; the new CRL is published.

        :param csr: PEM of the person's own request; without it a key is made.
        :param on_commit: called in the transaction that revokes the old, with their serials, the new one, and why another stays good.
        :raises Deleted: the person is revoked.
        :raises CSRError: the request is refused.
        """
        from rmtui.db.reissuing import reissue

        return reissue(self, csr, on_commit)

    def delete(self) -> None:  # type: ignore[override]
        """Revoke, with the reason ``cessationOfOperation``: who is marked as deleted no longer connects."""
        self.revoke("cessationOfOperation")

    @classmethod
    def check_free(cls, callsign: str) -> None:
        """Whether nobody has or had this callsign, in any case. Hold the lock :func:`rmtui.db.callsigns.taking`.

        :raises CallsignReserved: somebody has, or had before they were revoked.
        """
        from rmtui.db.errors import CallsignReserved

        for other in callsigns.matching(cls, callsign):
            taken, known = plain(callsign), plain(other.callsign)
            if other.callsign == callsign and other.deleted:
                raise CallsignReserved(tr("{callsign} is taken by a revoked person; nothing was made.", callsign=taken))
            if other.callsign == callsign:
                raise CallsignReserved(tr("{callsign} is taken by a person; nothing was made.", callsign=taken))
            if other.deleted:
                raise CallsignReserved(
                    tr("{callsign} is taken by a revoked person, written {other}; nothing was made.", callsign=taken, other=known)
                )
            raise CallsignReserved(tr("{callsign} is taken by a person, written {other}; nothing was made.", callsign=taken, other=known))


Person.add_index(ModelIndex(Person, [Person.callsign], name="ix_raesenmaeher_users_callsign", unique=True))


class Role(DBModel):
    """Give a person a role."""

    __tablename__: ClassVar[str] = "roles"
    noun: ClassVar[str] = later("role")

    pk = UUIDField(primary_key=True, default=uuid.uuid4)
    """Primary key."""
    created = UTCDateTimeField(default=utcnow)
    """When the role was given."""
    updated = UTCDateTimeField(default=utcnow)
    """When the row was last changed."""
    user = ForeignKeyField(Person, column_name="user", lazy_load=False, index=False, backref="role_rows")
    """Primary key of who has the role."""
    role = VarCharField()
    """Name of the role, such as ``admin``."""

    class Meta:
        table_name = "roles"

    _idx: ClassVar[ModelIndex]
    """The one index the deployment has. None of its indexes makes (user, role) unique: :meth:`Person.assign_role` does."""


Role._idx = ModelIndex(Role, [Role.role], name="ix_raesenmaeher_roles_role")
Role.add_index(Role._idx)
