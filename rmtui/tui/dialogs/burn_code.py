"""Make login codes good for nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from textual.widget import Widget

from rmtui import clock
from rmtui.errors import RmtuiError
from rmtui.services import code_details, codes
from rmtui.services.bulk import Report, Target
from rmtui.services.codes import CodeRow
from rmtui.tui.codes_source import code_name
from rmtui.tui.dialogs.base import Dialog, prose
from rmtui.tui.dialogs.bulk import BulkDialog, Told
from rmtui.tui.glyphs import show

__all__ = ["BurnCodeDialog", "BurnCodesDialog"]


class BurnCodeDialog(Dialog[CodeRow]):
    """One; opens on Cancel."""

    CONFIRM = "Burn"
    DANGER = True

    def __init__(self, row: CodeRow) -> None:
        super().__init__(f"Burn {show(code_name(row), 54)}")
        self._row = row

    def body(self) -> Iterable[Widget]:
        """What follows from it."""
        by = f" by {show(self._row.created_by, 80)}" if self._row.created_by else ""
        yield prose(f"It was made{by} on {clock.stamp(self._row.created)}, and nobody has used it.")
        yield prose(
            "Burnt, it is good for nothing: nobody signs in with it any more. It stays in the list as burnt, and cannot be had back; "
            "n makes another."
        )

    def submit(self) -> None:
        """Burn."""
        operator, pk = self.console.operator, self._row.pk
        self.act(lambda: codes.burn(operator, pk), "burning a login code")

    def refused(self, error: RmtuiError) -> None:
        """Once it is used or burnt there is nothing left to do."""
        if self.final(error):
            self.over()

    def finished(self, value: CodeRow) -> None:
        """Gone."""
        self.dismiss(value)


class BurnCodesDialog(BulkDialog):
    """All that are marked."""

    VERB = "Burn"
    NOUN = ("login code", "login codes")

    def consequences(self) -> Iterable[Widget]:
        """What follows from it."""
        yield prose("Burnt, they are good for nothing: nobody signs in with them any more. They stay in the list, and cannot be had back.")

    def work(self, targets: Sequence[Target], told: Told, stop: threading.Event) -> Callable[[], Report]:
        """Burn each."""
        operator = self.console.operator
        return lambda: code_details.burn(operator, targets, told=told, stop=stop)
