"""Make enrolments of a directory of CSRs: first what is in it, then what became of each, with the approve codes."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input

from rmtui.i18n import later, tr, trn
from rmtui.services import importing
from rmtui.services.bulk import Target
from rmtui.services.importing import Candidate, Imported
from rmtui.settings import Secret
from rmtui.tui.dialogs.base import Dialog, entry, prose, warned
from rmtui.tui.dialogs.bulk import NAME, BulkDialog, Told
from rmtui.tui.glyphs import glyphs, group, show
from rmtui.tui.keynames import key_of
from rmtui.tui.widgets.facts import Facts, Section
from rmtui.tui.widgets.revealing import Revealing

__all__ = ["Found", "ImportDialog", "ImportManyDialog"]

CSR_KEY = 16
"""Characters of a key's fingerprint that are told beside the callsign."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a directory holds, and the invite that they come through."""

    candidates: tuple[Candidate, ...]
    pool: str | None


class ImportDialog(Dialog[Found]):
    """Asks for the directory."""

    CONFIRM = later("Look")

    def __init__(self) -> None:
        super().__init__(tr("Import CSRs"))

    def body(self) -> Iterable[Widget]:
        """The directory, and an invite."""
        yield prose(
            tr("Makes a pending enrolment of every CSR in a directory, for whom it names. Nothing is signed before they are approved.")
        )
        yield entry(tr("Directory"), ident="path", placeholder=tr("its path on this host"))
        yield entry(tr("Invite"), ident="pool", placeholder=tr("optional: the invite code they come through"))

    def submit(self) -> None:
        """Read the directory; nothing is made by that."""
        path, pool = self.query_one("#path", Input).value.strip(), self.query_one("#pool", Input).value.strip()
        if not path:
            self.tell(tr("Name the directory; nothing was read."))
            self.focus_on("#path")
            return
        self.act(lambda: Found(importing.read(path), pool or None), tr("reading the CSRs"))

    def finished(self, value: Any) -> None:
        """What it holds is for the next dialog."""
        self.dismiss(value)


class ImportManyDialog(BulkDialog, Revealing):
    """Shows every CSR before an enrolment is made of it, and afterwards the codes to hand on: masked until they are asked for."""

    VERB = later("Enrol")
    DANGER = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "reveal", later("Show"), id="import.reveal", show=False, tooltip=later("Show the codes, or mask them")),
        Binding("y", "copy", later("Copy"), id="import.copy", show=False, tooltip=later("Send callsigns and codes to the terminal")),
    ]

    def __init__(self, found: Found) -> None:
        self._found = found
        self._good = [each for each in found.candidates if not each.problem]
        self._codes: Mapping[uuid.UUID, Secret] = {}
        super().__init__([Target(uuid.uuid4(), each.callsign) for each in self._good])

    def heading(self, number: int) -> str:
        """CSRs."""
        return trn("Enrol {number} CSR", "Enrol {number} CSRs", number, number=f"{number:,}")

    def consequences(self) -> Iterable[Widget]:
        """What follows from it."""
        pool = show(group(self._found.pool), 40) if self._found.pool else ""
        yield prose(
            tr("Each becomes a pending enrolment through the invite {pool}, with an approve code that is shown once, here.", pool=pool)
            if pool
            else tr("Each becomes a pending enrolment, with an approve code that is shown once, here.")
        )

    def whom(self) -> Iterable[Widget]:
        """Every file: what it asks for, or why nothing is made of it."""
        bad = [each for each in self._found.candidates if each.problem]
        sections = []
        if bad:
            facts = tuple((show(each.file, NAME), show(each.problem)) for each in bad)
            sections.append(Section(warned(tr("{count} left out", count=f"{len(bad):,}")), facts, warning=True))
        dots = glyphs().dots
        facts = tuple(
            (
                show(each.callsign, NAME),
                f"{each.key}, SHA-256 {group(each.fingerprint[:CSR_KEY])}{dots}",
            )
            for each in self._good
        )
        yield Facts([*sections, Section(tr("{count} to enrol", count=f"{len(self._good):,}"), facts)])

    def work(self, targets: Sequence[Target], told: Told, stop: threading.Event) -> Callable[[], Any]:
        """Make an enrolment of each."""
        operator, wanted = self.console.operator, {target.name for target in targets}
        candidates, pool = [each for each in self._good if each.callsign in wanted], self._found.pool
        return lambda: importing.create(operator, candidates, pool=pool, told=told, stop=stop)

    def finished(self, value: Any) -> None:
        """The enrolments that were made are known by keys of their own."""
        imported: Imported = value
        made = {result.target.name: result.target for result in imported.report.results}
        self.targets = tuple(made.get(target.name, target) for target in self.targets)
        self._codes = {**self._codes, **imported.codes}
        super().finished(imported.report)

    def after(self) -> Iterable[Section]:
        """The codes."""
        facts = tuple((show(target.name, NAME), self._code(target)) for target in self.targets if target.pk in self._codes)
        if facts:
            yield Section(
                tr(
                    "Approve codes: {show} shows or masks them, {copy} copies them; they are not shown again",
                    show=key_of("import.reveal", "v"),
                    copy=key_of("import.copy", "y"),
                ),
                facts,
            )

    def _code(self, target: Target) -> str:
        code = self._codes[target.pk].reveal()
        return show(group(code if self.revealed else glyphs().mask * len(code)))

    def redraw(self) -> None:
        """The codes are among the results."""
        self.show_results()

    def on_screen_suspend(self) -> None:
        """Another screen has come before it, perhaps the lock."""
        self.mask()

    def action_reveal(self) -> None:
        """Show the codes, or mask them."""
        if self._codes and not self.running:
            self.toggle()

    def action_copy(self) -> None:
        """Copy them, a line each."""
        lines = [f"{show(target.name)}  {self._codes[target.pk].reveal()}" for target in self.targets if target.pk in self._codes]
        if lines:
            self.console.copy_lines(lines, told=tr("{count} callsigns and codes", count=f"{len(lines):,}"))
