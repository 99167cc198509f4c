"""Write the sheet of an invite, to print and hand out."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from rmtui.i18n import later, tr
from rmtui.services import sheets
from rmtui.services.pools import PoolRow
from rmtui.services.sheets import Sheet
from rmtui.tui.dialogs.base import Dialog, entry, prose
from rmtui.tui.invites_source import code_of
from rmtui.tui.widgets.options import Options

__all__ = ["InviteSheetDialog"]

TEXT, SVG = later("Text, for any printer and for a message"), later("SVG, an A4 page for a browser")
ENDINGS = {TEXT: ".txt", SVG: ".svg"}


class InviteSheetDialog(Dialog[Sheet]):
    """Asks for form and path, and gives what was written. The ending follows the form until another path is typed."""

    CONFIRM = later("Write sheet")

    def __init__(self, row: PoolRow) -> None:
        super().__init__(tr("Sheet of invite {code}", code=code_of(row)))
        self._row = row

    def body(self) -> Iterable[Widget]:
        """What it is, its form, and where."""
        yield prose(
            tr(
                "A page with the code, its spelling, the link and its QR code, and what to do, in English and Finnish. "
                "Whoever finds it can ask to come in: mind where it lies."
            )
        )
        yield Options([tr(TEXT), tr(SVG)], tr(TEXT), ident="form")
        yield entry(tr("File"), ident="path", value=self._path(TEXT)).add_class("close")
        yield prose(tr("Only you will be able to read it. A file that is there is never replaced."), classes="hint")

    def first_focus(self) -> str:
        """What it is to be comes before where it is to be."""
        return "#form"

    def _path(self, form: str) -> str:
        name = "".join(char for char in self._row.code if char.isascii() and char.isalnum()) or "code"
        return f"~/invite-{name}{ENDINGS[form]}"

    @on(Options.Changed)
    def _follow(self) -> None:
        line = self.query_one("#path", Input)
        if line.value in {self._path(form) for form in ENDINGS}:
            line.value = self._path(SVG if self.query_one("#form", Options).chosen == tr(SVG) else TEXT)

    def submit(self) -> None:
        """Write it."""
        path = self.query_one("#path", Input).value.strip()
        if not path:
            self.tell(tr("Type where it is to be; nothing was written."))
            self.focus_on("#path")
            return
        operator, pk, svg = self.console.operator, self._row.pk, self.query_one("#form", Options).chosen == tr(SVG)
        self.act(lambda: sheets.write(operator, pk, path, svg=svg), tr("writing the sheet"))

    def finished(self, value: Sheet) -> None:
        """Where it is, is for the next dialog."""
        self.dismiss(value)
