"""Put right what the doctor found, all of one kind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from textual.widget import Widget

from rmtui.i18n import later, tr, trn
from rmtui.services import doctor
from rmtui.services.bulk import Report, Target
from rmtui.services.doctor import Plan
from rmtui.tui.dialogs.base import prose
from rmtui.tui.dialogs.bulk import BulkDialog, Told, names_of
from rmtui.tui.glyphs import show

__all__ = ["RepairDialog"]

MOST = 200
"""Names that are listed; no operator reads more."""


class RepairDialog(BulkDialog):
    """The set is what was found when it was looked for, and nothing that came since."""

    VERB = later("Put right")

    def __init__(self, plan: Plan) -> None:
        targets = doctor.targets_of(plan)
        rest = max(plan.number - len(plan.faults), 0) if plan.faults else 0
        super().__init__(targets, (rest, tr("too many at a time, put right by asking again")) if rest else (0, ""))
        self._plan = plan

    def heading(self, number: int) -> str:
        """Things."""
        return trn("Put right {number} thing", "Put right {number} things", number, number=f"{number:,}")

    def consequences(self) -> Iterable[Widget]:
        """What is done."""
        what = show(self._plan.what)
        yield prose(tr("What is done: {what}.", what=what))
        if self._plan.grave:
            yield prose(tr("Certificates are taken from people, and that cannot be undone."), classes="warning")
        yield prose(tr("Each is looked at again first, and is left alone if it is right by then. Each is an entry of the audit trail."))

    def whom(self) -> Iterable[Widget]:
        """What exactly: of what is done as a whole, what was found of it."""
        yield prose(names_of(self.targets[:MOST]))
        if len(self.targets) > MOST:
            yield prose(tr("And {number} more, which rmtui doctor counts.", number=f"{len(self.targets) - MOST:,}"))
        if not set(self._plan.faults) & set(self.targets) and self._plan.faults:
            yield prose(tr("Found: {names}", names=names_of(self._plan.faults[:MOST])), classes="hint")

    def work(self, targets: Sequence[Target], told: Told, stop: threading.Event) -> Callable[[], Report]:
        """Put each right."""
        operator, name = self.console.operator, self._plan.repair
        return lambda: doctor.repair(operator, name, targets, told=told, stop=stop)
