"""Who brought their own key, and what a request says before it is signed."""

from __future__ import annotations

import uuid

import pytest

from making import make_operator, make_person
from rmtui.db.middleware import connection
from rmtui.db.people import Person
from rmtui.pki.csr import build_csr
from rmtui.pki.interface import CSRError
from rmtui.pki.keys import generate, spki_fingerprint
from rmtui.services import certificates, requests
from rmtui.services.requests import RequestFileError

pytestmark = pytest.mark.two_databases


def test_only_who_has_a_certificate_and_no_key_here_keeps_it(env):
    with connection():
        made = Person.create_with_cert("RAVEN")
        own = Person.create_with_cert("KARHU", csr=build_csr(generate("ec256"), "KARHU").decode())
    without = make_person("GHOST")
    keys = [made.pk, own.pk, without.pk, uuid.uuid4()]
    assert certificates.keeping_their_key(keys) == {own.pk}
    assert certificates.keeping_their_key([]) == frozenset()
    certificates.reissue(make_operator(), own.pk)
    assert certificates.keeping_their_key(keys) == frozenset()


def test_a_request_is_told_as_it_will_be_signed(env, tmp_path):
    key = generate("ec256")
    file = tmp_path / "raven.csr"
    file.write_bytes(build_csr(key, "RAVEN"))
    request = requests.describe(str(file), "RAVEN")
    assert (request.subject, request.key) == ("CN=RAVEN", "EC P-256")
    assert request.fingerprint == spki_fingerprint(key.public_key())
    with connection():
        person = Person.create_with_cert("RAVEN")
    file.write_bytes(build_csr(generate("ec256"), "RAVEN"))  # what was shown is signed, whatever the file says now
    certificates.reissue(make_operator(), person.pk, csr=request.pem)
    assert (person.directory / "mtls.csr").read_text() == request.pem


def test_a_request_for_another_or_none_at_all(env, tmp_path):
    file = tmp_path / "raven.csr"
    with pytest.raises(RequestFileError, match="cannot be read"):
        requests.describe(str(file), "RAVEN")
    file.write_bytes(build_csr(generate("ec256"), "KARHU"))
    with pytest.raises(CSRError, match="it is for “KARHU”, not for “RAVEN”"):
        requests.describe(str(file), "RAVEN")
