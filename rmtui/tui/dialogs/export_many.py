"""Write the PFX or PEM of all that are marked into a directory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence

from textual.widget import Widget
from textual.widgets import Input

from rmtui.i18n import later, tr, trn
from rmtui.services import bulk_actions
from rmtui.services.bulk import Report, Target
from rmtui.tui.dialogs.base import entry, prose
from rmtui.tui.dialogs.bulk import BulkDialog, Told
from rmtui.tui.dialogs.export import PEM, PFX
from rmtui.tui.widgets.options import Options

__all__ = ["ExportManyDialog"]


class ExportManyDialog(BulkDialog):
    """A file for each."""

    VERB = later("Write")

    def heading(self, number: int) -> str:
        """Certificates."""
        return trn("Write {number} certificate", "Write {number} certificates", number, number=f"{number:,}")

    def consequences(self) -> Iterable[Widget]:
        """What follows from it."""
        yield prose(
            tr(
                "A file for each, named after the callsign, with the private key where it is kept here: who has the file "
                "can be them. Only you can read it (mode 0600); a file that is there already is never replaced."
            )
        )

    def fields(self) -> Iterable[Widget]:
        """In which form, and where to."""
        yield Options([tr(PFX), tr(PEM)], tr(PFX), ident="form")
        yield entry(tr("Directory"), ident="directory", placeholder=tr("one that is there, such as ~/badges")).add_class("close")

    def problem(self) -> tuple[str, str] | None:
        """A directory has to be named."""
        return None if self._directory else (tr("Type which directory; nothing was written."), "#directory")

    @property
    def _directory(self) -> str:
        return self.query_one("#directory", Input).value.strip()

    def work(self, targets: Sequence[Target], told: Told, stop: threading.Event) -> Callable[[], Report]:
        """Write each."""
        operator, directory, pem = self.console.operator, self._directory, self.query_one("#form", Options).chosen == tr(PEM)
        return lambda: bulk_actions.export(operator, targets, directory, pem=pem, told=told, stop=stop)
