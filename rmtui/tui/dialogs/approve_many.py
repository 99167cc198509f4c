"""Approve all whose codes were given, after seeing whose they are and which lines fit nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from textual.widget import Widget

from rmtui import clock
from rmtui.i18n import joined, later, tr, trn
from rmtui.services import bulk_actions, matching
from rmtui.services.bulk import Report, Target
from rmtui.services.matching import Match
from rmtui.tui.dialogs.base import prose, warned
from rmtui.tui.dialogs.bulk import NAME, BulkDialog, Told
from rmtui.tui.glyphs import glyphs, group, show
from rmtui.tui.widgets.facts import Facts, Section

__all__ = ["ApproveManyDialog", "mismatches"]


def mismatches(matches: Sequence[Match]) -> list[Section]:
    """The lines that nobody is approved by together with others, and why."""
    bad = [match for match in matches if match.barred]
    facts = tuple((show(match.line, NAME), show(match.barred)) for match in bad)
    return [Section(warned(tr("{count} left out", count=f"{len(bad):,}")), facts, warning=True)] if bad else []


def _about(match: Match) -> str:
    row = match.row
    if row is None:
        return ""
    said = [tr("asked {age} ago", age=clock.age(row.created))]
    if row.pool:
        said.append(tr("invite {code}", code=group(row.pool)))
    if match.key:
        said.append(tr("own key, SHA-256 {start}", start=group(match.key[:16]) + glyphs().dots))
    return show(joined(said))


class ApproveManyDialog(BulkDialog):
    """What it showed is what it has signed, or that one is refused."""

    VERB = later("Approve")

    def __init__(self, matches: Sequence[Match]) -> None:
        self._matches = tuple(matches)
        self._approvals = matching.approvals([match for match in matches if not match.barred])
        super().__init__([approval.target for approval in self._approvals])

    def heading(self, number: int) -> str:
        """Enrolments."""
        return trn("Approve {number} enrolment", "Approve {number} enrolments", number, number=f"{number:,}")

    def consequences(self) -> Iterable[Widget]:
        """What follows from it."""
        yield prose(tr("Each gets a certificate, and becomes a person of this deployment."))

    def whom(self) -> Iterable[Widget]:
        """Who, and the lines that fit nobody."""
        ready = tuple((show(match.row.callsign, NAME), _about(match)) for match in self._matches if match.row and not match.barred)
        yield Facts([*mismatches(self._matches), Section(tr("{count} to approve", count=f"{len(ready):,}"), ready)])

    def work(self, targets: Sequence[Target], told: Told, stop: threading.Event) -> Callable[[], Report]:
        """Approve each."""
        operator, wanted = self.console.operator, set(targets)
        approvals = [approval for approval in self._approvals if approval.target in wanted]
        return lambda: bulk_actions.approve(operator, approvals, told=told, stop=stop)
