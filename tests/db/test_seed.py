"""Every class, method and attribute of the documented data layer is here, and a test covers it.

``python tests/db/test_seed.py`` prints the table.
"""

from __future__ import annotations

import ast
import importlib
from functools import cache
from pathlib import Path

import pytest

PEOPLE, ENROLL, CODES, MODELS, CONFIG = "test_db_people", "test_db_enrollments", "test_db_codes", "test_db_models", "test_db_config"

TABLES = f"{MODELS}::test_tables_and_columns_are_the_seeds"
FORBID = f"{MODELS}::test_config_forbids_unknown_names"
FIELD = f"{CONFIG}::test_fields_are_the_seeds"
NEW = f"{ENROLL}::test_fields_of_a_new_enrollment"
POOL = f"{ENROLL}::test_fields_of_a_pool"
ROLE = f"{PEOPLE}::test_role_rows"
ROLES = f"{PEOPLE}::test_roles_are_given_once_and_taken"
FILES = f"{PEOPLE}::test_get_key_cert_and_pfx_belong_together"
MADE = f"{CODES}::test_create_for_claims"
ONCE = f"{CODES}::test_use_token_once"

SUBMODULES = set("base config enrollments errors logincodes middleware nonces people".split())
SEED = {
    "base": f"{MODELS}::test_config_forbids_unknown_names",
    "config": f"{CONFIG}::test_importing_has_no_side_effects",
    "enrollments": f"{ENROLL}::test_a_code_in_use_is_drawn_again",
    "errors": f"{MODELS}::test_error_tree",
    "logincodes": f"{CODES}::test_a_login_code_in_use_is_drawn_again",
    "middleware": "test_db_middleware::test_each_operation_has_its_own",
    "nonces": f"{CODES}::test_use_token_once",
    "people": f"{PEOPLE}::test_fields",
    "db": f"{CONFIG}::test_bind_config_gives_the_database",
    "bind_config": f"{CONFIG}::test_bind_config_gives_the_database",
    "init_db": "test_db_schema::test_init_db_of_the_dump_leaves_it_as_it_is",
    "DBConfig": FIELD,
    **{
        f"DBConfig.{name}": f"{CONFIG}::test_field_from_the_environment"
        for name in (
            "driver host port user password database dsn pool_min_size pool_max_size echo ssl use_connection_for_request retry_limit "
            "retry_interval"
        ).split()
    },
    "DBConfig._singleton": f"{CONFIG}::test_singleton",
    "DBConfig.singleton": f"{CONFIG}::test_singleton",
    "DBConfig.__post_init__": f"{CONFIG}::test_post_init_settles_the_driver",
    "Person": f"{PEOPLE}::test_fields",
    "Person.Config": FORBID,
    "Person.Config.extra": FORBID,
    "Person.__tablename__": TABLES,
    "Person.callsign": f"{PEOPLE}::test_fields",
    "Person.certspath": f"{PEOPLE}::test_fields",
    "Person.extra": f"{PEOPLE}::test_fields",
    "Person.create_with_cert": f"{PEOPLE}::test_create_with_cert_leaves_what_the_deployment_reads",
    "Person.list": f"{PEOPLE}::test_list_leaves_out_the_revoked_and_is_by_callsign",
    "Person.by_role": f"{PEOPLE}::test_by_role",
    "Person.by_callsign": f"{PEOPLE}::test_by_callsign",
    "Person.by_mtlsjwt_payload": f"{PEOPLE}::test_by_mtlsjwt_payload",
    "Person.get_key_pem": FILES,
    "Person.get_cert_pem": FILES,
    "Person.get_cert_pfx": FILES,
    "Person._get_role": ROLES,
    "Person.has_role": ROLES,
    "Person.assign_role": ROLES,
    "Person.remove_role": ROLES,
    "Role": ROLE,
    "Role.__tablename__": TABLES,
    "Role.__table_args__": TABLES,
    "Role.pk": ROLE,
    "Role.created": ROLE,
    "Role.updated": ROLE,
    "Role.user": ROLE,
    "Role.role": ROLE,
    "Role._idx": ROLE,
    "Enrollment": NEW,
    "Enrollment.Config": FORBID,
    "Enrollment.Config.extra": FORBID,
    "Enrollment.__tablename__": TABLES,
    **{f"Enrollment.{name}": NEW for name in "approvecode callsign decided_on decided_by person pool state extra".split()},
    "Enrollment.approve": f"{ENROLL}::test_approve",
    "Enrollment.reject": f"{ENROLL}::test_reject",
    "Enrollment.by_callsign": f"{ENROLL}::test_by_callsign",
    "Enrollment.by_approvecode": f"{ENROLL}::test_by_approvecode",
    "Enrollment.create_for_callsign": f"{ENROLL}::test_create_for_callsign_refuses",
    "Enrollment.delete": f"{ENROLL}::test_delete_of_an_enrollment_is_forbidden",
    "EnrollmentPool": POOL,
    "EnrollmentPool.Config": FORBID,
    "EnrollmentPool.Config.extra": FORBID,
    "EnrollmentPool.__tablename__": TABLES,
    **{f"EnrollmentPool.{name}": POOL for name in "owner active extra".split()},
    "EnrollmentPool.create_enrollment": f"{ENROLL}::test_create_enrollment_of_a_pool",
    "EnrollmentPool.set_active": f"{ENROLL}::test_set_active",
    "EnrollmentState": f"{ENROLL}::test_states",
    **{f"EnrollmentState.{name}": f"{ENROLL}::test_states" for name in ("PENDING", "APPROVED", "REJECTED")},
    "SeenToken": ONCE,
    "SeenToken.Config": FORBID,
    "SeenToken.Config.extra": FORBID,
    "SeenToken.__tablename__": TABLES,
    "SeenToken.token": ONCE,
    "SeenToken.auditmeta": ONCE,
    "SeenToken.use_token": ONCE,
    "SeenToken.by_token": f"{CODES}::test_by_token",
    "SeenToken.delete": f"{CODES}::test_delete_of_a_seen_token_is_forbidden",
    "LoginCode": MADE,
    "LoginCode.Config": FORBID,
    "LoginCode.Config.extra": FORBID,
    "LoginCode.__tablename__": TABLES,
    **{f"LoginCode.{name}": MADE for name in "code auditmeta used_on claims".split()},
    "LoginCode.use_code": f"{CODES}::test_use_code_gives_a_token_once",
    "LoginCode.by_code": f"{CODES}::test_by_code",
    "LoginCode.create_for_claims": MADE,
    "LoginCode.delete": f"{CODES}::test_delete_of_a_login_code_is_forbidden",
}
"""Name in the documentation, below ``rasenmaeher_api.db`` → the test that covers it."""

TODAY = {
    "base.BaseModel.by_pk": f"{MODELS}::test_by_pk_takes_every_form",
    "Person.revoke_reason": f"{PEOPLE}::test_fields",
    "Person.by_pk_or_callsign": f"{PEOPLE}::test_by_pk_or_callsign",
    "Person.revoke": f"{PEOPLE}::test_revoke",
    "Person.delete": f"{PEOPLE}::test_revoke",
    "Enrollment.csr": NEW,
    "Enrollment.list": f"{ENROLL}::test_list_filters",
    "Enrollment.reopen": f"{ENROLL}::test_reopen",
    "Enrollment.reset_approvecode": f"{ENROLL}::test_reset_approvecode",
    "EnrollmentPool.invitecode": POOL,
    "EnrollmentPool.by_invitecode": f"{ENROLL}::test_by_invitecode",
    "EnrollmentPool.reset_invitecode": f"{ENROLL}::test_reset_invitecode",
    "EnrollmentPool.list": f"{MODELS}::test_deleted_is_not_found_unless_allowed",
    "EnrollmentPool.create_for_owner": POOL,
}
"""What a deployment of today has beyond the documentation."""


@cache
def sources(module: str) -> dict[str, str]:
    """The tests of a module beside this one, with their source."""
    text = Path(__file__).with_name(f"{module}.py").read_text("utf-8")
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return {node.name: "\n".join(text.splitlines()[(node.decorator_list or [node])[0].lineno - 1 : node.end_lineno]) for node in functions}


@pytest.mark.parametrize("name", [*SEED, *TODAY])
def test_is_there_and_covered(name):
    found = importlib.import_module("rmtui.db")
    submodule = name in SUBMODULES
    if submodule:
        importlib.import_module(f"rmtui.db.{name}")
    for part in name.split("."):
        assert hasattr(found, part) or part in getattr(found, "__dataclass_fields__", {}), f"{name} is missing"
        found = getattr(found, part, None)
    module, _, function = {**SEED, **TODAY}[name].partition("::")
    assert function in sources(module), f"{function} of {module} is gone"
    last = name.rpartition(".")[2].strip("_")
    assert submodule or last in sources(module)[function] or last in Path(__file__).with_name(f"{module}.py").read_text("utf-8")


def test_the_package_gives_what_the_documentation_names():
    import rmtui.db

    named = {name for name in SEED if "." not in name} - SUBMODULES
    assert set(rmtui.db.__all__) == named


def table() -> str:
    """The table of names and tests, in Markdown."""
    rows = [f"| `{name}` | `tests/db/{test.replace('::', '.py::')}` |" for name, test in SEED.items()]
    more = [f"| `{name}` (today's) | `tests/db/{test.replace('::', '.py::')}` |" for name, test in TODAY.items()]
    return "\n".join(["| `rasenmaeher_api.db.` | test |", "|-|-|", *rows, *more])


if __name__ == "__main__":
    print(table())
