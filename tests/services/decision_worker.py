"""Decides about enrolments one after the other; each answer of the services is a line, and what failed is asked for again."""

from __future__ import annotations

import json
import sys
import uuid

from rmtui import settings
from rmtui.auth.operator import Operator
from rmtui.db import bind_config
from rmtui.db.middleware import connection
from rmtui.errors import RmtuiError, UnreachableError
from rmtui.pki import csr, embedded, identity, keys, pkcs12  # noqa: F401  loaded before the work begins
from rmtui.services import enrollments


def decide(operator: Operator, verb: str, target: str, code: str) -> str:
    """What came of it, as a word."""
    try:
        if verb == "approve":
            enrollments.approve(operator, uuid.UUID(target), code)
        else:
            enrollments.reject(operator, uuid.UUID(target), "not ours")
    except RmtuiError as error:
        if not isinstance(error, UnreachableError):
            return f"{type(error).__name__}: {error.sentence}"
        return type(error).__name__
    return "done"


def main() -> None:
    """Take the work from standard input, and do it."""
    settings.configure(settings.Settings.from_env())
    bind_config()
    pk, callsign, jobs = json.loads(sys.stdin.readline())
    operator = Operator(uuid.UUID(pk), callsign, "test")
    with connection():
        print(json.dumps(["", "", "ready"]), flush=True)
    sys.stdin.readline()
    for verb, target, code in jobs:
        answer = ""
        while not answer or answer in {"DatabaseUnreachable", "OutcomeUnknown", "DatabaseBusy"}:
            answer = decide(operator, verb, target, code)
            print(json.dumps([target, verb, answer]), flush=True)


main()
