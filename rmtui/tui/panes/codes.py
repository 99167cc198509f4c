"""Login codes: which there are, for whom; make, show and burn them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import code_details, codes, filters
from rmtui.services.bulk import Target
from rmtui.services.codes import CodeQuery, CodeRow
from rmtui.services.operators import Operator, Permission
from rmtui.settings import Secret
from rmtui.tui.codes_source import CodeSource, code_name, code_sections, code_state
from rmtui.tui.glyphs import show
from rmtui.tui.panes.acting import act_on_many, ask_about
from rmtui.tui.panes.base import Pane
from rmtui.tui.panes.keys import LIST_KEYS, NO_ROW
from rmtui.tui.widgets.facts import Section
from rmtui.tui.widgets.listview import ListView

if TYPE_CHECKING:
    from rmtui.tui.dialogs.login_code import MadeCode

__all__ = ["CodesPane"]

SHOWN = {(False, True): later("Unused"), (True, False): later("Used and burnt"), (True, True): later("All login codes")}
"""What ``f`` goes through: whether spent ones show, and unused ones."""


class CodesPane(Pane[CodeRow, CodeQuery]):
    """Login codes, unused ones first shown; of each no more than how it begins."""

    KIND = later("Login code")
    ORDERS: ClassVar[dict[str, tuple[str, str]]] = {
        "age": (later("oldest first"), later("newest first")),
        "whom": (later("by callsign"), later("by callsign, from the end")),
        "by": (later("by maker"), later("by maker, from the end")),
        "state": (later("by state"), later("by state, from the end")),
        "used": (later("latest used first"), later("earliest used first")),
    }
    WORDS = filters.CODES
    BINDING_GROUP_TITLE = later("Login codes")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "new", later("New"), id="code.new", tooltip=later("Make a code for a person, or one that makes an admin")),
        Binding("w", "show", later("Show"), id="code.show", tooltip=later("Show an unused code again; that is recorded")),
        Binding("x", "burn", later("Burn"), id="code.burn", tooltip=later("Make an unused one, or all that are marked, good for nothing")),
        Binding("f", "cycle", later("State"), id="code.state", tooltip=later("Show unused, used and burnt, all")),
        *LIST_KEYS,
    ]

    @dataclass
    class _Shown(Message, bubble=False):
        asked_by: Operator | None
        row: CodeRow
        code: Secret | None = None
        error: RmtuiError | None = None

    def __init__(self) -> None:
        super().__init__(ListView(CodeSource(), CodeQuery(), ident="codes-list"), ident="codes")

    def scope(self, query: CodeQuery) -> str:
        """The states shown."""
        return tr(SHOWN[query.spent, query.unused])

    def query_for(self, row: CodeRow) -> CodeQuery:
        """Among the unused or the spent ones."""
        query: CodeQuery = self.query_now
        unused = code_state(row) == "unused"
        return replace(query, text="", spent=not unused, unused=unused)

    def read_detail(self, row: CodeRow) -> Any:
        """One code, whole, but for the code."""
        return code_details.code(row.pk)

    def say_detail(self, detail: Any) -> list[Section]:
        """As sections."""
        return code_sections(detail)

    def able(self) -> tuple[object, ...]:
        """The states of what is marked or under the cursor decide, and whom it is for."""
        row = self.view.current
        return (
            self.console.may(Permission.ISSUE_CODES),
            row is not None and row.callsign is not None,
            len(self.chosen),
            *{code_state(each) for each in self.chosen},
        )

    def why_not(self, action: str) -> str:
        """Only unused codes can be shown or burnt."""
        if action == "copy" and self.view.current is not None and self.view.current.callsign is None:
            return tr("This code names no callsign that could be copied.")
        if action not in {"show", "burn"}:
            return super().why_not(action)
        if not self.chosen:
            return tr(NO_ROW)
        if len(self.chosen) > 1:
            if action == "show":
                return tr("Codes are shown one at a time; Esc clears the marks.")
            return "" if self._unused() else tr("None of those that are marked is unused.")
        state = code_state(self.chosen[0])
        return (
            ""
            if state == "unused"
            else tr("The code {name} is {state}, and good for nothing.", name=show(code_name(self.chosen[0]), 64), state=tr(state))
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what the row's state, the mode or a missing operator forbids."""
        if action in {"new", "show", "burn"} and not self.console.may(Permission.ISSUE_CODES):
            return None
        return super().check_action(action, parameters)

    def action_cycle(self) -> None:
        """The next states."""
        if self.filter_fixes("state"):
            return
        query, states = self.query_now, [*SHOWN]
        spent, unused = states[(states.index((query.spent, query.unused)) + 1) % len(states)]
        wanted = replace(query, spent=spent, unused=unused)
        self.ask(wanted if query.sort in self.sorts(wanted) else replace(wanted, sort="age", reverse=False), keep=False)

    def _unused(self) -> list[Target]:
        return [Target(row.pk, code_name(row)) for row in self.chosen if code_state(row) == "unused"]

    # Making one

    def action_new(self) -> None:
        """Ask for whom."""
        from rmtui.tui.dialogs.login_code import NewLoginCodeDialog

        self.app.push_screen(NewLoginCodeDialog(), self._made)

    def _made(self, made: MadeCode | None) -> None:
        self.reread()
        if made is not None:
            self._hand_on(made, tr("A login code for {whom} is made.", whom=made.whom), new=True)

    def _hand_on(self, made: MadeCode, sentence: str, *, new: bool) -> None:
        from rmtui.tui.dialogs.login_code import LoginCodeDialog

        def closed(_nothing: None) -> None:
            self.reread()
            self.post_message(self.Acted(sentence))

        self.app.push_screen(LoginCodeDialog(made, new=new), closed)

    # Showing one

    def action_show(self) -> None:
        """Read the code, and show it masked."""
        if len(self.chosen) != 1:
            return
        row, operator = self.chosen[0], self.console.operator

        def work() -> Message:
            return self._Shown(operator, row, codes.reveal(operator, row.pk))

        self.errand(
            "show", work, lambda error: self._Shown(operator, row, error=error), description=tr("reading a login code"), writes=True
        )

    @on(_Shown)
    def _take_shown(self, message: _Shown) -> None:
        asked_by = message.asked_by.pk if message.asked_by is not None else None
        if asked_by != self.console.lock.latest:
            return  # what another one asked for is not theirs
        if message.error is not None:
            self.console.tell(message.error.sentence, severity="warning")
            self.reread()
        elif message.code is not None:
            from rmtui.tui.dialogs.login_code import MadeCode

            self._hand_on(MadeCode(message.row.callsign, message.row.admin, message.code), "", new=False)

    # Burning

    def action_burn(self) -> None:
        """Ask whether."""
        if not self.chosen:
            return
        from rmtui.tui.dialogs.burn_code import BurnCodeDialog, BurnCodesDialog

        targets = self._unused()
        if len(self.chosen) > 1:
            act_on_many(self, BurnCodesDialog(targets, (len(self.chosen) - len(targets), tr("not unused"))))
            return
        row = self.chosen[0]

        def done(burnt: CodeRow | None) -> None:
            self.reread()
            if burnt is not None:
                self.post_message(self.Acted(tr("The code {name} is burnt.", name=show(code_name(row), 64))))

        ask_about(self, BurnCodeDialog(row), [row.pk], done)
