"""Tokens that are seen only once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from peewee import SQL, IntegrityError, ModelIndex

from rmtui.db.base import BaseModel, KeptModel, db
from rmtui.db.errors import Deleted, NotFound, TokenReuse
from rmtui.db.fields import ObjectField, VarCharField
from rmtui.db.locks import exclusive
from rmtui.i18n import later, tr

__all__ = ["SeenToken"]


class SeenToken(KeptModel):
    """Store tokens we should see used only once."""

    __tablename__: ClassVar[str] = "seentokens"
    noun: ClassVar[str] = later("token")

    class Config(BaseModel.Config):
        """Basemodel config."""

    token = VarCharField()
    """The token, or its ``jti``."""
    auditmeta = ObjectField(default=dict, constraints=[SQL("DEFAULT '{}'")])
    """Who used it, from where."""

    class Meta:
        table_name = "seentokens"

    @classmethod
    def use_token(cls, token: str, auditmeta: Mapping[str, Any] | None = None) -> Self:
        """Use token if it was already used raise error.

        :raises TokenReuse: somebody used it first.
        """
        try:
            with exclusive(f"token:{token}"), db.atomic():
                if cls.select(cls.pk).where(cls.token == token).exists():
                    raise TokenReuse(tr("The token was used already; nothing was done."))
                return cls.create(token=token, auditmeta=dict(auditmeta or {}))
        except IntegrityError:  # the web API takes no lock of ours, but the index holds
            raise TokenReuse(tr("The token was used already; nothing was done.")) from None

    @classmethod
    def by_token(cls, token: str) -> Self:
        """Get by token.

        :raises NotFound: it was never used.
        :raises Deleted: its row is marked as deleted.
        """
        found: Self | None = cls.get_or_none(cls.token == token)
        if found is None:
            raise NotFound(tr("The token was never used."))
        if found.deleted is not None:
            raise Deleted(tr("The record of the token is marked as deleted."))
        return found


SeenToken.add_index(ModelIndex(SeenToken, [SeenToken.token], name="ix_raesenmaeher_seentokens_token", unique=True))
