"""What revoking, reissuing and handing out share: whose certificate it is about is read and shown first, and what was done stays shown."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.message import Message

from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.services import people
from rmtui.services.types import PersonDetail, PersonRow
from rmtui.tui.dialogs.base import Dialog, warned
from rmtui.tui.glyphs import show, typed
from rmtui.tui.widgets.facts import Facts, Section

__all__ = ["PersonDialog", "stays_good"]


def stays_good(left: str) -> Sequence[Section]:
    """What to add where a certificate that the person may have was not revoked.

    :param left: why, as a sentence; empty where none stays good.
    """
    return [Section(warned(tr("A certificate may stay good")), (("", show(left)),), warning=True)] if left else []


class PersonDialog(Dialog[str]):
    """About one active person. Gives a sentence on what was done, or None when nothing was."""

    @dataclass
    class _Read(Message, bubble=False):
        detail: PersonDetail

    @dataclass
    class _Unread(Message, bubble=False):
        error: RmtuiError

    def __init__(self, title: str, row: PersonRow) -> None:
        super().__init__(title)
        self.row = row
        self.detail: PersonDetail | None = None
        """What is on the screen; None until it has been read."""
        self._refusal: RmtuiError | None = None
        """Whose meaning depends on what the person is now."""
        self._done = ""

    # For subclasses

    @abstractmethod
    def shown(self, detail: PersonDetail) -> Sequence[Section]:
        """What to say of the person before anything is done."""

    def done_all_the_same(self, before: PersonDetail, now: PersonDetail, error: RmtuiError) -> bool:
        """Whether it was done although an error came of it, and is told by :meth:`conclude`."""
        return False

    def read_on(self, detail: PersonDetail) -> None:
        """They have been read."""

    # Common parts

    @staticmethod
    def facts(title: str) -> Facts:
        """Where :meth:`shown` goes."""
        return Facts([Section(title, (("", typed(tr("Reading …"))),))], ident="facts")

    def on_mount(self) -> None:
        """Read whom it is about."""
        super().on_mount()
        self.read()

    def read(self) -> None:
        """Read the person, again if need be."""
        pk = self.row.pk
        self.errand("person", lambda: self._Read(people.person(pk)), self._Unread, description=tr("reading about the person"))

    @on(_Read)
    def _take(self, message: _Read) -> None:
        before, now, error = self.detail, message.detail, self._refusal
        self.detail, self._refusal = now, None
        if error is not None and before is not None and self.done_all_the_same(before, now, error):
            return
        if now.row.revoked_on is not None:
            if error is None:
                self.tell(tr("{callsign} is revoked; there is nothing to do here.", callsign=show(self.row.callsign, 64)))
            self.over()
            return
        self.query_one("#facts", Facts).tell(self.shown(now))
        self.read_on(now)

    @on(_Unread)
    def _fail(self, message: _Unread) -> None:
        if self._refusal is None:
            self.tell(message.error.sentence)
        if self.final(message.error):
            self.over()

    def still_reading(self, sentence: str) -> bool:
        """Whether what it is about is not on the screen yet; said with ``sentence``."""
        if self.detail is None:
            self.tell(sentence)
            self.read()
        return self.detail is None

    def refused(self, error: RmtuiError) -> None:
        """Look what they are now."""
        self._refusal = error
        self.read()

    def conclude(self, sections: Sequence[Section], sentence: str) -> None:
        """Show what was done, and nothing but the way out.

        :param sentence: what the dialog gives.
        """
        self._done = sentence
        if self.expect is not None:
            self.expect(True)
        self.query_one("#facts", Facts).tell(sections)
        self.over(keep="#facts")

    def action_cancel(self) -> None:
        """Closing afterwards says what was done."""
        if self._done and not self.running:
            self.dismiss(self._done)
        else:
            super().action_cancel()
