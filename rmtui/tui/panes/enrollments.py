"""Who asks to come in: approve, reject, re-open, make one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from textual.binding import Binding, BindingType

from rmtui.i18n import later, tr
from rmtui.services import enrollments, filters
from rmtui.services.bulk import Target
from rmtui.services.operators import Permission
from rmtui.services.types import Approved, CreatedEnrollment, EnrollmentQuery, EnrollmentRow, Page, State
from rmtui.tui.facts import enrollment_sections
from rmtui.tui.glyphs import show
from rmtui.tui.panes.acting import act_on_many, ask_about
from rmtui.tui.panes.base import Pane
from rmtui.tui.panes.keys import LIST_KEYS, NO_ROW
from rmtui.tui.sources import EnrollmentSource
from rmtui.tui.widgets.facts import Section
from rmtui.tui.widgets.listview import ListView

if TYPE_CHECKING:
    from rmtui.services.matching import Match

__all__ = ["EnrollmentsPane"]

Result = TypeVar("Result")

STATES = (State.PENDING, State.APPROVED, State.REJECTED, None)
"""What ``f`` goes through."""
SCOPES = {State.PENDING: later("Pending"), State.APPROVED: later("Approved"), State.REJECTED: later("Rejected")}
"""What the list shows, in a word."""


class EnrollmentsPane(Pane[EnrollmentRow, EnrollmentQuery]):
    """The pending list is the first thing seen."""

    KIND = later("Enrolment")
    ORDERS: ClassVar[dict[str, tuple[str, str]]] = {
        "age": (later("oldest first"), later("newest first")),
        "callsign": (later("by callsign"), later("by callsign, from the end")),
        "decided": (later("latest decision first"), later("earliest decision first")),
        "state": (later("by state"), later("by state, from the end")),
        "by": (later("by who decided"), later("by who decided, from the end")),
        "invite": (later("by invite"), later("by invite, from the end")),
        "csr": (later("by CSR"), later("by CSR, turned round")),
    }
    WORDS = filters.ENROLLMENTS
    BINDING_GROUP_TITLE = later("Enrolments")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "approve", later("Approve"), id="enrolment.approve", tooltip=later("Approve a pending one, with the code read out")),
        Binding("x", "reject", later("Reject"), id="enrolment.reject", tooltip=later("Reject a pending one, with a reason")),
        Binding("o", "reopen", later("Re-open"), id="enrolment.reopen", tooltip=later("Re-open a rejected one, under a new code")),
        Binding("z", "reset", later("New code"), id="enrolment.reset", show=False, tooltip=later("Give a pending one a new approve code")),
        Binding(
            "c", "codes", later("Codes"), id="enrolment.codes", tooltip=later("Approve by code: type or paste codes, links or chat lines")
        ),
        Binding("n", "new", later("New"), id="enrolment.new", tooltip=later("Make an enrolment; its code is shown once")),
        Binding("m", "import", later("Import"), id="enrolment.import", show=False, tooltip=later("Make enrolments of a directory of CSRs")),
        Binding("f", "cycle", later("State"), id="enrolment.state", tooltip=later("Show pending, approved, rejected, all")),
        *LIST_KEYS,
    ]

    def __init__(self, first: Page[EnrollmentRow] | None = None) -> None:
        super().__init__(ListView(EnrollmentSource(), EnrollmentQuery(), first=first, ident="enrolments-list"), ident="enrolments")

    def scope(self, query: EnrollmentQuery) -> str:
        """The states shown."""
        state = enrollments.state_shown(query)
        return tr("All enrolments") if state is None else tr(SCOPES[state])

    def query_for(self, row: EnrollmentRow) -> EnrollmentQuery:
        """Among those of its state."""
        return replace(self._in_state(row.state), text="")

    def opening_query(self) -> EnrollmentQuery:
        """Those who wait."""
        return replace(self._in_state(State.PENDING), text="")

    def read_detail(self, row: EnrollmentRow) -> Any:
        """One enrolment, whole."""
        return enrollments.enrollment(row.pk)

    def say_detail(self, detail: Any) -> list[Section]:
        """As sections."""
        return enrollment_sections(detail)

    def able(self) -> tuple[object, ...]:
        """The states of what is marked or under the cursor decide."""
        return (self.console.may(Permission.DECIDE), *{row.state for row in self.chosen})

    def why_not(self, action: str) -> str:
        """The states of what is marked or under the cursor decide."""
        if action not in {"approve", "reject", "reopen", "reset"}:
            return super().why_not(action)
        if not self.chosen:
            return tr(NO_ROW)
        if len(self.chosen) > 1:
            if action in {"reopen", "reset"}:
                return tr("One at a time, since each gets a new code; Esc clears the marks.")
            return "" if self._pending()[0] else tr("None of those that are marked is pending.")
        row = self.chosen[0]
        name = show(row.callsign, 64)
        if action == "reopen":
            return (
                ""
                if row.state is State.REJECTED
                else tr("{name} is {state}; only a rejected one can be re-opened.", name=name, state=tr(row.state))
            )
        if row.state is State.PENDING:
            return ""
        if row.state is State.REJECTED:
            return tr("{name} is rejected already; o re-opens it.", name=name)
        return tr("{name} is approved already.", name=name)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what the row's state, the mode or a missing operator forbids."""
        if action in {"approve", "reject", "reopen", "reset", "codes", "new", "import"} and not self.console.may(Permission.DECIDE):
            return None
        return super().check_action(action, parameters)

    def action_cycle(self) -> None:
        """The next state."""
        if not self.filter_fixes("state"):
            self.show_state(STATES[(STATES.index(self.query_now.state) + 1) % len(STATES)])

    def show_state(self, state: State | None) -> None:
        """Only this state; None is all of them."""
        self.ask(self._in_state(state), keep=False)

    def _in_state(self, state: State | None) -> EnrollmentQuery:
        query: EnrollmentQuery = self.query_now
        sort = "age" if query.sort == "decided" and state is State.PENDING else query.sort
        return replace(query, state=state, sort=sort)

    def _pending(self) -> tuple[list[Target], tuple[int, str]]:
        """Those of the chosen that can be decided, and how many cannot."""
        targets = [Target(row.pk, row.callsign) for row in self.chosen if row.state is State.PENDING]
        return targets, (len(self.chosen) - len(targets), tr("not pending"))

    def action_approve(self) -> None:
        """Ask for the code."""
        if not self.chosen:
            return
        if len(self.chosen) > 1:
            self.action_codes()
            return
        self._approve(self.chosen[0])

    def _approve(self, row: EnrollmentRow, code: str = "") -> None:
        """:param code: the code, if that is how the row was found."""
        from rmtui.tui.dialogs.approve import ApproveDialog

        def done(result: Approved | None) -> None:
            self.reread()
            if result is not None:
                self.post_message(self.Acted(tr("{callsign} is approved.", callsign=show(result.callsign))))

        ask_about(self, ApproveDialog(row, code=code, hint=self.console.codes.get(row.callsign, "")), [row.pk], done)

    def action_codes(self) -> None:
        """Take codes, of those that are marked if several are, and approve whose they are."""
        from rmtui.tui.dialogs.codes import CodesDialog

        targets = self._pending()[0] if len(self.chosen) > 1 else []
        among = frozenset(target.pk for target in targets) or None

        def done(matches: tuple[Match, ...] | None) -> None:
            if not matches:
                return
            if len(matches) == 1 and matches[0].row is not None:
                self.jump(matches[0].row)
                self._approve(matches[0].row, matches[0].code.reveal())
                return
            from rmtui.tui.dialogs.approve_many import ApproveManyDialog

            act_on_many(self, ApproveManyDialog(matches))

        self.app.push_screen(CodesDialog(among), done)

    def action_reject(self) -> None:
        """Ask for the reason."""
        live = self.console.deployment.has_web_page
        if not self.chosen:
            return
        if len(self.chosen) > 1:
            from rmtui.tui.dialogs.reject_many import RejectManyDialog

            act_on_many(self, RejectManyDialog(*self._pending(), live=live))
            return
        row = self.chosen[0]
        from rmtui.tui.dialogs.reject import RejectDialog

        def done(result: bool | None) -> None:
            self.reread()
            if result:
                self.post_message(self.Acted(tr("{callsign} is rejected.", callsign=show(row.callsign))))

        ask_about(self, RejectDialog(row, live=live), [row.pk], done)

    def action_reopen(self) -> None:
        """Ask whether."""
        if not self.chosen:
            return
        row = self.chosen[0]
        from rmtui.tui.dialogs.reopen import ReopenDialog

        ask_about(
            self,
            ReopenDialog(row),
            [row.pk],
            lambda created: self._show_code(created, tr("{callsign} is pending again.", callsign=show(row.callsign))),
        )

    def action_reset(self) -> None:
        """Ask whether."""
        if not self.chosen:
            return
        row = self.chosen[0]
        from rmtui.tui.dialogs.reset_code import ResetCodeDialog

        ask_about(
            self,
            ResetCodeDialog(row),
            [row.pk],
            lambda created: self._show_code(created, tr("{callsign} has a new approve code.", callsign=show(row.callsign))),
        )

    def action_new(self) -> None:
        """Ask for whom."""
        from rmtui.tui.dialogs.enroll import EnrollDialog

        self.app.push_screen(
            EnrollDialog(),
            lambda created: self._show_code(created, tr("{callsign} is pending.", callsign=show(created.callsign)) if created else ""),
        )

    def action_import(self) -> None:
        """Ask for the directory, then show what is in it."""
        from rmtui.tui.dialogs.import_requests import Found, ImportDialog, ImportManyDialog

        def done(found: Found | None) -> None:
            if found is not None:
                act_on_many(self, ImportManyDialog(found))

        self.app.push_screen(ImportDialog(), done)

    def _show_code(self, created: CreatedEnrollment | None, sentence: str) -> None:
        if created is None:
            self.reread()
            return
        from rmtui.tui.dialogs.code import CodeDialog

        def closed(_nothing: None) -> None:
            self.reread()
            self.post_message(self.Acted(sentence))

        self.app.push_screen(CodeDialog(created), closed)
