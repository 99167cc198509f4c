"""Give a person a new certificate in place of the old one, with a key made here or with their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from textual import on
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from rmtui import clock
from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services import certificates, requests
from rmtui.services.certificates import Reissued, ReissuedMeanwhile
from rmtui.services.requests import Request
from rmtui.services.types import PersonDetail, PersonRow
from rmtui.tui.dialogs.base import entry, prose, show_entry, warned
from rmtui.tui.dialogs.person import PersonDialog, stays_good
from rmtui.tui.facts import certificate_facts, fingerprint, term
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.widgets.facts import Facts, Section
from rmtui.tui.widgets.options import Options
from rmtui.tui.widgets.ticks import Ticks

__all__ = ["ReissueDialog"]

NEW, OWN = later("With a new key, made here"), later("With their own key, from a CSR file")


class ReissueDialog(PersonDialog):
    """Opens on Cancel. What it showed of a request is what it has signed, or nothing is."""

    CONFIRM = later("Reissue")
    DANGER = True

    @dataclass
    class _Described(Message, bubble=False):
        request: Request

    @dataclass
    class _NoRequest(Message, bubble=False):
        error: RmtuiError

    def __init__(self, row: PersonRow) -> None:
        super().__init__(tr("Reissue for {callsign}", callsign=show(row.callsign, 48)), row)
        self._name = show(row.callsign, 64)
        self._request: Request | None = None
        """The one that is on the screen; None while there is none."""
        self._seen = False
        """Whether the operator was where the key is chosen."""

    def body(self) -> Iterable[Widget]:
        """What they have, what follows, and which key the new one is for."""
        yield self.facts(tr("The certificate they have"))
        yield prose(tr("It is revoked as superseded and the CRL is published: they are cut off until they have installed the new one."))
        yield Options([tr(NEW), tr(OWN)], tr(NEW), ident="how")
        yield entry(tr("CSR file"), ident="csr", placeholder=tr("its path on this host, then Enter to look at it"))
        yield Facts(ident="request")
        yield prose(
            warned(tr("They keep their key to themselves. A key made here has to reach them, and the old one is of no more use.")),
            ident="own",
            classes="warning",
        )

    def on_mount(self) -> None:
        """A new key, unless they are found to have their own."""
        super().on_mount()
        self._arrange()

    def shown(self, detail: PersonDetail) -> Sequence[Section]:
        """What they have now."""
        return [certificate_facts(tr("The certificate they have"), detail, "Serial", later("Valid until"), "Key")]

    def read_on(self, detail: PersonDetail) -> None:
        """Who brought their own key will hardly want another."""
        if self._keeps(detail) and self.focused is self.query_one("#cancel"):
            self.query_one("#how", Options).choose(tr(OWN))
        self._arrange()

    @staticmethod
    def _keeps(detail: PersonDetail | None) -> bool:
        return detail is not None and detail.certificate is not None and "mtls.key" not in detail.files

    def action_forward(self) -> None:
        """From Cancel, to which key it is for; once that was seen, to the button."""
        if self._seen or self.focused is not self.query_one("#cancel"):
            super().action_forward()
            return
        self._seen = True
        self.guard.moved()
        self.focus_on("#how")

    # The request

    @property
    def _own(self) -> bool:
        return self.query_one("#how", Options).chosen == tr(OWN)

    @on(Ticks.Changed, "#how")
    def _arrange(self) -> None:
        own = self._own
        show_entry(self.query_one("#csr", Input), own)
        self.query_one("#request").display = own and self._request is not None
        self.query_one("#own").display = not own and self._keeps(self.detail)

    @on(Input.Changed, "#csr")
    def _another(self) -> None:
        self._request = None
        self._arrange()

    def entered(self, control: Widget) -> None:
        """Enter in the line of the file shows what is in it."""
        if control.id == "csr" and self._request is None:
            self._look()
        else:
            super().entered(control)

    def _look(self) -> None:
        path, callsign = self.query_one("#csr", Input).value.strip(), self.row.callsign
        if not path:
            self.tell(tr("Type where the CSR is; nothing was signed."))
            self.focus_on("#csr")
            return
        self.errand(
            "request", lambda: self._Described(requests.describe(path, callsign)), self._NoRequest, description=tr("reading the CSR")
        )

    @on(_Described)
    def _show_request(self, message: _Described) -> None:
        if self.running or not self._own:
            return
        self._request = request = message.request
        facts = (
            (tr("Subject"), show(request.subject)),
            (tr("Key"), show(request.key)),
            (tr("CSR key"), f"SHA-256 {fingerprint(request.fingerprint)}"),
        )
        self.query_one("#request", Facts).tell([Section(tr("What will be signed"), facts)])
        self._arrange()
        self.tell(tr("Compare the key with what they read out, then press Reissue."), error=False)
        self.focus_on("#confirm")
        self.guard.begin()

    @on(_NoRequest)
    def _refuse_request(self, message: _NoRequest) -> None:
        self.tell(message.error.sentence)
        self.focus_on("#csr")

    # Reissuing

    def submit(self) -> None:
        """Reissue, or look at the request first."""
        if self.still_reading(tr("What it is about has not been read yet; nothing was signed. Try again in a moment.")):
            return
        if self._own and self._request is None:
            self._look()
            return
        operator, pk = self.console.operator, self.row.pk
        csr = self._request.pem if self._own and self._request is not None else None
        self.act(lambda: certificates.reissue(operator, pk, csr=csr), tr("reissuing for {name}", name=self._name))

    def finished(self, value: Reissued) -> None:
        """Say what was made, what was revoked for it, and where the files are."""
        own = self._own
        facts = (
            (tr("Serial"), show(value.serial)),
            (tr("Valid until"), f"{clock.stamp(value.not_after)} ({term(value.not_after)})"),
            (tr("Superseded"), ", ".join(map(show, value.superseded)) or tr("none was on record here")),
            (tr("CRL"), tr("published")),
            (tr("Files"), show(value.files)),
        )
        hand_over = (
            tr("To hand it over, w writes its PEM to a file; the key they have.")
            if own
            else tr("To hand it over, w writes its PFX to a file.")
        )
        self._conclude(
            Section(f"{glyphs().done} " + tr("{name} has a new certificate", name=self._name), facts),
            *stays_good(value.left),
            Section("", (("", hand_over),)),
        )

    def done_all_the_same(self, before: PersonDetail, now: PersonDetail, error: RmtuiError) -> bool:
        """The certificate may be there though the CRL was not published."""
        old, new = before.certificate, now.certificate
        if new is None or isinstance(error, ReissuedMeanwhile) or (old is not None and old.serial == new.serial):
            return False
        facts = (
            (tr("Serial"), show(new.serial)),
            (tr("Valid until"), f"{clock.stamp(new.not_after)} ({term(new.not_after)})"),
            (tr("CRL"), tr("not published: the old certificate connects until rmtui crl has published it")),
        )
        self._conclude(Section(warned(tr("{name} has a new certificate", name=self._name)), facts, warning=True))
        return True

    def _conclude(self, *sections: Section) -> None:
        self.conclude(sections, tr("{name} has a new certificate.", name=self._name))
