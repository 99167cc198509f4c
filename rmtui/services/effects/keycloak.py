"""Keeping the deployment's Keycloak in step with its people."""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from keycloak import KeycloakAdmin
from keycloak.exceptions import (
    KeycloakAuthenticationError,
    KeycloakConnectionError,
    KeycloakDeleteError,
    KeycloakError,
    KeycloakGetError,
)
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from rmtui import settings
from rmtui.db import manifest
from rmtui.db.base import db
from rmtui.db.engine import is_sqlite
from rmtui.db.enrollments import Enrollment
from rmtui.db.locks import exclusive
from rmtui.db.middleware import connection
from rmtui.db.own import Effect
from rmtui.db.people import Person
from rmtui.errors import ConfigurationError, RmtuiError
from rmtui.i18n import tr
from rmtui.pki.http import Line
from rmtui.services.effects.theirs import pem_of
from rmtui.services.effects.types import EffectFailed, TargetUnreachable
from rmtui.text import plain

__all__ = ["Keycloak"]

TIMEOUT = 5
"""Seconds that one request to Keycloak may take."""
MOST_ANSWERED = 1 << 20
"""Bytes of an answer."""
ADMIN = "admin"
"""Name of the realm role that follows ours."""


class Keycloak:
    """The deployment's Keycloak as one run tells it of people: signed in to once, with the first thing that is told."""

    def __init__(self, tls: Callable[[], ssl.SSLContext]) -> None:
        """Say how it is connected to; nothing is.

        :raises ConfigurationError: none is named.
        """
        found = settings.current().keycloak
        if found is None:
            raise ConfigurationError(tr("RM_KC_URL names no Keycloak any more; nothing was told. Name it, or skip this."))
        self._way = _Way(tls)
        self._admin = KeycloakAdmin(
            server_url=found.url,
            username=found.username,
            password=found.password.reveal(),
            realm_name=found.realm,
            user_realm_name=found.user_realm,
            timeout=TIMEOUT,
        )
        for client in (self._admin.connection, self._admin.connection.keycloak_openid.connection):
            session = client._s  # there is no other way to it
            session.trust_env = False
            for scheme in ("https://", "http://"):
                session.mount(scheme, self._way)

    def tell(self, effect: Effect, person: Person, hold: Callable[[], None]) -> None:
        """Make, change or delete somebody's user. Each can be done twice.

        :param hold: called just before each request; what it raises ends it.
        :raises EffectFailed: Keycloak says no.
        :raises UnreachableError: it does not answer.
        :raises ConfigurationError: what is configured cannot be used.
        """
        admin, self._way.hold = self._admin, hold
        with _explained():
            if effect.event == "revoked":
                _delete(admin, person)
            elif person.deleted is None:  # who was revoked meanwhile has no user to change, and is to have none
                if effect.event == "demoted":
                    _demote(admin, person)
                else:
                    user = _user(admin, person)
                    if effect.event == "promoted":
                        admin.assign_realm_roles(user, [_role(admin)])

    def look(self) -> None:
        """See whether it lets us in and has the role that follows ours; nothing is changed.

        :raises EffectFailed: it does not, or has none.
        :raises UnreachableError: it does not answer.
        :raises ConfigurationError: what is configured cannot be used.
        """
        with _explained():
            _role(self._admin)


class _Way(BaseAdapter):
    """Takes the client's requests over a :class:`Line`: bounded in time and size, no redirect followed, no proxy of the environment."""

    def __init__(self, tls: Callable[[], ssl.SSLContext]) -> None:
        super().__init__()
        self._tls = tls
        self.hold: Callable[[], None] = lambda: None

    def send(self, request: PreparedRequest, *_args: Any, **_kwargs: Any) -> Response:
        """Send a request; what fails is raised as :meth:`Line.ask` does."""
        parts = urlsplit(str(request.url))
        line = Line(f"{parts.scheme}://{parts.netloc}", "Keycloak", TIMEOUT, self._tls() if parts.scheme == "https" else None)
        headers = {name: str(request.headers[name]) for name in ("Authorization", "Content-Type") if name in request.headers}
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        self.hold()
        answer = line.ask(str(request.method), path, body, headers=headers, most=MOST_ANSWERED)
        if 300 <= answer.status < 400:
            raise ConfigurationError(tr("Keycloak answered with a redirect, which is not followed. Check RM_KC_URL."))
        if 400 <= answer.status < 500 and parts.path.endswith("/token") and b"grant_type=password" in body:
            raise _kept_out()  # and nobody is to try again at once, lest the account be locked
        response = Response()
        response.request, response.url = request, str(request.url)
        response.status_code, response.headers = answer.status, CaseInsensitiveDict(answer.headers)
        response.raw = BytesIO(answer.body)
        return response

    def close(self) -> None:
        """Nothing is kept open."""


def _role(admin: Any) -> Any:
    """The realm role that follows ours.

    :raises EffectFailed: the realm has none of that name.
    """
    try:
        return admin.get_realm_role(ADMIN)
    except KeycloakGetError as error:
        if error.response_code != 404:
            raise
        raise EffectFailed(
            tr("The realm has no role {admin}, so it was neither given nor taken. Make it in Keycloak.", admin=ADMIN)
        ) from None


@contextmanager
def _explained() -> Iterator[None]:
    """What the client raises, as a sentence without a secret."""
    try:
        yield
    except KeycloakAuthenticationError:
        raise _kept_out() from None
    except KeycloakConnectionError as error:
        if isinstance(error.__cause__, RmtuiError):
            raise error.__cause__ from None
        raise TargetUnreachable(tr("Keycloak cannot be reached ({kind}).", kind=type(error.__cause__ or error).__name__)) from None
    except KeycloakError as error:
        code = error.response_code
        if code is None or code in {502, 503, 504}:
            told = tr("Keycloak cannot be reached: it answers {code}.", code=code) if code else tr("Keycloak cannot be reached.")
            raise TargetUnreachable(told) from None
        raise EffectFailed(tr("Keycloak answered {code}: {said}", code=code, said=plain(_said(error), 200))) from None


def _kept_out() -> ConfigurationError:
    return ConfigurationError(tr("Keycloak does not let us in; check RM_KC_USERNAME, RM_KC_PASSWORD and RM_KC_USER_REALM."))


def _said(error: Any) -> str:
    return bytes(error.response_body or b"").decode("utf-8", "replace") or type(error).__name__


def _user(admin: Any, person: Person) -> str:
    """Id of the person's user, made or brought up to date, and kept with the person."""
    wanted, products = _wanted(person)
    found = _find(admin, person)
    if found is None:
        user = str(admin.create_user(wanted))
    else:
        user = str(found["id"])
        del wanted["enabled"]  # whoever was shut out there by hand stays so
        admin.update_user(user, {**found, **wanted, "attributes": {**(found.get("attributes") or {}), **wanted["attributes"]}})
    for product in products:
        group = _group(admin, f"/{product}/{product}_default")
        if group is not None:
            admin.group_user_add(user, group)
    if found is None or person.extra.get("kc_uuid") != user:
        _keep(person, user, admin.get_user(user))
    return user


def _wanted(person: Person) -> tuple[dict[str, Any], list[str]]:
    found = manifest.read(tr("Keycloak was not told"))
    products = sorted(found.products) if found is not None else []
    wanted = {
        "username": person.callsign,
        "email": f"{person.pk}@{found.dns.partition(':')[0] if found is not None else ''}",
        "firstName": person.callsign,
        "lastName": found.deployment if found is not None else "",
        "enabled": True,
        "attributes": {
            "callsign": [person.callsign],
            "certpem": [pem_of(person)],
            "altUsernames": [f"{person.callsign}_{product}" for product in products],
        },
    }
    return wanted, products


def _group(admin: Any, path: str) -> str | None:
    """Id of a group; None where the deployment has none of that name."""
    try:
        return str(admin.get_group_by_path(path)["id"])
    except KeycloakGetError as error:
        if error.response_code == 404:
            return None
        raise


def _find(admin: Any, person: Person) -> dict[str, Any] | None:
    """The person's user, by the id that is kept or else by name.

    The id may have come with the enrolment, from whoever wrote that: it is believed of a user who is the person's by their e-mail. One that
    did not is also believed of a user who has the person's name, whose e-mail somebody changed there.

    :raises EffectFailed: somebody else has the name.
    """
    kept = _uuid(person.extra.get("kc_uuid"))
    if kept is not None:
        try:
            found = dict(admin.get_user(kept))
        except KeycloakGetError as error:
            if error.response_code != 404:
                raise
        else:
            if _is_theirs(found, person) or (_has_their_name(found, person) and not _came_with_them(kept, person)):
                return found
    for found in admin.get_users({"username": person.callsign, "exact": "true"}):
        if not _is_theirs(found, person):
            raise EffectFailed(
                tr(
                    "Keycloak has another user called {callsign}; nothing was changed there. Look who that is.",
                    callsign=plain(person.callsign),
                )
            )
        return dict(found)
    return None


def _is_theirs(user: Mapping[str, Any], person: Person) -> bool:
    return str(user.get("email") or "").partition("@")[0].lower() == str(person.pk)


def _has_their_name(user: Mapping[str, Any], person: Person) -> bool:
    return str(user.get("username") or "").lower() == str(person.callsign).lower()


def _came_with_them(kept: str, person: Person) -> bool:
    with connection():
        return any(_uuid(row.extra.get("kc_uuid")) == kept for row in Enrollment.select().where(Enrollment.person == person.pk))


def _uuid(kept: Any) -> str | None:
    """An id as Keycloak gives them; None of anything else, which would be another place there."""
    try:
        return str(uuid.UUID(kept)) if isinstance(kept, str) else None
    except ValueError:
        return None


def _demote(admin: Any, person: Person) -> None:
    """Take the role from the person's user, whatever has become of their certificate.

    :raises EffectFailed: the user of that name may be theirs or somebody else's, or the realm has no such role.
    """
    found = _find(admin, person)
    if found is not None:
        admin.delete_realm_roles_of_user(str(found["id"]), [_role(admin)])


def _delete(admin: Any, person: Person) -> None:
    """Delete the person's user.

    :raises EffectFailed: the user of that name may be theirs or somebody else's.
    """
    found = _find(admin, person)
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
