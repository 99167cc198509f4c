"""Write a person's PFX or PEM to a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import bulk_actions, certificates
from rmtui.services.certificates import Exported
from rmtui.services.types import PersonDetail, PersonRow
from rmtui.tui.dialogs.base import entry, prose
from rmtui.tui.dialogs.person import PersonDialog
from rmtui.tui.facts import certificate_facts
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.widgets.facts import Section
from rmtui.tui.widgets.options import Options
from rmtui.tui.widgets.ticks import Ticks

__all__ = ["PEM", "PFX", "ExportDialog"]

PFX = later("PFX, for phones and desktops; its password is the callsign")
PEM = later("PEM: key, certificate and chain, as text")
FORMS = {"pfx": PFX, "pem": PEM}
"""What can be written, by the ending of the file."""
KEPT = later("not in the file, they keep it themselves")


class ExportDialog(PersonDialog):
    """Opens on the path."""

    CONFIRM = later("Write")

    def __init__(self, row: PersonRow) -> None:
        super().__init__(tr("Write the certificate of {callsign}", callsign=show(row.callsign, 48)), row)
        self._name = show(row.callsign, 64)

    def body(self) -> Iterable[Widget]:
        """Which one, in which form, and where to."""
        yield self.facts(tr("What is written"))
        yield Options([tr(PFX), tr(PEM)], tr(PFX), ident="form")
        yield entry(
            tr("File"), ident="path", value=f"~/{bulk_actions.file_name(self.row.callsign, 'pfx')}", placeholder=tr("path on this host")
        )
        yield prose(tr("Only you can read it (mode 0600); a file that is there already is never replaced."), classes="hint")

    def shown(self, detail: PersonDetail) -> Sequence[Section]:
        """Whether a key goes out with it."""
        section = certificate_facts(tr("What is written"), detail, "Serial", later("Valid until"), "Key")
        if detail.certificate is None:
            return [section]
        key = tr("in the file too: who has it can be them") if "mtls.key" in detail.files else tr(KEPT)
        return [Section(section.title, (*section.facts, (tr("Private key"), key)))]

    @property
    def _form(self) -> str:
        chosen = self.query_one("#form", Options).chosen
        return next(form for form, label in FORMS.items() if tr(label) == chosen)

    @on(Ticks.Changed, "#form")
    def _rename(self) -> None:
        """The ending follows the form, where it is one of ours."""
        line = self.query_one("#path", Input)
        path = PurePath(line.value)
        if path.suffix[1:] in FORMS:
            line.value = line.value.removesuffix(path.suffix) + f".{self._form}"

    def submit(self) -> None:
        """Write it."""
        path, pem = self.query_one("#path", Input).value.strip(), self._form == "pem"
        if self.still_reading(tr("What it is about has not been read yet; nothing was written. Try again in a moment.")):
            return
        if not path:
            self.tell(tr("Type where to; nothing was written."))
            self.focus_on("#path")
            return
        operator, pk = self.console.operator, self.row.pk
        self.act(lambda: certificates.export(operator, pk, path, pem=pem), tr("writing the certificate of {name}", name=self._name))

    def first_focus(self) -> str:
        """The path."""
        return "#path"

    def refused(self, error: RmtuiError) -> None:
        """Say it as the console can help it."""
        self.tell(error.sentence)
        super().refused(error)

    def finished(self, value: Exported) -> None:
        """Say where it is, and what opens it."""
        pem = value.form == "pem"
        facts = [(tr("File"), show(value.path)), (tr("Form"), value.form.upper()), (tr("Readable"), tr("by you alone (mode 0600)"))]
        if pem:
            facts.append((tr("Private key"), tr("in the file") if value.key else tr(KEPT)))
        else:
            facts.append((tr("Password"), tr("the callsign, {name}", name=self._name)))
        self.conclude(
            [Section(f"{glyphs().done} " + tr("Written"), tuple(facts))],
            tr("{name}: written to {path}.", name=self._name, path=show(value.path)),
        )
