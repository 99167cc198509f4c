"""How CFSSL and ocsprest are talked with: JSON both ways, their errors told as ours, tried again where that does no harm."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from rmtui.pki.http import Answer, AnswerLost, Line, Unreached, harmless
from rmtui.pki.interface import AuthorityMissing, AuthorityUnavailable, CSRError, PKIError

__all__ = ["PAUSES", "UnknownThere", "ask", "certificate_in", "read", "tried"]

PAUSES: Final = (0.1, 0.4)
"""Seconds before the second and the third try."""
_CSR, _STORE, _UNKNOWN = range(9000, 10000), range(11000, 11200), 11200  # codes of CFSSL
_GATEWAY: Final = {502, 504}
_T = TypeVar("_T")


class UnknownThere(PKIError):
    """The CA does not know the certificate that it was to revoke."""

    title = "Not known to the CA"


class _Locked(AuthorityUnavailable):
    """The CA's database was in use; what was asked was not done."""


def ask(line: Line, path: str, asked: dict[str, Any], undone: str, *, repeatable: bool = True) -> Any:
    """POST something and give the ``result`` of the answer, foreign data of any kind; errors are those of :func:`read` and ``line.ask``.

    :param undone: what did not happen if the server says so, as a sentence.
    :param repeatable: whether asking twice is the same as once.
    """
    body = json.dumps(asked).encode()
    return tried(lambda: read(line.ask("POST", path, body), line, undone), repeatable=repeatable)


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
    said = f"{line.name} answered {answer.status}: {harmless(message or answer.body) or 'nothing more'}"
    said = said.rstrip(".") + "."
    if answer.status == 200 and data is not None and code is None:
        return data.get("result")
    if 300 <= answer.status < 400:
        raise AuthorityMissing(f"{line.name} ({line.address}) answered with a redirect, which is not followed. {undone} Check the address.")
    if code in _CSR:
        raise CSRError(f"{said} {undone} Ask for another request.")
    if code in _STORE or b"database is locked" in answer.body:
        raise _Locked(f"{said} {undone} Its database was in use; try again.")
    if code == _UNKNOWN:
        raise UnknownThere(f"{said} {undone} See whether another CA issued the certificate.")
    if answer.status in {401, 403}:
        raise AuthorityMissing(f"{said} {undone} Check RM_MTLS_CLIENT_CERT_PATH: the CA does not let this host in.")
    if answer.status in _GATEWAY or (answer.status == 200 and code is None):
        raise AnswerLost(f"{said} That is no answer of a CA.")
    if answer.status >= 500:
        raise AuthorityUnavailable(f"{said} {undone} Look at the CA, then try again.")
    raise PKIError(f"{said} {undone} Check the CA, and where RM_CFSSL_HOST and RM_OCSPREST_HOST lead.")


def tried(act: Callable[[], _T], *, repeatable: bool) -> _T:
    """What ``act`` gives, tried again a few times where that does no harm and may help."""
    for pause in PAUSES:
        try:
            return act()
        except (Unreached, AnswerLost) as error:
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
        return 0, str(first or data.get("error") or "it did not succeed")
    return None, ""


def certificate_in(found: Any) -> str:
    """The ``certificate`` of a result; empty where there is none."""
    text = found.get("certificate") if isinstance(found, dict) else None
    return text if isinstance(text, str) else ""
