"""Give all that are marked new keys and certificates."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from textual import on
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr, trn
from rmtui.services import bulk_actions, certificates
from rmtui.services.bulk import Report, Target
from rmtui.tui.dialogs.base import prose, warned
from rmtui.tui.dialogs.bulk import BulkDialog, Told, names_of
from rmtui.tui.dialogs.revoke_many import crl_section
from rmtui.tui.widgets.facts import Section

__all__ = ["ReissueManyDialog"]


class ReissueManyDialog(BulkDialog):
    """A new key for each, also for those who keep their own, who are named."""

    VERB = later("Reissue")

    @dataclass
    class _Keepers(Message, bubble=False):
        targets: tuple[Target, ...]

    @dataclass
    class _Unknown(Message, bubble=False):
        error: RmtuiError

    def __init__(self, targets: Sequence[Target], left_out: tuple[int, str]) -> None:
        super().__init__(targets, left_out)
        self._known = False

    def heading(self, number: int) -> str:
        """Certificates."""
        return trn("Reissue {number} certificate", "Reissue {number} certificates", number, number=f"{number:,}")

    def consequences(self) -> Iterable[Widget]:
        """What follows from it."""
        yield prose(
            tr(
                "For each a new key is made here. The old certificates are revoked as superseded and the CRL is "
                "published: they are cut off until they have installed the new ones."
            )
        )

    def whom(self) -> Iterable[Widget]:
        """Who, and whose own key will be of no more use."""
        yield from super().whom()
        yield prose(tr("Reading who keeps their own key …"), ident="keepers", classes="warning")

    def on_mount(self) -> None:
        """Find those out who keep their own key."""
        super().on_mount()
        self._read()

    def _read(self) -> None:
        targets = self.targets

        def read() -> Message:
            keeping = certificates.keeping_their_key([target.pk for target in targets])
            return self._Keepers(tuple(target for target in targets if target.pk in keeping))

        self.errand("keepers", read, self._Unknown, description=tr("reading who keeps their own key"))

    @on(_Keepers)
    def _take_keepers(self, message: _Keepers) -> None:
        self._known = True
        line, keepers = self.query_one("#keepers", Static), message.targets
        line.display = bool(keepers) and not self.running and self.report is None
        line.update(
            warned(
                trn(
                    "{number} of them keeps their own key, and would get one made here: {names}. To leave it to them, take their marks "
                    "away and reissue each from their CSR.",
                    "{number} of them keep their own key, and would get one made here: {names}. To leave it to them, take their marks "
                    "away and reissue each from their CSR.",
                    len(keepers),
                    number=f"{len(keepers):,}",
                    names=names_of(keepers),
                )
            )
        )

    @on(_Unknown)
    def _take_failure(self, message: _Unknown) -> None:
        self.tell(message.error.sentence)

    def problem(self) -> tuple[str, str] | None:
        """It is told first who keeps their own key."""
        if self._known:
            return None
        self._read()
        return tr("Who keeps their own key has not been read yet; nothing was signed. Try again in a moment."), "#cancel"

    def work(self, targets: Sequence[Target], told: Told, stop: threading.Event) -> Callable[[], Report]:
        """Reissue each."""
        operator = self.console.operator
        return lambda: bulk_actions.reissue(operator, targets, told=told, stop=stop)

    def after(self) -> Iterable[Section]:
        """What became of the CRL."""
        return crl_section(self.report)
