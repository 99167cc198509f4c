"""Keys made ahead: no more than are needed, each used once, none left where none may be used."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from making import make_enrollment, make_operator, make_person
from rmtui import settings
from rmtui.auth.operator import Operator
from rmtui.db.middleware import connection
from rmtui.db.people import Person
from rmtui.pki import keys
from rmtui.pki.keys_ahead import MOST, Stock, stock
from rmtui.services import decisions, keys_ahead
from rmtui.services.types import State

pytestmark = pytest.mark.two_databases


@pytest.fixture
def generated(monkeypatch):
    """Every key that is made, in order; they are elliptic, whatever was asked for."""
    made = []
    generate = keys.generate

    def quick(_kind):
        made.append(generate("ec256"))
        return made[-1]

    monkeypatch.setattr(keys, "generate", quick)
    yield made
    keys_ahead.stop()


def settled(shelf=stock):
    with shelf.changed:
        assert shelf.changed.wait_for(lambda: not shelf.working, 30)
    return len(shelf)


def test_so_many_as_are_wanted_and_no_more(generated):
    shelf = Stock()
    for number, expected in [(3, 3), (100, MOST), (2, 2), (0, 0)]:
        shelf.want(number, "rsa4096")
        assert settled(shelf) == expected
    assert len(generated) == MOST
    shelf.want(2, "rsa4096")
    shelf.want(2, "rsa2048")
    assert settled(shelf) == 2
    assert shelf.take("rsa4096") is None
    assert shelf.take("rsa2048") is not None
    assert settled(shelf) == 1, "what was taken is made anew only when it is wanted"
    shelf.want(5, "ec256")
    assert settled(shelf) == 0
    assert shelf.take("ec256") is None


def test_no_key_is_given_out_twice(generated):
    shelf = Stock()
    taken = []
    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            shelf.want(MOST, "rsa4096")
            settled(shelf)
            taken += [each.result() for each in [pool.submit(shelf.take, "rsa4096") for _ in range(2 * MOST)]]
    given = [key for key in taken if key is not None]
    assert len({id(key) for key in given}) == len(given) == 20 * MOST
    shelf.want(1, "rsa4096")
    settled(shelf)
    shelf.forget()
    assert shelf.take("rsa4096") is None


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_key_that_cannot_be_made_ends_nothing_but_the_thread(monkeypatch, generated):
    shelf, quick = Stock(), keys.generate

    def fail(_kind):
        raise MemoryError

    monkeypatch.setattr(keys, "generate", fail)
    shelf.want(1, "rsa4096")
    assert settled(shelf) == 0
    monkeypatch.setattr(keys, "generate", quick)
    shelf.want(1, "rsa4096")
    assert settled(shelf) == 1


def test_an_approval_takes_one_and_tells_nobody(env, generated, caplog):
    caplog.set_level(logging.DEBUG)
    settings.configure(replace(settings.current(), key_type="rsa4096"))
    boss = make_operator()
    first, second = make_enrollment("AHMA", "CODEAHMA"), make_enrollment("BIISON", "CODEBIISON")
    make_enrollment("CARIBOU", csr="a CSR")
    make_enrollment("DINGO", state=State.REJECTED)
    assert keys_ahead.needed(boss) == 2
    assert keys_ahead.needed(None) == keys_ahead.needed(Operator(make_person("EMU").pk, "EMU", "test", roles=())) == 0
    keys_ahead.want(1)
    assert settled() == 1
    used = []
    for row in (first, second):
        made = decisions.approve(boss, row.pk, row.approvecode)
        with connection():
            used.append(load_pem_private_key(Person.by_pk(made.person).get_key_pem(), None).public_key())
    assert used == [key.public_key() for key in generated]
    assert "PRIVATE" not in caplog.text + repr(stock)
    for number in range(MOST):
        make_enrollment(f"FOX{number}{number}")
    make_enrollment("GNU")
    assert keys_ahead.needed(boss) == MOST
    settings.configure(replace(settings.current(), read_only=True))
    keys_ahead.want(3)
    assert (settled(), keys_ahead.needed(boss)) == (0, 0)
