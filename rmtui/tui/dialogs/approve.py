"""Approve with the code the person reads out, after seeing what will be signed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from rmtui import clock
from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import enrollments
from rmtui.services.types import ApprovalPreview, Approved, EnrollmentRow, State
from rmtui.text import normalise_code
from rmtui.tui.dialogs.base import entry, prose, warned
from rmtui.tui.dialogs.decision import DecisionDialog
from rmtui.tui.facts import preview_facts
from rmtui.tui.glyphs import glyphs, group, show, typed
from rmtui.tui.widgets.facts import Facts, Section
from rmtui.tui.widgets.ticks import Ticks

__all__ = ["ApproveDialog"]

SURE = later("I have made sure that it is somebody else")


class ApproveDialog(DecisionDialog[Approved]):
    """Opens on the code. What it showed is what it has signed, or nothing is."""

    CONFIRM = later("Approve")

    @dataclass
    class _Previewed(Message, bubble=False):
        preview: ApprovalPreview

    @dataclass
    class _NoPreview(Message, bubble=False):
        error: RmtuiError

    def __init__(self, row: EnrollmentRow, *, code: str = "", hint: str = "") -> None:
        """:param code: what was read out already; ``hint``: the code itself, in a demo, where nobody can read it out."""
        super().__init__(tr("Approve {callsign}", callsign=show(row.callsign, 48)), row)
        self._code, self._hint = code, hint
        self._shown: ApprovalPreview | None = None
        """What is on the screen, and may be approved; None while it is being read."""
        self._before: ApprovalPreview | None = None
        """What was on the screen when the approval was refused."""
        self._reading = False
        self._early = False
        """Whether it was to be approved before it could be seen."""
        self._lookalikes: tuple[str, ...] = ()
        self._blocked = False
        self._approved: Approved | None = None

    def body(self) -> Iterable[Widget]:
        """The code, what will be signed, and the warning where there is one."""
        ask = (
            tr("Their code is filled in; see that this is who you mean.")
            if self._code
            else tr("Ask the person to read out their approve code.")
        )
        yield prose(ask, ident="ask")
        yield entry(
            tr("Code"), ident="code", value=group(self._code), placeholder=tr("as they say it; case, spaces and dashes do not matter")
        )
        if self._hint:
            yield prose(tr("Demo: nobody can read it out, it is {group}.", group=group(self._hint)), classes="hint")
        yield Facts([Section(tr("What will be signed"), (("", typed(tr("Reading …"))),))], ident="facts")
        yield prose("", ident="lookalike", classes="warning")
        yield Ticks([tr(SURE)], ident="sure")

    def first_focus(self) -> str:
        """The code, or the way out where nothing can be approved."""
        return "#cancel" if self._blocked else "#code"

    def on_mount(self) -> None:
        """Fetch what will be signed."""
        super().on_mount()
        for selector in ("#lookalike", "#sure"):
            self.query_one(selector).display = False
        self._read()

    # What will be signed

    def _read(self) -> None:
        """Nothing is approved until it has come."""
        self._before, self._shown = self._shown or self._before, None
        if not self._reading:
            self._reading, pk = True, self._row.pk
            self.errand(
                "preview", lambda: self._Previewed(enrollments.preview(pk)), self._NoPreview, description=tr("reading what would be signed")
            )

    @on(_Previewed)
    def _show(self, message: _Previewed) -> None:
        self._reading, early, self._early = False, self._early, False
        preview, before, was = message.preview, self._before, self._row.callsign
        if before is not None and preview.passing:  # what is on the screen stays there, to be compared with
            if early:
                self._not_now(preview.blocked or "")
            return
        self._shown = None if preview.passing else preview
        section = preview_facts(preview)
        changed = before is not None and _signs(before) != _signs(preview)
        if changed:
            section = replace(section, title=warned(tr("What would be signed now")), warning=True)
        self.query_one(Facts).tell([section])
        self._row = preview.detail.row
        self.query_one("#box").border_title = Content(" " + tr("Approve {callsign}", callsign=show(self._row.callsign, 48)) + " ")
        if changed or preview.detail.lookalikes != self._lookalikes:
            self.query_one("#sure", Ticks).tell([tr(SURE)], [])
        self._warn(preview.detail.lookalikes)
        if preview.blocked and not preview.passing:
            self._block("" if before and self._row.state is not State.PENDING else preview.blocked)
            return
        if preview.passing:
            self._not_now(preview.blocked or "")
        elif before is None and self._row.callsign != was:
            self.tell(
                tr(
                    "The list showed {was}; {callsign} is asked for now. Ask who changed it.",
                    was=show(was, 80),
                    callsign=show(self._row.callsign, 80),
                )
            )
        elif early and not changed and before is not None:  # it was on the screen when Enter was pressed
            self.submit()
            return
        elif early and not changed:
            self.tell(tr("What would be signed is on the screen now; Enter approves it."), error=False)
        if changed or early:
            self.guard.begin()

    @on(_NoPreview)
    def _fail(self, message: _NoPreview) -> None:
        self._reading = False
        if self._before is None:
            self.query_one(Facts).tell([])
        if self._before is None or self.final(message.error):
            self._block(message.error.sentence)
        elif self._early:
            self._early = False
            self._not_now(message.error.sentence)

    def _not_now(self, sentence: str) -> None:
        """Enter tries again."""
        self.tell(tr("It cannot be approved now. {sentence}", sentence=sentence))

    def _block(self, sentence: str) -> None:
        """Nothing to approve; without a sentence it is said already who decided."""
        self._blocked = True
        if sentence:
            self._not_now(sentence)
        self.over(keep="#facts" if sentence else "")

    def _warn(self, others: tuple[str, ...]) -> None:
        """Say whose callsign it looks like, and ask for a second yes."""
        self._lookalikes = others
        names = ", ".join(show(other) for other in others)
        warning = self.query_one("#lookalike", Static)
        warning.update(warned(tr("This callsign looks like {names}, who is in already.", names=names)) if others else "")
        warning.display = self.query_one("#sure").display = bool(others)

    # Approving

    def submit(self) -> None:
        """Send the code, or close when all is done."""
        if self._approved is not None:
            self.dismiss(self._approved)
            return
        if self._blocked:
            return
        code, sure = self.query_one("#code", Input).value, bool(self.query_one("#sure", Ticks).ticked)
        if self._shown is None:
            self._early = True
            self.tell(tr("What would be signed is still being read; nothing was approved."))
            self._read()
        elif not normalise_code(code):
            self.tell(tr("Type the code that the person reads out; nothing was approved."))
            self.focus_on("#code")
        elif self._lookalikes and not sure:
            self.tell(tr("Make sure that it is somebody else, then tick the box with Space; nothing was approved."))
            self.focus_on("#sure")
        else:
            self.act(self._work(self._shown, code, sure), tr("approving {callsign}", callsign=show(self._row.callsign)))

    def _work(self, shown: ApprovalPreview, code: str, sure: bool) -> Any:
        operator, pk = self.console.operator, self._row.pk
        return lambda: enrollments.approve(operator, pk, code, accept_lookalikes=sure, shown=shown, progress=self.progress)

    def refused(self, error: RmtuiError) -> None:
        """A look-alike that came in meanwhile takes a second yes; anything else may be because it was changed, so it is shown anew."""
        if isinstance(error, enrollments.LookalikeWarning):
            self._warn(error.others)
            self.focus_on("#sure")
        else:
            self._read()

    def finished(self, value: Approved) -> None:
        """Say what was made and where it is."""
        self._approved = value
        for selector in ("#ask", ".entry", "#lookalike", "#sure", ".hint"):
            self.query(selector).set(display=False)
        live = self.console.deployment.has_web_page
        hand_over = (
            tr("They fetch mtls.pfx from the deployment's page; its password is their callsign.")
            if live
            else tr("Hand them mtls.pfx from there; its password is their callsign.")
        )
        self.query_one(Facts).tell(
            [
                Section(
                    f"{glyphs().done} " + tr("{callsign} is approved", callsign=show(value.callsign)),
                    (
                        (tr("Serial"), show(value.serial)),
                        (tr("Valid until"), clock.stamp(value.not_after)),
                        (tr("Files"), show(value.files)),
                    ),
                ),
                Section("", (("", hand_over),)),
            ]
        )
        self.query_one("#cancel").display = False
        button = self.query_one("#confirm", Button)
        button.label = tr("Close")
        button.focus()

    def action_cancel(self) -> None:
        """Closing after the approval still says that it was done."""
        if self._approved is not None:
            self.dismiss(self._approved)
        else:
            super().action_cancel()


def _signs(preview: ApprovalPreview) -> tuple[object, ...]:
    """What the operator is asked to agree to."""
    detail = preview.detail
    return (detail.row.callsign, preview.subject, preview.key, detail.csr_fingerprint, preview.hours, preview.authority)
