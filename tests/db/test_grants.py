"""The README's minimum grants are enough for the main job, and for nothing more than they say."""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from peewee import ProgrammingError

from deployments import deploy, run_sql, unbind
from rmtui.db.middleware import connection
from rmtui.db.people import Person, Role
from rmtui.services import certificates, codes, effects, enrollments, operators, people, pools, roles
from rmtui.services.types import EnrollmentQuery, PeopleQuery

README = Path(__file__).parents[2] / "README.md"


def statements(role: str) -> list[str]:
    """The README's grants, for a role of this test's own."""
    block = re.search(r"<!-- grants:begin -->\s*```sql\n(.*?)```", README.read_text("utf-8"), re.S)
    assert block
    text = re.sub(r"\b(TO|ROLE|AUTHORIZATION) rmtui\b", rf'\1 "{role}"', block.group(1))
    return [statement for statement in text.split(";") if statement.strip()]


@pytest.fixture
def as_role(make_database, postgres, data_dir, monkeypatch):
    """A deployment's database, seen by a role with the README's grants only; an admin is in it."""
    url = make_database("current")
    role = f"op_{uuid.uuid4().hex[:8]}"
    admin = uuid.uuid4()
    run_sql(
        url,
        f"INSERT INTO raesenmaeher.users VALUES ('{admin}', now(), now(), NULL, 'BOSS', '/nowhere/{admin}', 'null', NULL)",
        f"INSERT INTO raesenmaeher.roles VALUES ('{uuid.uuid4()}', now(), now(), '{admin}', 'admin')",
        *statements(role),
        f"ALTER ROLE \"{role}\" PASSWORD 'x'",
    )
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    monkeypatch.setenv("RMTUI_OPERATOR", "BOSS")
    yield lambda: deploy("upstream", data_dir, urlunsplit((parts.scheme, f"{role}:x@{host}", *parts[2:]))), url
    unbind()
    run_sql(url, "DROP SCHEMA IF EXISTS rmtui CASCADE", f'DROP OWNED BY "{role}"', f'DROP ROLE "{role}"')


def test_main_job_with_the_minimum_grants(as_role):
    bind, _url = as_role
    bind()
    from dataclasses import replace

    from rmtui import settings

    settings.configure(replace(settings.current(), operator="BOSS"))
    operator = operators.identify("command")
    made = enrollments.create(operator, "Kettu")
    done = enrollments.approve(operator, made.pk, made.approvecode)
    assert roles.assign(operator, done.person, "pilot")
    assert roles.remove(operator, done.person, "pilot")
    other = enrollments.create(operator, "Susi")
    enrollments.reject(operator, other.pk, "nobody knows them")
    again = enrollments.reopen(operator, other.pk)
    assert [row.pk for row in enrollments.list_enrollments(EnrollmentQuery()).rows] == [again.pk]
    assert [row.callsign for row in people.list_people(PeopleQuery()).rows] == ["BOSS", "Kettu"]


def test_invites_and_codes_with_the_minimum_grants(as_role):
    bind, _url = as_role
    bind()
    from dataclasses import replace

    from rmtui import settings

    settings.configure(replace(settings.current(), operator="BOSS"))
    operator = operators.identify("command")
    made = pools.create(operator)
    assert pools.disable(operator, made.pk)
    assert pools.enable(operator, made.pk)
    assert pools.reset(operator, made.pk) != made.code
    pools.delete(operator, made.pk)
    assert codes.burn(operator, codes.find(codes.create(operator, "BOSS")).pk).burnt
    assert pools.pool(made.pk).row.deleted is not None


def test_effects_with_the_minimum_grants(as_role, tmp_path):
    bind, _url = as_role
    bind()
    from dataclasses import replace

    from rmtui import settings

    place = tmp_path / "manifest.json"
    place.write_text('{"dns": "", "deployment": "", "products": {"tak": {"api": "nowhere", "certcn": "tak"}}}')
    settings.configure(replace(settings.current(), operator="BOSS", manifest=place))
    operator = operators.identify("command")
    made = enrollments.create(operator, "Kettu")
    person = enrollments.approve(operator, made.pk, made.approvecode).person
    assert effects.run_due() == effects.Ran(failed=1)
    (row,) = effects.of_person(person)
    effects.retry(operator, row.id)
    assert effects.skip(operator, row.id, "gone").state == "skipped"
    certificates.revoke(operator, person, "superseded")
    assert {(row.target, row.event, row.state) for row in effects.of_person(person)[:2]} == {
        ("product:tak", "revoked", "waiting"),
        ("crl", "revoked", "done"),
    }


def test_the_role_can_do_no_more(as_role):
    bind, _url = as_role
    bind()
    with connection() as db:
        for statement in (
            "ALTER TABLE raesenmaeher.users ADD COLUMN x int",
            "DELETE FROM raesenmaeher.users",
            "DELETE FROM raesenmaeher.enrollments",
            "TRUNCATE raesenmaeher.roles",
        ):
            with pytest.raises(ProgrammingError, match=r"must be owner|permission denied"), db.atomic():
                db.execute_sql(statement)
        assert Person.select().count() == 1
        assert Role.select().count() == 1
