"""Health of the deployment: checks as they finish, what disagrees, and what puts it right."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import doctor
from rmtui.services.doctor import CHECKS, Diagnosis, Plan, Step
from rmtui.services.operators import Permission
from rmtui.tui.dialogs.base import Dialog, prose
from rmtui.tui.doctor_source import DoctorQuery, DoctorRow, DoctorSource, state_cell
from rmtui.tui.glyphs import glyphs, show, typed
from rmtui.tui.keynames import key_of
from rmtui.tui.widgets.facts import Facts, Section
from rmtui.tui.widgets.listview import ListView

__all__ = ["DoctorDialog"]

NONE = later("Nothing here puts it right; what was found says what does.")


class DoctorDialog(Dialog[None]):
    """Looks at everything and changes nothing; can be left at any time."""

    CANCEL = later("Close")
    BINDING_GROUP_TITLE = later("Health")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "repair", later("Put right"), id="doctor.repair", tooltip=later("Put right all of this kind, after asking")),
        Binding("r", "again", later("Check again"), id="doctor.again", tooltip=later("Check everything again")),
        Binding("y", "copy", later("Copy"), id="doctor.copy", tooltip=later("Send what was found to the terminal")),
        Binding("q", "cancel", later("Close"), show=False),
    ]

    @dataclass
    class _Stepped(Message, bubble=False):
        run: int
        step: Step

    @dataclass
    class _Examined(Message, bubble=False):
        run: int
        diagnosis: Diagnosis | None = None
        error: RmtuiError | None = None

    def __init__(self) -> None:
        super().__init__(tr("Health"))
        self._source = DoctorSource()
        self._list: ListView[DoctorRow, DoctorQuery] = ListView(self._source, DoctorQuery(), ident="doctor-list", markable=False)
        self._stop = threading.Event()
        self._run = 0
        self._plans: dict[str, Plan] = {}
        self._over = False
        self._moved = False
        """Whether the operator is reading somewhere else than at the top."""

    def body(self) -> Iterable[Widget]:
        """How far it is, what was found, and all of what is under the cursor."""
        yield prose("", ident="summary")
        yield self._list
        yield Facts(ident="about")
        yield prose(
            tr(
                "Enter: details. {repair}: put right. {again}: check again. {copy}: copy. Esc: close.",
                repair=key_of("doctor.repair", "p"),
                again=key_of("doctor.again", "r"),
                copy=key_of("doctor.copy", "y"),
            ),
            classes="hint",
        )

    def first_focus(self) -> str:
        """The list."""
        return "#doctor-list"

    def on_mount(self) -> None:
        """Begin."""
        self.add_class("-whole")
        super().on_mount()
        self._begin()

    def on_unmount(self) -> None:
        """Look at nothing more."""
        self._stop.set()

    # Checking

    def _begin(self) -> None:
        self._stop.set()
        self._stop, stop = threading.Event(), self._stop
        stop = self._stop
        self._run += 1
        self._over, self._moved = False, False
        self._plans = {}
        self._source.begin()
        self._list.ask(DoctorQuery())
        self._summarise()
        run = self._run

        def work() -> Message:
            return self._Examined(run, doctor.examine(lambda step: self._tell_step(run, step), stop))

        self.errand("doctor", work, lambda error: self._Examined(run, error=error), description=tr("checking the deployment's health"))

    def _tell_step(self, run: int, step: Step) -> None:
        self.post_message(self._Stepped(run, step))

    @on(_Stepped)
    def _take_step(self, message: _Stepped) -> None:
        if message.run == self._run:
            self._source.take(message.step)
            self._list.refresh_rows()
            self._summarise()

    @on(_Examined)
    def _take(self, message: _Examined) -> None:
        if message.run != self._run:
            return
        self._over = True
        if message.error is not None:
            self.tell(message.error.sentence)
            return
        if message.diagnosis is not None:
            self._plans = {plan.repair: plan for plan in message.diagnosis.plans}
        self._list.ask(DoctorQuery(finished=True), keep=self._moved)
        self._summarise()

    def _summarise(self) -> None:
        found = Counter(row.state for row in self._source.rows)
        symbols, errors, warnings = glyphs(), found["error"], found["warning"]
        said = [tr("{count} checks are over.", count=len(CHECKS))]
        if not self._over:
            said = [tr("Checking: {over} of {count} are over.", over=self._source.over, count=len(CHECKS))]
        if errors or warnings:
            said += [
                symbols.refused,
                tr("errors: {errors}.", errors=errors),
                symbols.warning,
                tr("warnings: {warnings}.", warnings=warnings),
            ]
        elif self._over:
            said += [symbols.done, tr("Nothing is wrong.")]
        self.query_one("#summary", Static).update(typed(" ".join(said)))

    # The row under the cursor

    @on(ListView.Moved)
    def _show(self) -> None:
        row = self._list.current
        self._moved = self._moved or self._list.window.cursor > 0
        if row is None:
            return
        repair = self._what(row)
        facts = ((tr("Found"), show(row.said)), (tr("Repair"), repair)) if row.finding is not None else ((tr("Found"), show(row.said)),)
        self.query_one("#about", Facts).tell([Section("", facts)])

    def _what(self, row: DoctorRow) -> str:
        """What would put it right."""
        if row.finding is None or row.finding.severity == "ok":
            return tr("not needed")
        if not row.finding.repair:
            return tr(NONE)
        plan = self._plans.get(row.finding.repair)
        return (
            tr("{what} ({repair}; {number} in all)", repair=key_of("doctor.repair", "p"), what=show(plan.what), number=f"{plan.number:,}")
            if plan is not None
            else tr("known when all is checked")
        )

    @on(ListView.Opened)
    def _open(self, event: ListView.Opened) -> None:
        from rmtui.tui.dialogs.detail import DetailDialog

        row: DoctorRow = event.row
        self.app.push_screen(DetailDialog(show(row.check), self._source.name(row), lambda: row, self._sections))

    def _sections(self, row: DoctorRow) -> list[Section]:
        facts = [(tr("State"), state_cell(row.state).text), (tr("Check"), show(row.check))]
        if row.finding is not None and row.finding.subject:
            facts.append((tr("About"), show(row.finding.subject)))
        facts += [(tr("Found"), show(row.said)), (tr("Repair"), self._what(row))]
        return [Section("", tuple(facts))]

    # Keys

    def action_again(self) -> None:
        """Check everything again."""
        self.tell("")
        self._begin()

    def action_copy(self) -> None:
        """Copy what was found."""
        row = self._list.current
        if row is not None:
            self.console.copy_text(row.said)

    def action_repair(self) -> None:
        """Ask, and put right all of the kind that is under the cursor."""
        row, why = self._list.current, self.console.why_not(Permission.REVOKE)
        name = row.finding.repair if row is not None and row.finding is not None else ""
        plan = self._plans.get(name)
        if not name:
            self.tell(
                tr("Nothing here puts that right.")
                if row is not None and row.state in {"error", "warning"}
                else tr("There is nothing to put right.")
            )
        elif why:
            self.tell(tr("Nothing was put right: {why}", why=why))
        elif plan is None:
            self.tell(tr("Not everything has been checked yet; what it concerns is known then. Nothing was put right."))
        else:
            self.tell("")
            self._ask(plan)

    def _ask(self, plan: Plan) -> None:
        from rmtui.tui.dialogs.repair import RepairDialog

        def done(report: Any) -> None:
            if report is not None:
                self._begin()

        self.app.push_screen(RepairDialog(plan), done)
