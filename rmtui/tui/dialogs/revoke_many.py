"""Revoke all that are marked, for one reason that the CRL will tell."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from textual.widget import Widget

from rmtui.i18n import later, tr, trn
from rmtui.services import bulk_actions
from rmtui.services.bulk import Report, Target
from rmtui.tui.dialogs.base import prose
from rmtui.tui.dialogs.bulk import BulkDialog, Told
from rmtui.tui.dialogs.reasons import Reasons
from rmtui.tui.widgets.facts import Section

__all__ = ["RevokeManyDialog", "crl_section"]


def crl_section(report: Report | None) -> Iterable[Section]:
    """That the CRL names what was revoked; that it does not is the report's own note."""
    if report is not None and report.number("done") and not report.note:
        yield Section("", ((tr("CRL"), tr("published once, after the last of them")),))


class RevokeManyDialog(BulkDialog):
    """One reason for all."""

    VERB = later("Revoke")

    def heading(self, number: int) -> str:
        """People."""
        return trn("Revoke {number} person", "Revoke {number} people", number, number=f"{number:,}")

    def consequences(self) -> Iterable[Widget]:
        """What follows from it."""
        yield prose(
            tr(
                "All their certificates are revoked, and the CRL is published, so they no longer connect. They cannot "
                "come back under these callsigns, and it cannot be undone."
            )
        )

    def fields(self) -> Iterable[Widget]:
        """The reason."""
        yield prose(tr("The reason, as everybody can read it in the CRL:"), classes="lead")
        yield Reasons(ident="reason")

    def problem(self) -> tuple[str, str] | None:
        """A reason has to be chosen."""
        return None if self.query_one(Reasons).reason else (tr("Choose the reason with Space; nobody was revoked."), "#reason")

    def work(self, targets: Sequence[Target], told: Told, stop: threading.Event) -> Callable[[], Report]:
        """Revoke each."""
        operator, reason = self.console.operator, self.query_one(Reasons).reason
        return lambda: bulk_actions.revoke(operator, targets, reason, told=told, stop=stop)

    def after(self) -> Iterable[Section]:
        """What became of the CRL."""
        return crl_section(self.report)
