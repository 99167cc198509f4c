"""Paths and settings, for ``rmtui info``."""

from __future__ import annotations

from typing import Any

from rmtui import __version__, settings
from rmtui.db import issuing
from rmtui.db.middleware import connection
from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.logs import log_path
from rmtui.services import audit, enrollments, operators, people, witness
from rmtui.services.deployment import open_deployment
from rmtui.services.types import EnrollmentQuery, PeopleQuery

__all__ = ["information"]

EVERY = 2**53
"""Counts here are told to programs too: they go as far as there are rows."""


def information() -> dict[str, Any]:
    """What this program works on and how it is set, without a secret.

    :raises RmtuiError: the database cannot be used, and why.
    """
    config = settings.current()
    found = open_deployment()
    record: dict[str, Any] = {
        "version": __version__,
        "database": found.kind,
        "place": found.place,
        "ready": found.ready,
        "read_only": config.read_only,
        "data_dir": str(config.data_dir),
        "data_dir_here": str(config.local_data_dir),
        "config_file": str(config.config_file),
        "authority": _authority(),
        "ca_chain": str(config.public_dir / "ca_chain.pem"),
        "crl": str(config.public_dir / "crl.pem"),
        "key_type": config.key_type,
        "certificate_hours": config.cert_hours,
        "manifest": str(config.manifest) if config.manifest else None,
        "join_url": config.join_url,
        "state_dir": str(config.state_dir),
        "log": str(log_path(config.state_dir)),
        "audit_log": None,
        "signin_required": operators.signin_required(),
        "operator": None,
        "proof": None,
        "operator_problem": None,
        "pending": None,
        "people": None,
    }
    if not found.ready:
        record["operator_problem"] = tr("The deployment is not set up yet; rmtui or rmtui init does that.")
        return record
    with connection():
        record["audit_log"] = str(witness.log_path()) if audit.ready() else None
    try:
        operator = operators.admit("command", operators.passphrase_in_file)
    except RmtuiError as error:
        record["operator_problem"] = error.sentence
        if operators.signin_required():  # how many there are is for who may look
            return record
    else:
        record["operator"], record["proof"] = (operator.callsign, tr(operator.proof)) if operator else (None, None)
    record["pending"] = enrollments.count_enrollments(EnrollmentQuery(), EVERY).number
    record["people"] = people.count_people(PeopleQuery(), EVERY).number
    return record


def _authority() -> str:
    try:
        return issuing.authority().describe()
    except RmtuiError as error:
        return tr("none: {error}", error=error.sentence)
