"""How CFSSL and ocsprest are talked with: JSON both ways, their errors told as ours, tried again where that does no harm."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from rmtui.i18n import later, tr
from rmtui.pki.http import Answer, AnswerLost, Line, harmless
from rmtui.pki.interface import AuthorityMissing, AuthorityUnavailable, CSRError, NoAnswer, PKIError

__all__ = ["PAUSES", "UnknownThere", "ask", "certificate_in", "read", "tried"]

PAUSES: Final = (0.1, 0.4)
"""Seconds before the second and the third try."""
_CSR, _STORE, _UNKNOWN = range(9000, 10000), range(11000, 11200), 11200  # codes of CFSSL
_GATEWAY: Final = {502, 504}
_T = TypeVar("_T")


class UnknownThere(PKIError):
    """The CA does not know the certificate that it was to revoke."""

    title = later("Not known to the CA")


class _Locked(AuthorityUnavailable):
    """The CA's database was in use; what was asked was not done."""


def ask(
    line: Line, path: str, asked: dict[str, Any], undone: str, *, repeatable: bool = True, late: Callable[[Answer], None] | None = None
) -> Any:
    """POST something and give the ``result`` of the answer, foreign data of any kind; errors are those of :func:`read` and ``line.ask``.

    :param undone: what did not happen if the server says so, as a sentence.
    :param repeatable: whether asking twice is the same as once.
    :param late: as for ``line.ask``.
    """
    body = json.dumps(asked).encode()
    return tried(lambda: read(line.ask("POST", path, body, late=late), line, undone), repeatable=repeatable)


def read(answer: Answer, line: Line, undone: str) -> Any:
    """The ``result`` of an answer; what else it may be is raised.

    :param undone: as for :func:`ask`.
    :raises CSRError: the CSR is refused.
    :raises UnknownThere: there is no such certificate.
    :raises AuthorityMissing: the address, or who we are there, is wrong.
    :raises AuthorityUnavailable: the CA failed; a retry may help.
    :raises AnswerLost: it is no answer of the CA, and what was done is not known.
    :raises PKIError: anything else that the CA refuses.
    """
    data = _parsed(answer.body)
    code, message = _error_in(data)
    words = harmless(message or answer.body).rstrip(".") or tr("nothing more")
    said = tr("{name} answered {status}: {words}.", name=line.name, status=answer.status, words=words)
    if answer.status == 200 and data is not None and code is None and (data.get("success") is True or isinstance(data.get("result"), dict)):
        return data.get("result")
    if 300 <= answer.status < 400:
        raise AuthorityMissing(
            tr(
                "{name} ({address}) answered with a redirect, which is not followed. {undone} Check the address.",
                name=line.name,
                address=line.address,
                undone=undone,
            )
        )
    if code in _CSR:
        raise CSRError(tr("{said} {undone} Ask for another request.", said=said, undone=undone))
    if code in _STORE or b"database is locked" in answer.body:
        raise _Locked(tr("{said} {undone} Its database was in use; try again.", said=said, undone=undone))
    if code == _UNKNOWN:
        raise UnknownThere(tr("{said} {undone} See whether another CA issued the certificate.", said=said, undone=undone))
    if answer.status in {401, 403}:
        raise AuthorityMissing(
            tr("{said} {undone} Check RM_MTLS_CLIENT_CERT_PATH: the CA does not let this host in.", said=said, undone=undone)
        )
    if answer.status in _GATEWAY or (answer.status == 200 and code is None):
        raise AnswerLost(tr("{said} That is no answer of a CA.", said=said))
    if answer.status >= 500:
        raise AuthorityUnavailable(tr("{said} {undone} Look at the CA, then try again.", said=said, undone=undone))
    raise PKIError(tr("{said} {undone} Check the CA, and where RM_CFSSL_HOST and RM_OCSPREST_HOST lead.", said=said, undone=undone))


def tried(act: Callable[[], _T], *, repeatable: bool) -> _T:
    """What ``act`` gives, tried again a few times where that does no harm and may help."""
    try:
        return _tried(act, repeatable)
    except AnswerLost as error:
        if repeatable:
            error.args = (tr("{error} See whether it runs, then try again.", error=error.sentence),)
        raise


def _tried(act: Callable[[], _T], repeatable: bool) -> _T:
    for pause in PAUSES:
        try:
            return act()
        except NoAnswer as error:
            if not error.passing or (isinstance(error, AnswerLost) and not repeatable):
                raise
        except _Locked:
            pass
        time.sleep(pause)
    return act()


def _parsed(body: bytes) -> dict[str, Any] | None:
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _error_in(data: dict[str, Any] | None) -> tuple[int | None, str]:
    """Code and words of an error in an answer; the code is None when there is none, and 0 when it has no number."""
    if data is None:
        return None, ""
    errors = data.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else errors
    if isinstance(first, dict):
        code, words = first.get("code"), first.get("message")
        return (code if type(code) is int else 0), str(words)
    if first or data.get("success") is False or data.get("error"):
        return 0, str(first or data.get("error") or tr("it did not succeed"))
    return None, ""


def certificate_in(found: Any) -> str:
    """The ``certificate`` of a result; empty where there is none."""
    text = found.get("certificate") if isinstance(found, dict) else None
    return text if isinstance(text, str) else ""
