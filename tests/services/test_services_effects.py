"""Products are told of every change, in order and at least once, whatever becomes of them or of us meanwhile."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace

import pytest
from telling import CODE, approve, configure, impatient, later, stand_still

from making import audit_rows, make_enrollment, make_operator, make_person
from ports import HeldPort
from product_stand_in import Product, manifest
from rmtui import clock, settings
from rmtui.auth.permissions import ReadOnly
from rmtui.db import effects as queue
from rmtui.db.base import db
from rmtui.db.middleware import connection
from rmtui.db.own import Effect
from rmtui.db.people import Person
from rmtui.db.process import host
from rmtui.errors import RmtuiError
from rmtui.services import certificates, decisions, effects, roles
from rmtui.services.effects import EffectQuery, NotWaiting

pytestmark = pytest.mark.two_databases


@pytest.fixture
def boss(env, tmp_path, product):
    configure(tmp_path, manifest(tak=product.api))
    return make_operator()


def planned(**columns) -> list[tuple[str, str, str]]:
    with connection():
        found = Effect.select().order_by(Effect.id)
        return [(row.target, row.event, row.state) for row in found if all(getattr(row, name) == each for name, each in columns.items())]


def test_everything_that_happens_to_somebody_is_told_in_order(boss, product):
    raven = approve(boss, "RAVEN")
    roles.assign(boss, raven, "medic")
    roles.assign(boss, raven, "admin")
    with connection():
        first = Person.by_pk(raven).get_cert_pem().decode()
    assert effects.run_due() == effects.Ran(done=2)
    certificates.reissue(boss, raven)
    roles.remove(boss, raven, "admin")
    certificates.revoke(boss, raven, "keyCompromise")
    assert effects.anything_due()
    effects.run_due()
    assert not effects.anything_due()
    messages = ["created", "promoted", "created", "promoted", "demoted", "revoked"]
    assert product.told == [(message, "RAVEN") for message in messages]
    assert set(product.bodies[0]) == {"uuid", "callsign", "x509cert"}
    assert (product.bodies[0]["uuid"], product.bodies[0]["x509cert"]) == (str(raven), first.replace("\n", "\\n"))
    assert product.bodies[2]["x509cert"] != product.bodies[0]["x509cert"]
    told = effects.of_person(raven)
    assert next((row.event, row.state) for row in told if row.target == "product:tak") == ("revoked", "done")
    assert {row.state for row in told} == {"done"}


def test_nothing_is_planned_where_nobody_is_to_be_told(env, tmp_path):
    boss = make_operator()
    raven = approve(boss, "RAVEN")
    roles.assign(boss, raven, "admin")
    assert planned() == []
    configure(tmp_path, '{"dns": "a", "deployment": "b", "products": {"tak": {"certcn": "tak"}}}')
    roles.remove(boss, raven, "admin")
    assert planned() == []
    assert not effects.anything_due()


def test_nobody_is_told_of_somebody_elses_certificate(boss, product, monkeypatch):
    raven, karhu = approve(boss, "RAVEN"), approve(boss, "KARHU")
    with connection():
        theirs = Person.by_pk(karhu).directory / "mtls.pem"
        shutil.copy(Person.by_pk(raven).directory / "mtls.pem", theirs)
    assert effects.run_due() == effects.Ran(done=1, failed=1)
    assert product.told == [("created", "RAVEN")]
    assert "is that of RAVEN, and nobody was told of it" in effects.of_person(karhu)[0].last_error
    certificates.revoke(boss, karhu, "superseded")
    later(monkeypatch)
    assert effects.run_due() == effects.Ran(done=1, skipped=1)
    assert product.told[1:] == [("revoked", "KARHU")]
    assert product.bodies[1] == {"uuid": str(karhu), "callsign": "KARHU", "x509cert": ""}


def test_an_action_that_is_taken_back_leaves_no_effect(boss, monkeypatch):
    waiting = make_enrollment("RAVEN", CODE)
    monkeypatch.setattr("rmtui.services.audit.Act.done", lambda *_args, **_details: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        decisions.approve(boss, waiting.pk, CODE)
    assert planned() == [("crl", "revoked", "done")]  # the certificate that was signed and lost


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (500, "answered 500"),
        (302, "answered 302"),
        (503, "cannot be reached: its server answers 503"),
        ('{"success": false, "error": "No \\u001b[2J room"}', "says that it failed: No "),
        ("<html>", "says that it failed"),
        ("x" * 70_000, "65,536 bytes"),
    ],
)
def test_a_product_that_fails_is_asked_again_later(boss, product, monkeypatch, answer, says):
    product.answers = [answer]
    raven = approve(boss, "RAVEN")
    roles.assign(boss, raven, "admin")
    stand_still(monkeypatch)
    assert effects.run_due().failed == 1
    first, second = effects.of_person(raven)[::-1]
    assert says in first.last_error
    assert "\x1b" not in first.last_error
    silent = answer == 503 or len(str(answer)) > 65_536
    assert (first.attempts, first.failing, second.attempts, second.failing) == (1, True, 0, silent)
    assert 3 < (first.next_try - clock.utcnow()).total_seconds() <= 5
    assert effects.undone().failing.number == 1 + silent
    assert effects.list_effects(EffectQuery("failing", "raven tak")).rows[0].id == first.id
    assert not effects.anything_due()  # what comes after it waits for it
    later(monkeypatch)
    effects.run_due()
    assert product.told == [("created", "RAVEN"), ("promoted", "RAVEN")]
    assert effects.undone().failing.number == 0


def test_a_product_that_hangs_or_is_away_holds_up_nobody_else(boss, product, tmp_path, monkeypatch):
    other, away = Product(), HeldPort()
    configure(tmp_path, manifest(aaa=f"http://127.0.0.1:{away.number}/", bbb=product.api, ccc=other.api))
    product.answers = ["hang"]
    for callsign in ("RAVEN", "KARHU", "ILVES"):
        approve(boss, callsign)
    with impatient(monkeypatch):
        ran = effects.run_due()
    assert (ran.done, ran.failed, ran.unreachable) == (3, 2, 2)  # each silent one was asked once
    assert [callsign for _message, callsign in other.told] == ["RAVEN", "KARHU", "ILVES"]
    assert product.asked == 1
    back = Product(away.number)
    later(monkeypatch)
    assert effects.run_due() == effects.Ran(done=6)
    assert sorted(back.told) == sorted(product.told) == sorted(other.told)
    for each in (back, away, other):
        each.close()


def many_waiting(number: int) -> None:
    """People of whom both products are to be told that they were revoked."""
    with connection():
        people = [make_person(f"P{place}") for place in range(number)]
        rows = [{"person": each.pk, "callsign": each.callsign, "event": "revoked"} for each in people]
        queue._insert({**row, "target": target} for row in rows for target in ("product:ccc", "product:tak"))


def test_a_thousand_that_wait_for_one_product_hold_up_no_other(boss, product, tmp_path, monkeypatch):
    other = Product()
    configure(tmp_path, manifest(tak=product.api, ccc=other.api))
    product.answers = ["hang"]
    many_waiting(60)
    stand_still(monkeypatch)
    with impatient(monkeypatch):
        assert effects.run_due() == effects.Ran(done=60, failed=1, unreachable=1)
    assert (product.asked, len(other.told)) == (1, 60)
    waiting = effects.list_effects(EffectQuery("failing")).rows
    assert len({row.next_try for row in waiting}) == 1
    assert len(waiting) == effects.undone().failing.number == 60
    assert sum(row.attempts for row in waiting) == 1
    assert all("did not answer within" in row.last_error for row in waiting)
    assert not effects.anything_due()
    assert effects.next_try() == waiting[0].next_try
    assert effects.run_due(now=True) == effects.Ran(done=60)
    assert effects.undone().failing.number == 0
    other.close()


def test_one_message_that_breaks_a_product_keeps_no_other_from_it(boss, product, monkeypatch):
    for callsign in ("RAVEN", "KARHU", "ILVES"):
        approve(boss, callsign)
    product.breaks = {"RAVEN"}
    assert effects.run_due() == effects.Ran(failed=1, unreachable=1)
    later(monkeypatch)
    assert effects.run_due() == effects.Ran(done=2, failed=1, unreachable=1)
    assert [callsign for _message, callsign in product.told] == ["KARHU", "ILVES"]


def test_what_nobody_foresaw_is_recorded_and_logged_and_keeps_nobody_else(boss, product, monkeypatch, caplog):
    for callsign in ("RAVEN", "KARHU"):
        approve(boss, callsign)
    post = effects.products._post

    def fails(line, message, body):
        if body["callsign"] == "RAVEN":
            raise KeyError(line.address)
        post(line, message, body)

    monkeypatch.setattr(effects.products, "_post", fails)
    assert effects.run_due() == effects.Ran(done=1, failed=1)
    assert [callsign for _message, callsign in product.told] == ["KARHU"]
    (row,) = effects.list_effects(EffectQuery("failing")).rows
    assert row.last_error == "It failed in a way that was not foreseen: KeyError."
    assert f"KeyError about {row.id}" in caplog.text
    assert "in fails" in caplog.text
    assert product.api.rstrip("/") not in caplog.text  # what an error says may be a secret


def test_who_is_slow_comes_after_the_others(boss, product, tmp_path):
    other = Product()
    configure(tmp_path, manifest(tak=product.api, ccc=other.api))
    other.answers = ["slow"]
    many_waiting(5)
    assert effects.run_due(most=6) == effects.Ran(done=6)
    assert (len(other.told), len(product.told)) == (1, 5)
    effects.run_due()
    assert len(other.told) == 5
    other.close()


def test_the_longer_nobody_answers_the_longer_all_wait(boss, product, monkeypatch):
    for callsign in ("RAVEN", "KARHU", "ILVES"):
        approve(boss, callsign)
    product.answers = ["reset"] * 12
    pauses = []
    for _ in range(12):
        assert effects.run_due() == effects.Ran(failed=1, unreachable=1)
        rows = effects.list_effects(EffectQuery()).rows
        pauses.append((min(row.next_try for row in rows) - clock.utcnow()).total_seconds())
        assert effects.run_due() == effects.Ran()
        later(monkeypatch)
    assert pauses[0] <= 5
    assert pauses[3] > 25
    assert 200 < pauses[-1] <= 300
    assert effects.run_due() == effects.Ran(done=3)


def test_what_was_done_long_ago_is_removed(boss, product, monkeypatch):
    approve(boss, "RAVEN")
    effects.run_due()
    approve(boss, "KARHU")
    with connection():
        assert queue.prune() == 0
    later(monkeypatch, 24 * 91)
    effects.run_due(most=0)
    assert planned() == [("product:tak", "created", "waiting")]


def test_pauses_grow_and_are_bounded():
    pauses = [queue._pause(attempts).total_seconds() for attempts in range(1, 30)]
    assert all(5 * 0.75 <= pause <= 3600 for pause in pauses)
    assert pauses[0] == 5
    assert min(pauses[12:]) >= 2700
    assert pauses[1] < pauses[4] < pauses[8]


def test_several_runners_never_do_the_same_at_once(boss, product):
    people = [approve(boss, f"RAVEN{number}") for number in range(4)]
    for person in people:
        roles.assign(boss, person, "admin")
    threads = [threading.Thread(target=effects.run_due) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    effects.run_due()
    assert product.at_once == 1
    assert product.asked == 8
    for number in range(4):
        assert [message for message, callsign in product.told if callsign == f"RAVEN{number}"] == ["created", "promoted"]


def test_a_lease_dies_with_its_process_or_runs_out(boss, product, monkeypatch):
    approve(boss, "RAVEN")
    with connection():
        taken = queue.take()
        assert taken is not None
        assert queue.take() is None
        db.execute_sql("SELECT 1")
    assert effects.run_due() == effects.Ran()
    with pytest.raises(NotWaiting, match="is being carried out just now"):
        effects.skip(boss, taken.id, "No")
    with connection():
        Effect.update(process="1/0", host=host()).execute()
    assert effects.run_due() == effects.Ran(done=1)
    approve(boss, "KARHU")
    with connection():
        assert queue.take() is not None
    later(monkeypatch, 0.1)
    assert effects.run_due() == effects.Ran(done=1)
    assert len(product.told) == 2


def test_who_was_thought_dead_takes_nothing_back(boss, product, monkeypatch):
    approve(boss, "RAVEN")
    with connection():
        slow = queue.take()
    later(monkeypatch, 0.1)
    product.answers = [500]
    effects.run_due()
    with connection():
        queue.failed([slow], RmtuiError("late"))
    assert effects.list_effects(EffectQuery()).rows[0].last_error.endswith("answered 500.")
    with connection():
        queue.done([slow])
    assert planned() == [("product:tak", "created", "done")]


def test_a_manifest_that_cannot_be_read_keeps_nobody_from_revoking(boss, product, tmp_path, monkeypatch):
    raven = approve(boss, "RAVEN")
    configure(tmp_path, "{")
    certificates.revoke(boss, raven, "keyCompromise")
    assert planned(state="waiting") == [("product:tak", "created", "waiting"), ("products", "revoked", "waiting")]
    effects.run_due()
    assert effects.undone().failing.number == 1
    configure(tmp_path, manifest(tak=product.api))
    later(monkeypatch)
    effects.run_due()
    assert product.told == [("created", "RAVEN"), ("revoked", "RAVEN")]


def test_who_runs_without_the_manifest_tells_nobody_and_loses_nothing(boss, product, tmp_path, monkeypatch):
    raven = approve(boss, "RAVEN")
    configure(tmp_path, "{")
    certificates.revoke(boss, raven, "keyCompromise")
    settings.configure(replace(settings.current(), manifest=None))  # a timer's environment
    assert effects.run_due() == effects.Ran(failed=1)
    with connection():
        Effect.update(state="done").where(Effect.event == "created").execute()
    assert effects.run_due() == effects.Ran(failed=1)
    (waits,) = effects.list_effects(EffectQuery("failing")).rows
    assert (waits.target, waits.event) == ("products", "revoked")
    assert waits.last_error.startswith("No manifest is named, so no product was told.")
    configure(tmp_path, manifest())  # one with no product to tell
    later(monkeypatch)
    assert effects.run_due() == effects.Ran(done=1)
    assert product.told == []


def test_retry_and_skip(boss, product):
    product.answers = [500, 500]
    raven = approve(boss, "RAVEN")
    roles.assign(boss, raven, "admin")
    effects.run_due()
    (row,) = effects.list_effects(EffectQuery("failing")).rows
    assert effects.retry(boss, row.id).next_try <= clock.utcnow()
    assert effects.run_due(only=[row.id]).failed == 1
    assert effects.skip(boss, row.id, "TAK is \x1bgone").state == "skipped"
    with pytest.raises(NotWaiting, match=rf"Effect {row.id} was skipped on .*; nothing was changed"):
        effects.retry(boss, row.id)
    effects.run_due()
    assert product.told == [("promoted", "RAVEN")]  # what came after it goes on
    with pytest.raises(Exception, match="There is no effect 99"):
        effects.skip(boss, 99, "No")
    done = [(action, outcome, target) for _by, action, outcome, target, _about in audit_rows() if action.endswith("-effect")]
    assert done == [
        ("retry-effect", "done", "RAVEN"),
        ("skip-effect", "done", "RAVEN"),
        ("retry-effect", "refused", "RAVEN"),
        ("skip-effect", "refused", ""),
    ]


def test_read_only_runs_nothing(boss, product):
    approve(boss, "RAVEN")
    settings.configure(replace(settings.current(), read_only=True))
    with pytest.raises(ReadOnly):
        effects.run_due()
    assert product.asked == 0
    assert effects.anything_due()


@pytest.mark.parametrize("env", ["sqlite"], indirect=True)
def test_a_product_that_left_the_manifest_is_skipped_and_one_without_a_slash_is_told(boss, product, tmp_path):
    raven = approve(boss, "RAVEN")
    configure(tmp_path, manifest(bl=product.api.rstrip("/")))
    roles.assign(boss, raven, "admin")
    assert effects.run_due() == effects.Ran(done=1, failed=1)
    (gone,) = effects.list_effects(EffectQuery()).rows
    assert gone.last_error == "The manifest names no product tak that can be told; skip this if it is gone."
    effects.skip(boss, gone.id, "TAK is gone")
    assert not effects.undone().waits
    assert product.told == [("promoted", "RAVEN")]
