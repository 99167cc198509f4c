"""Approve with the code the person reads out, after seeing what will be signed."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from textual import on
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from rmtui import clock
from rmtui.errors import RmtuiError
from rmtui.services import enrollments
from rmtui.services.types import ApprovalPreview, Approved, EnrollmentRow
from rmtui.text import normalise_code
from rmtui.tui.dialogs.base import Dialog, entry, prose
from rmtui.tui.facts import preview_facts
from rmtui.tui.glyphs import glyphs, group, show, typed
from rmtui.tui.widgets.facts import Facts, Section
from rmtui.tui.widgets.ticks import Ticks

__all__ = ["ApproveDialog"]

SURE = "I have made sure that it is somebody else"


class ApproveDialog(Dialog[Approved]):
    """Opens on the code."""

    CONFIRM = "Approve"

    @dataclass
    class _Previewed(Message, bubble=False):
        preview: ApprovalPreview

    @dataclass
    class _NoPreview(Message, bubble=False):
        error: RmtuiError

    def __init__(self, row: EnrollmentRow, *, hint: str = "") -> None:
        """:param hint: the code itself, in a demo, where nobody can read it out."""
        super().__init__(f"Approve {show(row.callsign, 48)}")
        self._row = row
        self._hint = hint
        self._lookalikes: tuple[str, ...] = ()
        self._blocked = False
        self._approved: Approved | None = None

    def body(self) -> Iterable[Widget]:
        """The code, what will be signed, and the warning where there is one."""
        yield prose("Ask the person to read out their approve code.", ident="ask")
        yield entry("Code", ident="code", placeholder="as they say it; case, spaces and dashes do not matter")
        if self._hint:
            yield prose(f"Demo: nobody can read it out, it is {group(self._hint)}.", classes="hint")
        yield Facts([Section("What will be signed", (("", typed("Reading …")),))], ident="facts")
        yield prose("", ident="lookalike", classes="warning")
        yield Ticks([SURE], ident="sure")

    def first_focus(self) -> str:
        """The code, or the way out where nothing can be approved."""
        return "#cancel" if self._blocked else "#code"

    def on_mount(self) -> None:
        """Fetch what will be signed."""
        super().on_mount()
        for selector in ("#lookalike", "#sure"):
            self.query_one(selector).display = False
        pk = self._row.pk
        self.errand(
            "preview", lambda: self._Previewed(enrollments.preview(pk)), self._NoPreview, description="reading what would be signed"
        )

    @on(_Previewed)
    def _show(self, message: _Previewed) -> None:
        preview = message.preview
        self.query_one(Facts).tell([preview_facts(preview)])
        self._warn(preview.detail.lookalikes)
        if preview.blocked:
            self._block(preview.blocked)

    @on(_NoPreview)
    def _fail(self, message: _NoPreview) -> None:
        self.query_one(Facts).tell([])
        self._block(message.error.sentence)

    def _block(self, sentence: str) -> None:
        self._blocked = True
        for selector in ("#ask", ".entry", "#lookalike", "#sure", ".hint"):
            self.query(selector).set(display=False)
        self.query_one("#confirm", Button).disabled = True
        self.tell(f"It cannot be approved now. {sentence}")
        self.focus_on("#cancel")

    def _warn(self, others: tuple[str, ...]) -> None:
        """Say whose callsign it looks like, and ask for a second yes."""
        self._lookalikes = others
        if others:
            names = ", ".join(show(other) for other in others)
            warning = self.query_one("#lookalike", Static)
            warning.display = True
            warning.update(f"{glyphs().warning} This callsign looks like {names}, who is in already.")
            self.query_one("#sure").display = True

    def submit(self) -> None:
        """Send the code, or close when all is done."""
        if self._approved is not None:
            self.dismiss(self._approved)
            return
        if self._blocked:
            return
        code, sure = self.query_one("#code", Input).value, SURE in self.query_one("#sure", Ticks).ticked
        if not normalise_code(code):
            self.tell("Type the code that the person reads out; nothing was approved.")
            self.focus_on("#code")
        elif self._lookalikes and not sure:
            self.tell("Make sure that it is somebody else, then tick the box with Space; nothing was approved.")
            self.focus_on("#sure")
        else:
            self.act(self._work(self._row.pk, code, sure), f"approving {show(self._row.callsign)}")

    def _work(self, pk: uuid.UUID, code: str, sure: bool) -> Any:
        operator = self.console.operator
        return lambda: enrollments.approve(operator, pk, code, accept_lookalikes=sure, progress=self.progress)

    def refused(self, error: RmtuiError) -> None:
        """A look-alike that came in meanwhile takes a second yes; everything else can be tried again with what was typed."""
        if isinstance(error, enrollments.LookalikeWarning):
            self._warn(error.others)
            self.focus_on("#sure")

    def finished(self, value: Approved) -> None:
        """Say what was made and where it is."""
        self._approved = value
        for selector in ("#ask", ".entry", "#lookalike", "#sure", ".hint"):
            self.query(selector).set(display=False)
        live = self.console.deployment.kind == "postgresql"
        hand_over = "They fetch mtls.pfx from the deployment's page" if live else "Hand them mtls.pfx from there"
        hand_over += "; its password is their callsign."
        self.query_one(Facts).tell(
            [
                Section(
                    f"{glyphs().done} {show(value.callsign)} is approved",
                    (
                        ("Serial", show(value.serial)),
                        ("Valid until", clock.stamp(value.not_after)),
                        ("Files", show(value.files)),
                    ),
                ),
                Section("", (("", hand_over),)),
            ]
        )
        self.query_one("#cancel").display = False
        button = self.query_one("#confirm", Button)
        button.label = "Close"
        button.focus()

    def action_cancel(self) -> None:
        """Closing after the approval still says that it was done."""
        if self._approved is not None:
            self.dismiss(self._approved)
        else:
            super().action_cancel()
