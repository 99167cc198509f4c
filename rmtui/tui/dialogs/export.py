"""Write a person's PFX or PEM to a file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

from textual import on
from textual.widget import Widget
from textual.widgets import Input

from rmtui.errors import RmtuiError
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

__all__ = ["FORMS", "ExportDialog"]

FORMS = {"pfx": "PFX, for phones and desktops; its password is the callsign", "pem": "PEM: key, certificate and chain, as text"}
"""What can be written, by the ending of the file."""
KEPT = "not in the file, they keep it themselves"


class ExportDialog(PersonDialog):
    """Opens on the path."""

    CONFIRM = "Write"

    def __init__(self, row: PersonRow) -> None:
        super().__init__("Write the certificate of", row)
        self._name = show(row.callsign, 64)

    def body(self) -> Iterable[Widget]:
        """Which one, in which form, and where to."""
        yield self.facts("What is written")
        yield Options([*FORMS.values()], FORMS["pfx"], ident="form")
        yield entry("File", ident="path", value=f"~/{bulk_actions.file_name(self.row.callsign, 'pfx')}", placeholder="path on this host")
        yield prose("Only you can read it (mode 0600); a file that is there already is never replaced.", classes="hint")

    def shown(self, detail: PersonDetail) -> Sequence[Section]:
        """Whether a key goes out with it."""
        section = certificate_facts("What is written", detail, "Serial", "Valid until", "Key")
        if detail.certificate is None:
            return [section]
        key = "in the file too: who has it can be them" if "mtls.key" in detail.files else KEPT
        return [Section(section.title, (*section.facts, ("Private key", key)))]

    @property
    def _form(self) -> str:
        chosen = self.query_one("#form", Options).chosen
        return next(form for form, label in FORMS.items() if label == chosen)

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
        if self.still_reading("nothing was written"):
            return
        if not path:
            self.tell("Type where to; nothing was written.")
            self.focus_on("#path")
            return
        operator, pk = self.console.operator, self.row.pk
        self.act(lambda: certificates.export(operator, pk, path, pem=pem), f"writing the certificate of {self._name}")

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
        facts = [("File", show(value.path)), ("Form", value.form.upper()), ("Readable", "by you alone (mode 0600)")]
        if pem:
            facts.append(("Private key", "in the file" if value.key else KEPT))
        else:
            facts.append(("Password", f"the callsign, {self._name}"))
        self.conclude([Section(f"{glyphs().done} Written", tuple(facts))], f"{self._name}: written to {show(value.path)}.")
