"""Puts a world in the place of what is done to people's certificates."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

import pytest
from tui_rows import DIGEST, NOW, pk
from tui_world import World

from rmtui.errors import RmtuiError
from rmtui.services import bulk, bulk_actions, certificates, enrollments, people, requests
from rmtui.services.bulk import Report, Target
from rmtui.services.certificates import AlreadyRevoked, Exported, Reissued, Revoked, SelfRevocation
from rmtui.services.exports import ExportRefused
from rmtui.services.requests import Request
from rmtui.services.types import Count, CRLState, PersonDetail, Summary

__all__ = ["KEEPER", "Registry"]

KEEPER = "KETTU"
"""Who keeps their own key."""
DAYS = {"AURORA": 40, "ILVES": 12, "KETTU": 3, "KOTKA": -3}
"""In how many days certificates run out."""


class Registry:
    """The certificates of a world's people."""

    def __init__(self, world: World, patch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.serials: dict[uuid.UUID, str] = {}
        self.unpublished = ""
        """Raised after the next thing is done."""
        self.note = ""
        self.left = ""
        self.done: list[tuple[Any, ...]] = []
        self._serial = 0xA0
        for row in list(world.people.values()):
            self.serials[row.pk] = self._new()
            if row.callsign in DAYS:
                world.people[row.pk] = replace(row, expires=NOW + dt.timedelta(days=DAYS[row.callsign]))
        self._detail = world.person
        for module, name, value in [
            (people, "person", self.person),
            (enrollments, "summary", self.summary),
            (requests, "describe", self.describe),
            (certificates, "revoke", self.revoke),
            (certificates, "reissue", self.reissue),
            (certificates, "export", self.export),
            (certificates, "keeping_their_key", self.keeping),
            (bulk_actions, "revoke", self.revoke_many),
            (bulk_actions, "reissue", self.reissue_many),
            (bulk_actions, "export", self.export_many),
        ]:
            patch.setattr(module, name, value)

    def _new(self) -> str:
        self._serial += 1
        return f"{self._serial:x}" * 16

    def summary(self) -> Summary:
        return replace(self.world.summary(), expiring=Count(3))

    def person(self, key: uuid.UUID) -> PersonDetail:
        found = self._detail(key)
        if found.certificate is None:
            return found
        until = found.row.expires or found.certificate.not_after
        view = replace(found.certificate, serial=self.serials[key], not_before=until - dt.timedelta(days=42), not_after=until)
        files = tuple(name for name in found.files if name != "mtls.key" or found.row.callsign != KEEPER)
        return replace(found, certificate=view, files=files)

    def keeping(self, keys: Any) -> frozenset[uuid.UUID]:
        return frozenset(key for key in keys if self.world.people[key].callsign == KEEPER)

    def describe(self, path: str, callsign: str) -> Request:
        if path != "/tmp/good.csr":
            raise RmtuiError(f"{path} cannot be read (No such file or directory); nothing was made.")
        return Request("PEM of good.csr", f"CN={callsign}", "EC P-256", DIGEST)

    def _told(self, sentence: str) -> None:
        if self.unpublished:
            told, self.unpublished = self.unpublished, ""
            raise RmtuiError(
                f"{sentence}, but the CRL was not published: {told} An open console tries again by itself; rmtui crl does so at once."
            )

    def _gone(self, key: uuid.UUID, reason: str) -> None:
        self.world.people[key] = replace(self.world.people[key], revoked_on=NOW, revoke_reason=reason)
        self.world.token += 1

    def revoke(self, operator: Any, key: uuid.UUID, reason: str) -> Revoked:
        self.world._write()
        row = self.world.people[key]
        if row.revoked_on is not None:
            raise AlreadyRevoked(f"{row.callsign} was revoked by ILVES ({row.revoke_reason}); nothing was changed.")
        if operator.pk == key:
            raise SelfRevocation(f"{row.callsign} is you; another admin revokes you. Nobody was revoked.")
        self.done.append(("revoke", row.callsign, reason))
        self._gone(key, reason)
        self._told(f"{row.callsign} is revoked")
        return Revoked(key, row.callsign, reason, (self.serials[key],), self.left)

    def reissue(self, operator: Any, key: uuid.UUID, *, csr: str | None = None) -> Reissued:
        self.world._write()
        row, old = self.world.people[key], self.serials[key]
        self.done.append(("reissue", row.callsign, csr))
        self.serials[key] = self._new()
        until = NOW + dt.timedelta(days=42)
        self.world.people[key] = replace(row, expires=until)
        self._told(f"{row.callsign} has a new certificate")
        return Reissued(key, row.callsign, self.serials[key], until, (old,), f"/srv/rmtui/private/people/{key}", self.left)

    def export(self, operator: Any, key: uuid.UUID, path: str, *, pem: bool = False) -> Exported:
        self.world._write()
        row = self.world.people[key]
        if path == "/tmp/there.pfx":
            raise ExportRefused(f"{path} is there already and was left as it is. Name another path.")
        self.done.append(("export", row.callsign, path, pem))
        full = path.replace("~", "/home/aurora")
        return Exported(key, row.callsign, full, "pem" if pem else "pfx", row.callsign != KEEPER if pem else None)

    # Many

    def _many(self, targets: Any, act: Any, **how: Any) -> Report:
        return replace(bulk.run(targets, act, **how), note=self.note)

    def revoke_many(self, operator: Any, targets: Any, reason: str, **how: Any) -> Report:
        def act(target: Target) -> str:
            self.revoke(operator, target.pk, reason)
            return "Revoked with 1 certificate."

        return self._many(targets, act, **how)

    def reissue_many(self, operator: Any, targets: Any, **how: Any) -> Report:
        return self._many(targets, lambda target: f"Has the certificate {self.reissue(operator, target.pk).serial} now.", **how)

    def export_many(self, operator: Any, targets: Any, directory: str, *, pem: bool = False, **how: Any) -> Report:
        def act(target: Target) -> str:
            name = "there" if target.name == "KOTKA" else target.name
            return f"Written to {self.export(operator, target.pk, f'{directory}/{name}.pfx', pem=pem).path}."

        return self._many(targets, act, **how)


def own() -> uuid.UUID:
    """Who acts."""
    return pk(1001)


def on_crl(listed: bool) -> CRLState:
    """What a CRL says."""
    said = "on the CRL since 2026-03-01 10:00Z, reason keyCompromise" if listed else "not on the CRL of 2026-03-01 10:00Z"
    return CRLState(listed, said)
