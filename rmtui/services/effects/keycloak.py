"""Keeping the deployment's Keycloak in step with its people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rmtui import settings
from rmtui.db import manifest
from rmtui.db.base import db
from rmtui.db.engine import is_sqlite
from rmtui.db.locks import exclusive
from rmtui.db.middleware import connection
from rmtui.db.own import Effect
from rmtui.db.people import Person
from rmtui.errors import ConfigurationError
from rmtui.services.effects.types import EffectFailed, TargetUnreachable
from rmtui.text import plain

__all__ = ["tell"]

TIMEOUT = 10
"""Seconds that one request may take."""
ADMIN = "admin"
"""Name of the realm role that follows ours."""


def tell(effect: Effect, person: Person) -> None:
    """Make, change or delete somebody's user. Each can be done twice.

    :raises EffectFailed: Keycloak says no.
    :raises TargetUnreachable: it does not answer.
    :raises ConfigurationError: none is named any more, or what is configured cannot be used.
    """
    with _explained():
        admin = _connect()
        if effect.event == "revoked":
            _delete(admin, person)
        elif person.deleted is None:  # who was revoked meanwhile has no user to change, and is to have none
            user = _user(admin, person)
            if effect.event == "promoted":
                admin.assign_realm_roles(user, [admin.get_realm_role(ADMIN)])
            elif effect.event == "demoted":
                admin.delete_realm_roles_of_user(user, [admin.get_realm_role(ADMIN)])


def _connect() -> Any:
    from keycloak import KeycloakAdmin

    config = settings.current()
    found = config.keycloak
    if found is None:
        raise ConfigurationError("RM_KC_URL names no Keycloak any more; nothing was told. Name it, or skip this.")
    return KeycloakAdmin(
        server_url=found.url,
        username=found.username,
        password=found.password.reveal(),
        realm_name=found.realm,
        user_realm_name=found.user_realm,
        verify=str(config.local_ca_certs) if config.local_ca_certs is not None and config.local_ca_certs.is_file() else True,
        cert=(str(config.mtls_client_cert), str(config.mtls_client_key)) if config.mtls_client_cert and config.mtls_client_key else None,
        timeout=TIMEOUT,
    )


@contextmanager
def _explained() -> Iterator[None]:
    """What the client raises, as a sentence without a secret."""
    from keycloak.exceptions import KeycloakAuthenticationError, KeycloakConnectionError, KeycloakError
    from requests.exceptions import RequestException

    try:
        yield
    except KeycloakAuthenticationError:
        raise EffectFailed("Keycloak does not let us in; check RM_KC_USERNAME, RM_KC_PASSWORD and RM_KC_USER_REALM.") from None
    except (KeycloakConnectionError, RequestException) as error:
        raise TargetUnreachable(f"Keycloak cannot be reached ({type(error).__name__}).") from None
    except KeycloakError as error:
        code = error.response_code
        if code is None or code in {502, 503, 504}:
            raise TargetUnreachable(f"Keycloak cannot be reached{f': it answers {code}' if code else ''}.") from None
        raise EffectFailed(f"Keycloak answered {code}: {plain(_said(error), 200)}") from None


def _said(error: Any) -> str:
    return bytes(error.response_body or b"").decode("utf-8", "replace") or type(error).__name__


def _user(admin: Any, person: Person) -> str:
    """Id of the person's user, made or brought up to date, and kept with the person."""
    wanted, products = _wanted(person)
    found = _find(admin, person, wanted["email"])
    if found is None:
        user = str(admin.create_user(wanted))
    else:
        user = str(found["id"])
        admin.update_user(user, {**found, **wanted, "attributes": {**(found.get("attributes") or {}), **wanted["attributes"]}})
    for product in products:
        group = _group(admin, f"/{product}/{product}_default")
        if group is not None:
            admin.group_user_add(user, group)
    if found is None or person.extra.get("kc_uuid") != user:
        _keep(person, user, admin.get_user(user))
    return user


def _wanted(person: Person) -> tuple[dict[str, Any], list[str]]:
    found = manifest.read("Keycloak was not told")
    products = sorted(found.products) if found is not None else []
    wanted = {
        "username": person.callsign,
        "email": f"{person.pk}@{found.dns.partition(':')[0] if found is not None else ''}",
        "firstName": person.callsign,
        "lastName": found.deployment if found is not None else "",
        "enabled": True,
        "attributes": {
            "callsign": [person.callsign],
            "certpem": [person.get_cert_pem().decode("ascii", "replace")],
            "altUsernames": [f"{person.callsign}_{product}" for product in products],
        },
    }
    return wanted, products


def _group(admin: Any, path: str) -> str | None:
    """Id of a group; None where the deployment has none of that name."""
    from keycloak.exceptions import KeycloakGetError

    try:
        return str(admin.get_group_by_path(path)["id"])
    except KeycloakGetError as error:
        if error.response_code == 404:
            return None
        raise


def _find(admin: Any, person: Person, email: str) -> dict[str, Any] | None:
    """The person's user, by the id that is kept or else by name.

    :raises EffectFailed: somebody else has the name.
    """
    from keycloak.exceptions import KeycloakGetError

    kept = person.extra.get("kc_uuid")
    if isinstance(kept, str) and kept:
        try:
            return dict(admin.get_user(kept))
        except KeycloakGetError as error:
            if error.response_code != 404:
                raise
    for found in admin.get_users({"username": person.callsign, "exact": "true"}):
        if str(found.get("email", "")).partition("@")[0].lower() != email.partition("@")[0].lower():
            raise EffectFailed(f"Keycloak has another user called {plain(person.callsign)}; nothing was changed there. Look who that is.")
        return dict(found)
    return None


def _delete(admin: Any, person: Person) -> None:
    from keycloak.exceptions import KeycloakDeleteError

    with suppress(EffectFailed):  # a user of somebody else is none of theirs
        found = _find(admin, person, f"{person.pk}@")
        if found is None:
            return
        try:
            admin.delete_user(str(found["id"]))
        except KeycloakDeleteError as error:
            if error.response_code != 404:
                raise


def _keep(person: Person, user: str, answer: dict[str, Any]) -> None:
    """Note the user's id with the person; whatever else is noted there stays."""
    with connection(), exclusive(f"roles:{person.pk}"):
        row = Person.select().where(Person.pk == person.pk)
        now = (row if is_sqlite(db) else row.for_update()).get()  # the web API, which takes no lock of ours, waits too
        now.extra = {**now.extra, "kc_uuid": user, "kc_data": answer}
        now.save(only=[Person.extra])
