"""What the doctor finds of products, and of what was never told to anybody."""

from __future__ import annotations

import dataclasses
import datetime as dt
import socket
import ssl
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from test_services_effects_tls import self_signed

from keycloak_stand_in import Keycloak
from making import make_operator
from product_stand_in import Product, manifest
from rmtui import clock, settings
from rmtui.clock import stamp
from rmtui.db.middleware import connection
from rmtui.db.own import Effect
from rmtui.services import doctor
from rmtui.services.doctor import products

pytestmark = pytest.mark.two_databases


def troubles() -> dict[tuple[str, str], doctor.Finding]:
    """What is not well, by check and subject."""
    return {(each.check, each.subject): each for each in doctor.examine().troubles}


def drip(server: socket.socket) -> int:
    """Answer without end, a byte at a time, until who asks has enough; how many bytes that took."""
    line, _address = server.accept()
    sent = 0
    with line, suppress(OSError):
        while True:
            sent += line.send(b"H")
            threading.Event().wait(0.02)
    return sent


def answer_once(server: socket.socket, status: int) -> bytes:
    """Answer one request with a status; the first line of what was asked."""
    line, _address = server.accept()
    with line:
        asked = line.recv(4096)
        line.sendall(f"HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n".encode())
    return asked.splitlines()[0]


def effect(target: str, attempts: int, event: str = "created", **columns) -> None:
    """Something to be told that failed so often."""
    with connection():
        Effect.create(**{"person": uuid.uuid4(), **columns}, callsign="RAVEN", event=event, target=target, attempts=attempts)


def test_effects_that_keep_failing(env):
    make_operator()
    long_ago = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
    effect("product:tak", 7, last_error="TAK answered 500.", created=long_ago)
    effect("product:tak", 3, last_error="another")
    effect("product:tak", 2)
    effect("keycloak", 9, state="skipped")
    effect("crl", 4, event="revoked", last_error="\x1b[2J")
    found = troubles()
    assert {key: each.severity for key, each in found.items() if key[0] == "effects"} == {
        ("effects", "product:tak"): "warning",
        ("effects", "crl"): "error",
    }
    assert found["effects", "product:tak"].sentence == (
        "3 effect(s) for product:tak wait, the oldest of 2026-03-01 12:00:00Z, since telling it keeps failing (12 times): "
        "TAK answered 500. See rmtui effects list --state failing."
    )
    assert found["effects", "crl"].sentence.isprintable()


def test_effects_that_nobody_carries_out(env):
    """As where the timer has died, or a command was killed just after its commit."""
    make_operator()
    now = clock.utcnow()
    recent, long_ago, soon = now - dt.timedelta(minutes=10), now - dt.timedelta(minutes=20), now + dt.timedelta(hours=1)
    raven = uuid.uuid4()
    effect("product:tak", 0, next_try=recent, created=long_ago)
    effect("product:tak", 0, next_try=long_ago, lease_until=recent)  # somebody has had it in hand since
    effect("product:tak", 1, next_try=soon, last_error="no", person=raven)
    effect("product:tak", 0, event="revoked", next_try=long_ago, person=raven)  # in its turn
    effect("keycloak", 0, next_try=long_ago, state="done")
    assert ("effects", "") not in troubles()
    with connection():
        Effect.update(next_try=long_ago).where(Effect.person == raven).execute()
    found = troubles()["effects", ""]
    assert (found.severity, found.repair) == ("error", "")
    assert found.sentence.startswith(f"3 effect(s) wait for somebody to carry them out, which could have been done since {stamp(long_ago)}")
    with connection():
        Effect.update(state="skipped").where(Effect.event == "revoked").execute()
    assert troubles()["effects", ""].severity == "warning"


@pytest.mark.parametrize("env", ["sqlite"], indirect=True)
class TestProducts:
    def asked(self, tmp_path, **apis: str) -> dict[str, doctor.Finding]:
        (tmp_path / "manifest.json").write_text(manifest(**apis))
        settings.configure(dataclasses.replace(settings.current(), manifest=tmp_path / "manifest.json"))
        return {each.subject: each for each in doctor.examine().findings if each.check == "product"}

    def test_what_does_not_answer_as_it_should(self, env, tmp_path):
        product = Product()
        gone = Product()
        gone.close()
        found = self.asked(tmp_path, well=product.api, gone=gone.api, odd="no", tls=product.api.replace("http:", "https:"))
        assert {name: each.severity for name, each in found.items()} == dict.fromkeys(("gone", "odd", "tls"), "warning") | {"well": "ok"}
        assert "cannot be reached" in found["gone"].sentence
        assert "no web address" in found["odd"].sentence
        assert "does not speak TLS" in found["tls"].sentence
        assert product.told == []
        product.close()

    def test_one_that_never_comes_to_an_end(self, env, tmp_path, monkeypatch):
        monkeypatch.setattr(products, "LONGEST", 0.5)
        with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as threads:
            drips = threads.submit(drip, server)
            found = self.asked(tmp_path, slow=f"http://127.0.0.1:{server.getsockname()[1]}/")
            assert drips.result()
        assert "broke the connection off" in found["slow"].sentence

    def test_a_password_in_an_address_is_not_shown(self, env, tmp_path):
        found = self.asked(tmp_path, odd="https://me:hidden@tak.example/", port="https://tak.example:99999/")
        assert ["no web address" in each.sentence for each in found.values()] == [True, True]
        assert "hidden" not in found["odd"].sentence

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    def test_one_that_takes_only_our_certificate(self, env, tmp_path, version):
        trusted = tmp_path / "ca_public"
        trusted.mkdir()
        server, ours, others = self_signed(trusted, "server"), self_signed(tmp_path, "ours"), self_signed(tmp_path, "others")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.maximum_version = version
        context.load_cert_chain(*server)
        context.load_verify_locations(ours[0])
        context.verify_mode = ssl.CERT_REQUIRED
        product = Product(context=context)

        def sentence(**changes) -> str:
            settings.configure(dataclasses.replace(settings.current(), **changes))
            return self.asked(tmp_path, tak=product.api)["tak"].sentence

        assert "is not trusted" in sentence(mtls_client_cert=ours[0], mtls_client_key=ours[1])
        for pair in ((None, None), others):
            assert "refuses our client certificate" in sentence(local_ca_certs=trusted, mtls_client_cert=pair[0], mtls_client_key=pair[1])
        assert "RM_MTLS_CLIENT_CERT_PATH" in sentence(mtls_client_cert=tmp_path / "none.pem")
        assert sentence(mtls_client_cert=ours[0], mtls_client_key=ours[1]) == "tak answers, and takes our certificate."
        assert product.told == []
        product.close()

    @pytest.mark.parametrize(
        ("status", "severity", "said"),
        [
            *((status, "ok", "answers, without TLS") for status in (200, 404, 405, 501)),
            *((status, "error", f"does not let us in: it answers {status}") for status in (401, 403)),
            (307, "error", "redirects (307), which is not followed"),
            (500, "warning", "fails: it answers 500"),
            (503, "warning", "does not run: its server answers 503"),
        ],
    )
    def test_what_a_status_means(self, env, tmp_path, status, severity, said):
        with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as threads:
            line = threads.submit(answer_once, server, status)
            found = self.asked(tmp_path, tak=f"http://127.0.0.1:{server.getsockname()[1]}/below/")["tak"]
            assert line.result() == b"GET /below/api/v1/users/created HTTP/1.1"
        assert (found.severity, said in found.sentence) == (severity, True)

    def test_a_name_server_that_hangs(self, env, tmp_path, monkeypatch):
        over = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: over.wait(30) and [])
        monkeypatch.setattr(products, "LONGEST", 0.2)
        monkeypatch.setattr(products, "SECONDS", 0.1)
        assert "did not answer at http://tak.example/ within 0.3 seconds" in self.asked(tmp_path, tak="http://tak.example/")["tak"].sentence
        over.set()


@pytest.mark.parametrize("env", ["sqlite"], indirect=True)
def test_keycloak(env, tmp_path):
    made = Keycloak()

    def found(password: str = made.password) -> list[tuple[str, str]]:
        there = settings.Keycloak(made.url, "manager", settings.Secret(password), "master", "RASENMAEHER")
        settings.configure(dataclasses.replace(settings.current(), keycloak=there))
        return [(each.severity, each.sentence) for each in doctor.examine().findings if each.check == "keycloak"]

    assert [each.sentence for each in doctor.examine().findings if each.check == "keycloak"] == ["No Keycloak is named."]
    assert found() == [("ok", "Keycloak answers, lets us in, and has the role that admins are given.")]
    ((severity, sentence),) = found("hidden")
    assert (severity, "does not let us in" in sentence, "hidden" in sentence) == ("error", True, False)
    made.fails = 403
    assert (found()[0][0], "Keycloak answered 403" in found()[0][1]) == ("error", True)
    made.fails = 0
    made.realm_roles.clear()
    assert (found()[0][0], "has no role admin" in found()[0][1]) == ("error", True)
    assert made.users == {}
    made.close()
    assert (found()[0][0], "cannot be reached" in found()[0][1]) == ("warning", True)
