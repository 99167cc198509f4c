"""Our own tables: claims, issued certificates, the audit trail. The deployment's tables are never touched for them."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from peewee import BigAutoField, BooleanField, Database, IntegerField, Model, ModelUpdate, UUIDField

from rmtui.db.base import db, utcnow
from rmtui.db.engine import is_sqlite
from rmtui.db.errors import ForbiddenOperation
from rmtui.db.fields import UTCDateTimeField, VarCharField
from rmtui.i18n import tr

__all__ = ["OWN_MODELS", "OWN_SCHEMA", "Audit", "Chain", "Claim", "Effect", "Issued", "Signer", "own_table", "place_own_tables"]

OWN_SCHEMA = "rmtui"
"""Schema of our tables on PostgreSQL, and their prefix on SQLite."""


class OwnModel(Model):
    """A table of ours; its name and schema follow the database it is bound to."""

    base_name: ClassVar[str]
    """The table's name without schema or prefix."""

    class Meta:
        database = db
        legacy_table_names = False


class Claim(OwnModel):
    """Somebody is approving this enrolment just now. It runs out by itself, and dies with its process."""

    base_name = "claims"

    enrollment = UUIDField(primary_key=True)
    """The enrolment; one claim at a time."""
    token = UUIDField(default=uuid.uuid4)
    """Which claim it is: a later one has another."""
    person = UUIDField()
    """Primary key that the person will have, and name of the directory in the making."""
    operator = VarCharField()
    """Callsign of who approves."""
    host = VarCharField()
    """Host, boot and process namespace of the process, so that a dead one is recognised."""
    process = VarCharField()
    """Process id and start time."""
    created = UTCDateTimeField(default=utcnow)
    expires = UTCDateTimeField()


class Issued(OwnModel):
    """A certificate that was signed for us, recorded before any file holds it."""

    base_name = "issued"

    serial = VarCharField(primary_key=True)
    """Serial number, lower-case hexadecimal."""
    person = UUIDField(index=True)
    callsign = VarCharField()
    fingerprint = VarCharField()
    """SHA-256 of the certificate, lower-case hexadecimal."""
    not_before = UTCDateTimeField()
    not_after = UTCDateTimeField()
    created = UTCDateTimeField(default=utcnow)
    committed = BooleanField(default=False)
    """Whether it is, or was, the one on record for the person."""
    revoked_on = UTCDateTimeField(null=True, index=True)
    reason = VarCharField(null=True)
    """RFC 5280 reason of the revocation."""


class KeptOwnModel(OwnModel):
    """A table of ours that is only ever added to; triggers say the same to whoever comes by another way."""

    @classmethod
    def update(cls, __data: Any = None, **_update: Any) -> ModelUpdate:
        """Refused."""
        raise _append_only()

    @classmethod
    def delete(cls) -> Any:
        """Refused."""
        raise _append_only()

    def delete_instance(self, *_args: Any, **_kwargs: Any) -> int:
        """Refused."""
        raise _append_only()

    @classmethod
    def truncate_table(cls, **_options: Any) -> Any:
        """Refused."""
        raise _append_only()


class Audit(KeptOwnModel):
    """What was done or refused, by whom, how they were known, and from where. Written by :func:`rmtui.db.trail.append` alone."""

    base_name = "audit"

    id = BigAutoField()
    """Place in the chain: 1, 2, 3 …, without a gap."""
    at = UTCDateTimeField(default=utcnow, index=True)
    operator_pk = UUIDField(null=True)
    operator = VarCharField()
    """Callsign of the operator, as it was; empty when nobody was named."""
    proof = VarCharField()
    """How the operator was known: ``certificate``, ``code``, ``token``, ``none``; before there was a chain, ``unproven``, ``set-up``."""
    surface = VarCharField()
    """``console``, ``command`` or ``library``."""
    action = VarCharField()
    outcome = VarCharField()
    """``done``, ``refused`` or ``failed``."""
    target_pk = UUIDField(null=True, index=True)
    target = VarCharField()
    """Callsign acted on, as it was."""
    reason = VarCharField()
    """Why: of a rejection what the operator said, of a refusal what they were told."""
    details = VarCharField(default="{}")
    """A JSON object, as text, so that what is hashed is what is kept."""
    os_user = VarCharField(default="")
    """User of the operating system that the program ran as."""
    host = VarCharField(default="")
    origin = VarCharField(default="")
    """``SSH_CONNECTION``: address and port of the client and of the server; empty without SSH."""
    program = VarCharField(default="")
    """Version of rmtui."""
    version = IntegerField(default=1)
    """Layout of this row, :data:`rmtui.db.chain.LAYOUT`."""
    signer = VarCharField(null=True)
    """SHA-256 of the certificate whose key signed the entry, which :class:`Signer` keeps; None when the key was not at hand."""
    signature = VarCharField(null=True)
    """Base64 of the signature of ``hash``."""
    hash = VarCharField(default="")
    """See :mod:`rmtui.db.chain`."""


class Signer(KeptOwnModel):
    """A certificate that signed entries, kept so that they verify after it was replaced."""

    base_name = "signers"

    fingerprint = VarCharField(primary_key=True)
    """SHA-256 of the certificate, lower-case hexadecimal."""
    certificate = VarCharField()
    """PEM."""


class Chain(OwnModel):
    """The one row that says how far the trail goes. Whoever appends holds it, so that there is one chain."""

    base_name = "chain"

    id = IntegerField(primary_key=True)
    name = UUIDField()
    """Tells this trail from those of other databases."""
    entries = IntegerField()
    """``id`` of the last entry."""
    head = VarCharField()
    """``hash`` of the last entry."""


class Effect(OwnModel):
    """Something that an action does outside its row, written with it, in its transaction. Nothing in it is secret."""

    base_name = "effects"

    id = BigAutoField()
    """Those of one person are carried out in this order at each target."""
    created = UTCDateTimeField(default=utcnow)
    person = UUIDField()
    callsign = VarCharField()
    event = VarCharField()
    """``created``, ``revoked``, ``promoted``, ``demoted`` or ``reissued``."""
    target = VarCharField()
    """``product:`` and its name, ``products`` (of a manifest that could not be read), ``keycloak``, ``crl``, or ``ca:`` and a serial."""
    state = VarCharField(default="waiting")
    """``waiting``, ``done`` or ``skipped``."""
    attempts = IntegerField(default=0)
    """How often it failed."""
    next_try = UTCDateTimeField(default=utcnow)
    last_error = VarCharField(default="")
    """Why it failed last; of one that was skipped, why it was. Harmless text."""
    done_on = UTCDateTimeField(null=True)
    lease = UUIDField(null=True)
    """Whoever carries it out just now; it runs out at ``lease_until``, and dies with its process."""
    host = VarCharField(default="")
    process = VarCharField(default="")
    lease_until = UTCDateTimeField(null=True)


def _append_only() -> ForbiddenOperation:
    return ForbiddenOperation(tr("The audit trail is only ever added to; nothing was changed."))


OWN_MODELS: tuple[type[OwnModel], ...] = (Claim, Issued, Audit, Signer, Chain, Effect)
"""Every table of ours, but for the record of migrations."""


def own_table(database: Any, base_name: str) -> tuple[str | None, str]:
    """Schema and name of a table of ours on this database."""
    return (None, f"{OWN_SCHEMA}_{base_name}") if is_sqlite(database) else (OWN_SCHEMA, base_name)


def place_own_tables(database: Database) -> None:
    """Point our models at where their tables are on ``database``."""
    for model in OWN_MODELS:
        schema, name = own_table(database, model.base_name)
        model._meta.set_table_name(name)
        model._meta.schema = schema
