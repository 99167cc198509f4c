"""The one place where text of others is judged, folded, compared and made harmless.

Callsigns, codes, reasons, CSRs and ``extra`` come from people nobody has vouched for yet.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata

from rmtui.errors import InvalidCallsign
from rmtui.i18n import later, tr

__all__ = [
    "CODE_ALPHABET",
    "callsign_problem",
    "fold",
    "new_code",
    "normalise_callsign",
    "normalise_code",
    "plain",
    "role_problem",
    "same_code",
    "skeleton",
    "storable",
]

CODE_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789"
"""Letters and digits without 0 and 1, which are heard and read as O and I."""

MAX_CALLSIGN_BYTES = 64
"""The CN of a certificate holds no more (RFC 5280, ub-common-name)."""

_BARRED_CATEGORIES = {
    "Cc": later("it holds a control character ({char})"),
    "Cf": later("it holds an invisible character ({char})"),
    "Cs": later("it holds half a character ({char})"),
    "Co": later("it holds a private-use character ({char})"),
    "Cn": later("it holds an unassigned character ({char})"),
    "Zl": later("it holds a line separator ({char})"),
    "Zp": later("it holds a paragraph separator ({char})"),
}
_BARRED = frozenset('/\\,+="<>;#')
_MOST_MARKS = 3  # combining marks on one letter before the rest are spelt out


def plain(text: object, limit: int | None = None) -> str:
    """Foreign text as one harmless line: what a terminal would obey, hide or turn round is spelt out as ``\\x1b``.

    :param limit: cut to this many characters, the last one an ellipsis.
    """
    source = str(text)
    if source.isascii() and source.isprintable():
        result = source
    else:
        parts: list[str] = []
        marks = 0
        for char in source:
            category = unicodedata.category(char)
            marks = marks + 1 if category in {"Mn", "Me"} else 0
            if category in _BARRED_CATEGORIES or (category == "Zs" and char != " ") or marks > _MOST_MARKS:
                code = ord(char)
                parts.append(f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
            else:
                parts.append(char)
        result = "".join(parts)
    return result if limit is None or len(result) <= limit else result[: max(limit - 1, 0)] + "…"


def callsign_problem(text: str) -> str | None:
    """Why ``text`` cannot be a callsign, as the end of a sentence; None when it can."""
    if not text:
        return tr("it is empty")
    if text in {".", ".."}:
        return tr("it is a directory")
    if text != text.strip():
        return tr("it begins or ends with a space")
    for char in text:
        barred = _BARRED_CATEGORIES.get(unicodedata.category(char))
        if barred is not None:
            return tr(barred, char=plain(char))
        if char in _BARRED:
            return tr("it holds {char}", char=char)
    if not unicodedata.is_normalized("NFC", text):
        return tr("its letters are not composed (NFC)")
    size = len(text.encode("utf-8"))
    if size > MAX_CALLSIGN_BYTES:
        return tr("it takes {size} bytes, and a certificate holds {most}", size=size, most=MAX_CALLSIGN_BYTES)
    return None


def normalise_callsign(text: str) -> str:
    """``text`` as typed by an operator, composed to NFC, if it can be a callsign.

    :raises InvalidCallsign: it cannot, and why.
    """
    composed = unicodedata.normalize("NFC", text)
    problem = callsign_problem(composed)
    if problem is not None:
        raise InvalidCallsign(tr("“{composed}” cannot be a callsign: {problem}.", composed=plain(composed, 40), problem=problem))
    return composed


def role_problem(text: str) -> str | None:
    """Why ``text`` cannot be the name of a role, as the end of a sentence; None when it can."""
    problem = callsign_problem(text)
    return tr("it holds a space") if problem is None and any(char.isspace() for char in text) else problem


def storable(text: str) -> bool:
    """Whether every database can hold the text: it has no NUL and no half characters."""
    return "\x00" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def fold(text: str) -> str:
    """What two texts have in common that differ only in case or composition (Unicode canonical caseless match)."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


_LOOKALIKES = str.maketrans(
    {
        **dict(zip("01345678|!", "oieasgtbii", strict=True)),
        "l": "i",
        # Cyrillic, folded
        **dict(zip("аеорсухіјѕкмтнвгԁԛԝһӏ", "aeopcyxijskmthbrdqwhi", strict=True)),
        # Greek, folded
        **dict(zip("αβεικνορτυχζηγ", "abeikvoptuxzny", strict=True)),
        "ı": "i",
    }
)


_BLANK = frozenset("-_.\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Passed over when two callsigns are compared by eye: what separates, and letters and marks that are drawn as nothing."""


def _seen(char: str) -> bool:
    return not (char.isspace() or char in _BLANK or "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef")


def skeleton(callsign: str) -> str:
    """What is left of a callsign when everything that looks alike is one: case, digits for letters, Cyrillic and Greek for Latin."""
    folded = unicodedata.normalize("NFKC", fold(callsign))
    return "".join(char for char in folded.translate(_LOOKALIKES) if _seen(char))


def new_code(size: int) -> str:
    """A fresh random code of ``size`` characters, from the operating system's randomness."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(size))


def normalise_code(text: str) -> str:
    """A code as it was read aloud or pasted: upper case, without spaces and dashes, 0 as O and 1 as I."""
    kept = "".join(char for char in text if not char.isspace() and unicodedata.category(char) != "Pd")
    return kept.upper().replace("0", "O").replace("1", "I")


def same_code(given: str, wanted: str) -> bool:
    """Whether a code read out is the one wanted, in time that does not depend on where they differ. Empty never is."""
    left, right = (normalise_code(code).encode("utf-8", "surrogatepass") for code in (given, wanted))
    return bool(left) and hmac.compare_digest(left, right)
