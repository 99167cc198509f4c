"""Revoke a person and their certificates, for a reason that the CRL will tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget
from textual.widgets import Input

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr, trn
from rmtui.services import certificates
from rmtui.services.certificates import AlreadyRevoked, Revoked
from rmtui.services.types import PersonDetail, PersonRow
from rmtui.tui.dialogs.base import entry, prose, warned
from rmtui.tui.dialogs.person import PersonDialog, stays_good
from rmtui.tui.dialogs.reasons import Reasons
from rmtui.tui.facts import certificate_facts
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.widgets.facts import Section

__all__ = ["RevokeDialog"]


class RevokeDialog(PersonDialog):
    """Opens on Cancel; the reason is chosen and the callsign typed."""

    CONFIRM = later("Revoke")
    DANGER = True

    def __init__(self, row: PersonRow) -> None:
        super().__init__(tr("Revoke {callsign}", callsign=show(row.callsign, 48)), row)
        self._name = show(row.callsign, 64)

    def body(self) -> Iterable[Widget]:
        """What is revoked, what follows from it, why, and who."""
        yield self.facts(tr("What is revoked"))
        yield prose(
            tr("The CRL is published, so they no longer connect. They cannot come back under this callsign, and it cannot be undone.")
        )
        yield prose(tr("The reason, as everybody can read it in the CRL:"), classes="lead")
        yield Reasons(ident="reason")
        yield entry(tr("Callsign"), ident="callsign", placeholder=tr("type {name} to confirm", name=self._name))

    def shown(self, detail: PersonDetail) -> Sequence[Section]:
        """Serial and fingerprint, so that nobody else's is revoked."""
        return [certificate_facts(tr("What is revoked"), detail, "Serial", "SHA-256", later("Valid until"))]

    def submit(self) -> None:
        """Revoke."""
        reason, name = self.query_one(Reasons).reason, self.query_one("#callsign", Input).value.strip()
        if self.still_reading(tr("What it is about has not been read yet; nobody was revoked. Try again in a moment.")):
            return
        if not reason:
            self.tell(tr("Choose the reason with Space; nobody was revoked."))
            self.focus_on("#reason")
        elif name not in {self.row.callsign.strip(), self._name}:
            self.tell(tr("Type the callsign exactly, {name}; nobody was revoked.", name=self._name))
            self.focus_on("#callsign")
        else:
            operator, pk = self.console.operator, self.row.pk
            self.act(lambda: certificates.revoke(operator, pk, reason), tr("revoking {name}", name=self._name))

    def finished(self, value: Revoked) -> None:
        """Say each effect."""
        number = len(value.serials)
        revoked = (
            trn("{n} revoked: {serials}", "{n} revoked: {serials}", number, serials=", ".join(map(show, value.serials)))
            if number
            else tr("none was on record here")
        )
        facts = (
            (tr("Person"), tr("revoked")),
            (tr("Reason"), show(value.reason)),
            (tr("Certificates"), revoked),
            (tr("CRL"), tr("published")),
        )
        self._conclude(Section(f"{glyphs().done} " + tr("{name} is revoked", name=self._name), facts), *stays_good(value.left))

    def done_all_the_same(self, before: PersonDetail, now: PersonDetail, error: RmtuiError) -> bool:
        """The person may be revoked though the CRL was not published."""
        if now.row.revoked_on is None or isinstance(error, AlreadyRevoked):
            return False
        facts = (
            (tr("Person"), tr("revoked")),
            (tr("Reason"), show(now.row.revoke_reason or "")),
            (tr("CRL"), tr("not published: their certificate connects until rmtui crl has published it")),
        )
        self._conclude(Section(warned(tr("{name} is revoked, but not on the CRL", name=self._name)), facts, warning=True))
        return True

    def _conclude(self, *sections: Section) -> None:
        self.conclude(sections, tr("{name} is revoked.", name=self._name))
