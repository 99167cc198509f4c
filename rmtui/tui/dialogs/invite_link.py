"""What an invite is handed on as: its link, as text and as a QR code, and its code, spelt for the ear."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from rmtui.errors import RmtuiError
from rmtui.i18n import joined, later, tr
from rmtui.services import links, qr
from rmtui.services.pools import PoolRow
from rmtui.text import plain
from rmtui.tui.dialogs.base import Dialog, prose
from rmtui.tui.glyphs import ascii_wanted, show, typed
from rmtui.tui.invites_source import code_of
from rmtui.tui.keynames import key_of
from rmtui.tui.widgets.facts import Facts, Section
from rmtui.tui.widgets.qrcode import QRCode, cells
from rmtui.voice import spell

__all__ = ["InviteLinkDialog"]

BESIDE = 34
"""Columns for what stands beside the QR code."""
NO_COLOURS = later(
    "Its QR code does not show: without colours it would not be black on white on every terminal. The printed sheet (w) has it."
)


class InviteLinkDialog(Dialog[None]):
    """The QR code stands beside the box, from edge to edge of the screen if it must; where it has no room the link alone is shown.

    :param news: what was done to the invite just now, as a sentence.
    """

    CANCEL = later("Close")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", later("Copy"), id="link.copy", tooltip=later("Send the link to the terminal")),
        Binding("q", "cancel", later("Close"), show=False),
    ]

    @dataclass
    class _Made(Message, bubble=False):
        link: str
        symbol: qr.QR | None
        problem: str = ""

    def __init__(self, row: PoolRow, news: str = "") -> None:
        super().__init__(tr("Invite {code}", code=code_of(row)))
        self._row, self._news = row, news
        self._symbol: qr.QR | None = None
        self.link = ""
        """As soon as it is known, and if there is one."""

    def compose(self) -> ComposeResult:
        """The QR code beside the box."""
        with Horizontal(id="pair"):
            yield QRCode(ident="qr")
            yield from super().compose()

    def body(self) -> Iterable[Widget]:
        """The link above all, then the code."""
        if self._news:
            yield prose(self._news)
        if self._row.deleted is not None or not self._row.active:
            gone = self._row.deleted is not None
            yield prose(
                tr("It is deleted: nobody comes through it.") if gone else tr("It is disabled: nobody comes through it."), classes="warning"
            )
        yield prose("", ident="link")
        yield prose("", ident="why", classes="hint")
        yield prose(code_of(self._row), classes="code")
        code = self._row.code
        words = zip(code, spell(code, "nato"), spell(code, "finnish"), strict=True)
        yield Facts(
            [
                Section(
                    tr("Read aloud, NATO or Finnish"),
                    tuple((show(sign), f"{show(nato):<10}{typed(plain(finnish))}") for sign, nato, finnish in words),
                )
            ]
        )

    def on_mount(self) -> None:
        """Ask for the link."""
        super().on_mount()
        self.query_one(QRCode).display = False
        self.query_one("#why").display = False
        code = self._row.code

        def work() -> Message:
            link = links.join_link(code)
            try:
                return self._Made(link, qr.matrix(link))
            except qr.TooLong as error:
                return self._Made(link, None, error.sentence)

        self.errand("link", work, self._failed, description=tr("making the link"))

    def _failed(self, error: RmtuiError) -> Message:
        return self._Made("", None, error.sentence)

    @on(_Made)
    def _take(self, message: _Made) -> None:
        self.link, self._symbol = message.link, message.symbol
        self.query_one("#link", Static).update(show(self.link or message.problem))
        self._say(message.problem if self.link else "")
        self._draw()

    def _say(self, why: str) -> None:
        """Under the link: how it is copied, and why there is no QR code."""
        line = self.query_one("#why", Static)
        copies = (
            tr("{copy} copies the link.", copy=key_of("link.copy", "y"))
            if self.link
            else tr("{copy} copies the code.", copy=key_of("link.copy", "y"))
        )
        line.update(show(joined([copies, why] if why else [copies], " ")))
        line.display = True

    def on_resize(self, _event: events.Resize) -> None:
        """There may be room for it now, or no more."""
        self._draw()

    def _draw(self) -> None:
        symbol, code = self._symbol, self.query_one(QRCode)
        if symbol is None:
            return
        wide = ascii_wanted()
        needed, colours = cells(symbol, wide), not self.app.no_color and self.app.console.color_system is not None
        room = self.size.width >= needed.width + BESIDE and self.size.height >= needed.height
        code.display = room and colours
        self.set_class(code.display, "-paired")
        if code.display:
            code.tell(symbol, wide=wide)
            self._say("")
        elif colours:
            self._say(
                tr(
                    "There is no room for its QR code, which takes a terminal of {width}×{height}; this one is "
                    "{columns}×{lines}. The printed sheet (w) has it.",
                    width=needed.width + BESIDE,
                    height=needed.height,
                    columns=self.size.width,
                    lines=self.size.height,
                )
            )
        else:
            self._say(tr(NO_COLOURS))

    def action_copy(self) -> None:
        """Copy the link; without one, the code."""
        self.console.copy_text(self.link or self._row.code)
