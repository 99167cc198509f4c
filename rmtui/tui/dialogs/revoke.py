"""Revoke a person and their certificates, for a reason that the CRL will tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget
from textual.widgets import Input

from rmtui.errors import RmtuiError
from rmtui.services import certificates
from rmtui.services.certificates import AlreadyRevoked, Revoked
from rmtui.services.types import PersonDetail, PersonRow
from rmtui.tui.dialogs.base import entry, prose
from rmtui.tui.dialogs.person import PersonDialog
from rmtui.tui.dialogs.reasons import Reasons
from rmtui.tui.facts import certificate_facts
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.widgets.facts import Section

__all__ = ["RevokeDialog"]


class RevokeDialog(PersonDialog):
    """Opens on Cancel; the reason is chosen and the callsign typed."""

    CONFIRM = "Revoke"
    DANGER = True

    def __init__(self, row: PersonRow) -> None:
        super().__init__("Revoke", row)
        self._name = show(row.callsign, 64)

    def body(self) -> Iterable[Widget]:
        """What is revoked, what follows from it, why, and who."""
        yield self.facts("What is revoked")
        yield prose("The CRL is published, so they no longer connect. They cannot come back under this callsign, and it cannot be undone.")
        yield prose("The reason, as everybody can read it in the CRL:", classes="lead")
        yield Reasons(ident="reason")
        yield entry("Callsign", ident="callsign", placeholder=f"type {self._name} to confirm")

    def shown(self, detail: PersonDetail) -> Sequence[Section]:
        """Serial and fingerprint, so that nobody else's is revoked."""
        return [certificate_facts("What is revoked", detail, "Serial", "SHA-256", "Valid until")]

    def submit(self) -> None:
        """Revoke."""
        reason, name = self.query_one(Reasons).reason, self.query_one("#callsign", Input).value.strip()
        if self.still_reading("nobody was revoked"):
            return
        if not reason:
            self.tell("Choose the reason with Space; nobody was revoked.")
            self.focus_on("#reason")
        elif name not in {self.row.callsign.strip(), self._name}:
            self.tell(f"Type the callsign exactly, {self._name}; nobody was revoked.")
            self.focus_on("#callsign")
        else:
            operator, pk = self.console.operator, self.row.pk
            self.act(lambda: certificates.revoke(operator, pk, reason), f"revoking {self._name}")

    def finished(self, value: Revoked) -> None:
        """Say each effect."""
        number = len(value.serials)
        revoked = f"{number} revoked: {', '.join(map(show, value.serials))}" if number else "none was on record here"
        facts = (("Person", "revoked"), ("Reason", show(value.reason)), ("Certificates", revoked), ("CRL", "published"))
        self._conclude(Section(f"{glyphs().done} {self._name} is revoked", facts))

    def done_all_the_same(self, before: PersonDetail, now: PersonDetail, error: RmtuiError) -> bool:
        """The person may be revoked though the CRL was not published."""
        if now.row.revoked_on is None or isinstance(error, AlreadyRevoked):
            return False
        facts = (
            ("Person", "revoked"),
            ("Reason", show(now.row.revoke_reason or "")),
            ("CRL", "not published: their certificate connects until rmtui crl has published it"),
        )
        self._conclude(Section(f"{glyphs().warning} {self._name} is revoked, but not on the CRL", facts, warning=True))
        return True

    def _conclude(self, section: Section) -> None:
        self.conclude([section], f"{self._name} is revoked.")
