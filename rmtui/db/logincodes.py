"""Login codes: each is exchanged once for a token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from peewee import SQL, IntegrityError, ModelIndex

from rmtui import clock, settings
from rmtui.db.base import BaseModel, KeptModel, db
from rmtui.db.errors import BackendError, Deleted, NotFound, TokenReuse
from rmtui.db.fields import ObjectField, UTCDateTimeField, VarCharField
from rmtui.i18n import later, tr
from rmtui.text import new_code, normalise_code

__all__ = ["CODE_SIZE", "LoginCode"]

CODE_SIZE = 12
"""Characters of a login code."""

_BURNT = "burnt"
"""What ``auditmeta`` says of a code that was burnt rather than used."""


class LoginCode(KeptModel):
    """Track the login codes that can be exchanged for session JWTs."""

    __tablename__: ClassVar[str] = "logincodes"
    noun: ClassVar[str] = later("login code")

    class Config(BaseModel.Config):
        """Basemodel config."""

    code = VarCharField()
    """The code."""
    auditmeta = ObjectField(default=dict, constraints=[SQL("DEFAULT '{}'")])
    """Who made it, and who used it from where."""
    used_on = UTCDateTimeField(null=True)
    """When it was exchanged; None while it can be."""
    claims = ObjectField(default=dict, constraints=[SQL("DEFAULT '{}'")])
    """What the token will claim."""

    class Meta:
        table_name = "logincodes"

    @classmethod
    def use_code(cls, code: str, auditmeta: Mapping[str, Any] | None = None) -> str:
        """Exchange the code for JWT, if it was already used raise error, return JWT with the claims.

        :raises NotFound: there is no such code.
        :raises Deleted: the code was withdrawn or burnt.
        :raises TokenReuse: somebody used it first.
        :raises PKIError: the token cannot be signed; the code stays unused.
        """
        from rmtui.pki.tokens import JWTKeys

        row = cls.by_code(code)
        row.check_unused()
        token = JWTKeys.from_settings(settings.current()).issue(row.claims)
        row._spend(auditmeta or {})
        return token

    def burn(self, auditmeta: Mapping[str, Any] | None = None) -> Self:
        """Make the code good for nothing, and return the row as it is then. It is kept: marked as used, and as burnt.

        :raises Deleted: the code was withdrawn or burnt.
        :raises TokenReuse: somebody used it first.
        """
        self._spend({**(auditmeta or {}), _BURNT: True})
        return self.reread()

    def check_unused(self) -> None:
        """Whether the code, as it was read, can be exchanged still.

        :raises Deleted: the code was withdrawn or burnt.
        :raises TokenReuse: somebody used it.
        """
        if self.used_on is not None or self.deleted is not None:
            raise _gone(self)

    @property
    def burnt(self) -> bool:
        """Whether it was burnt rather than used."""
        return self.used_on is not None and self.auditmeta.get(_BURNT) is True

    def _spend(self, auditmeta: Mapping[str, Any]) -> None:
        """One guarded statement: whoever comes second, to use or to burn, is told so."""
        cls, now = type(self), clock.utcnow()
        won = (
            cls.update(used_on=now, updated=now, auditmeta={**self.auditmeta, **auditmeta})
            .where((cls.pk == self.pk) & cls.used_on.is_null() & cls.deleted.is_null())
            .execute()
        )
        if won != 1:
            raise _gone(self.reread())

    @classmethod
    def by_code(cls, code: str, allow_deleted: bool = False) -> Self:
        """Get by code, as written or as read aloud.

        :raises NotFound: there is no such code.
        :raises Deleted: the code was withdrawn, and that is not allowed.
        """
        found: Self | None = cls.get_or_none(cls.code == code) or cls.get_or_none(cls.code == normalise_code(code))
        if found is None:
            raise NotFound(tr("There is no such login code."))
        if found.deleted is not None and not allow_deleted:
            raise Deleted(tr("The login code was withdrawn."))
        return found

    @classmethod
    def create_for_claims(cls, claims: Mapping[str, Any], auditmeta: Mapping[str, Any] | None = None) -> str:
        """Create a new one with random code for the given claims, and return the code."""
        for _ in range(5):
            code = new_code(CODE_SIZE)
            try:
                with db.atomic():
                    cls.create(code=code, claims=dict(claims), auditmeta=dict(auditmeta or {}))
            except IntegrityError:  # the code is in use; draw another
                continue
            return code
        raise BackendError(tr("No free login code was found in five tries; nothing was made."))


LoginCode.add_index(ModelIndex(LoginCode, [LoginCode.code], name="ix_raesenmaeher_logincodes_code", unique=True))


def _gone(row: LoginCode) -> Deleted | TokenReuse:
    if row.deleted is not None:
        return Deleted(tr("The login code was withdrawn on {when}; nothing was done.", when=clock.stamp(row.deleted)))
    if row.burnt:
        return Deleted(tr("The login code was burnt on {when}; nothing was done.", when=clock.stamp(row.used_on)))
    return TokenReuse(tr("The login code was used already on {when}; nothing was done.", when=clock.stamp(row.used_on)))
