"""A deployment whose CA fails at one step, and what must be so afterwards."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography import x509

from cfssl_stand_in import CA, Act, StandIn, hangs, new_key, pem, says, told
from rmtui import settings
from rmtui.db.enrollments import Enrollment
from rmtui.db.middleware import connection
from rmtui.db.own import Claim, Effect, Issued
from rmtui.db.people import Person
from rmtui.errors import EXIT_REFUSED, EXIT_UNREACHABLE
from rmtui.pki.http import Line
from rmtui.services import effects

SHORT = 1.5
"""Seconds that a CA is waited for which hangs."""


@dataclass(frozen=True)
class Fault:
    """What the CA does at a step, and what is told of it."""

    act: Callable[[StandIn], Act] | None
    """None: it is stopped before that step."""
    words: str
    code: int = EXIT_UNREACHABLE
    lost: bool = False
    """Whether it signs for our key all the same, as we get to know."""


SILENT = {
    "stopped": Fault(None, "the connection is refused"),
    "hung": Fault(lambda _ca: hangs, rf"within {SHORT} seconds"),
    "500": Fault(lambda _ca: says(500, "signer: no \x1b[2J"), "answered 500: signer: no"),
    "garbage": Fault(lambda _ca: says(200, "<html>\x1b]0;x\x07"), "no answer of a CA|is no CRL|is no certificate"),
}
"""At any step."""


def _wrong(make: Callable[[StandIn, Any], list[x509.Certificate]]) -> Callable[[StandIn], Act]:
    return lambda ca: ca.signs(lambda key: make(ca, key))


def _next(ca: StandIn, key: Any, **options: Any) -> x509.Certificate:
    name = ca.asked[-1][1]["certificate_request"]
    return ca.ca.leaf(key, x509.load_pem_x509_csr(name.encode()).subject.rfc4514_string().removeprefix("CN="), **options)


def _anothers(ca: StandIn) -> Act:
    """A certificate for a key that is not ours; it is somebody's, and none of what we look after."""
    act = ca.signs(lambda _key: [_next(ca, new_key().public_key())])

    def gives(handler: Any) -> Any:
        reply = act(handler)
        ca.issued.popitem()
        return reply

    return gives


WRONG = {
    "another key": Fault(_anothers, "another key", EXIT_REFUSED),
    "another name": Fault(_wrong(lambda ca, key: [ca.ca.leaf(key, "Karhu")]), "names CN=Karhu", EXIT_REFUSED, lost=True),
    "run out": Fault(_wrong(lambda ca, key: [_next(ca, key, age=dt.timedelta(days=90))]), "ran out", EXIT_REFUSED, lost=True),
    "not yet": Fault(_wrong(lambda ca, key: [_next(ca, key, age=dt.timedelta(days=-2))]), "not valid before", EXIT_REFUSED, lost=True),
}
"""Where it signs."""


def stranger(_ca: StandIn) -> Act:
    """It names another CA as its own."""
    other = CA("Stranger")
    return lambda _handler: told({"certificate": pem(other.issuing)})


def alone(ca: StandIn) -> Act:
    """It signs, and leaves out who issued it."""

    def act(handler: Any) -> tuple[int, bytes]:
        status, body = ca.answer(handler.path, handler.asked)
        marker = b"-----END CERTIFICATE-----"
        return status, body[: body.index(marker) + len(marker)] + b'"}}'

    return act


def use(ca: StandIn, *, ocsprest: bool, timeout: float = 10) -> None:
    """Have this process work with that CA."""
    named = ca.settings(ocsprest=ocsprest, timeout=timeout)
    client = {"mtls_client_cert": ca.public.with_name("client.pem"), "mtls_client_key": ca.public.with_name("client.key")}
    settings.configure(
        dataclasses.replace(settings.current(), cert_backend="cfssl", ca=named.ca, local_ca_certs=named.local_ca_certs, **client)
    )


@contextmanager
def failing(ca: StandIn, step: str, fault: Fault, *, ocsprest: bool) -> Iterator[None]:
    """The CA fails at a step, and is well again afterwards."""
    use(ca, ocsprest=ocsprest, timeout=SHORT if fault.words.startswith("within") else 10)
    if fault.act is not None:
        ca.plan(step, fault.act(ca))
    ask = Line.ask

    def asks(line: Line, method: str, path: str, *others: Any, **options: Any) -> Any:
        if path == step and fault.act is None:
            ca.stop()
        return ask(line, method, path, *others, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Line, "ask", asks)
        yield
    ca.plans.pop(step, None)
    ca.stop()
    ca.start()
    use(ca, ocsprest=ocsprest)


def nothing_of(callsign: str) -> None:
    """An approval that failed: it waits as before, and there is no claim, person, file, or certificate that is good."""
    with connection():
        row = Enrollment.by_callsign(callsign)
        assert (row.state, row.decided_by, row.decided_on, row.person) == (0, None, None, None)
        assert Claim.select().count() == 0
        assert Issued.select().where((Issued.callsign == callsign) & Issued.revoked_on.is_null()).count() == 0
        assert not Person.select().where(Person.callsign == callsign).exists()
        known = {str(person.pk) for person in Person.list(include_deleted=True)}
    people = settings.current().people_dir
    assert {path.name for path in people.iterdir()} <= known if people.exists() else True


def stands(ca: StandIn, person: Person) -> None:
    """They have exactly one good certificate, here and at the CA, and it is the one in their files."""
    with connection():
        leaf = x509.load_pem_x509_certificates((person.directory / "mtls.pem").read_bytes())[0]
        good = Issued.select().where((Issued.person == person.pk) & Issued.revoked_on.is_null())
        assert [row.serial for row in good] == [f"{leaf.serial_number:x}"]
    assert standing(ca, person.callsign) == {leaf.serial_number}


def standing(ca: StandIn, callsign: str) -> set[int]:
    """Serials of the certificates of a callsign that are good at the CA."""
    name = f"CN={callsign}"
    return {serial for serial, each in ca.issued.items() if each.subject.rfc4514_string() == name} - set(ca.revoked)


def waiting() -> list[tuple[str, str, int]]:
    """Event, target and attempts of what is still to be done."""
    return [(row.event, row.target.split(":")[0], row.attempts) for row in effects.list_effects(effects.EffectQuery("waiting")).rows]


def run_effects() -> effects.Ran:
    """What ``rmtui effects run`` does a little later."""
    with connection():
        Effect.update(next_try=Effect.created).execute()
    return effects.run_due()
