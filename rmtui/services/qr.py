"""QR codes that phones can read: dark on light, in a quiet zone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr

if TYPE_CHECKING:
    from segno import QRCode

__all__ = ["QUIET", "QR", "TooLong", "lines", "matrix", "svg"]

QUIET = 4
"""Light modules on every side, as the standard demands."""
_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


class TooLong(RmtuiError):
    """The text does not fit into any QR code."""

    title = later("Too long for a QR code")


@dataclass(frozen=True, slots=True)
class QR:
    """A symbol as a square of modules, quiet zone included."""

    rows: tuple[tuple[bool, ...], ...]
    """Whether each module is dark, from the top left."""
    version: int
    """1 to 40; each has four modules more on a side than the one before."""
    level: str
    """Error correction: ``L``, ``M``, ``Q`` or ``H``, the best that the smallest symbol has room for."""

    @property
    def side(self) -> int:
        """Modules on a side, quiet zone included."""
        return len(self.rows)


def _made(text: str) -> QRCode:
    import segno

    try:
        return segno.make_qr(text, error="l", boost_error=True)
    except segno.DataOverflowError as error:
        raise TooLong(tr("The text is too long for a QR code; hand on the link itself.")) from error


def matrix(text: str) -> QR:
    """The smallest symbol that holds a text.

    :raises TooLong: none does.
    """
    made = _made(text)
    rows = tuple(tuple(bool(module) for module in row) for row in made.matrix_iter(border=QUIET))
    return QR(rows, int(made.version), str(made.error))


def lines(symbol: QR, ascii: bool = False) -> list[str]:  # noqa: A002
    """A symbol for paper and for light backgrounds: blocks of two modules above each other, or ``##`` for each dark one."""
    if ascii:
        return ["".join("##" if dark else "  " for dark in row) for row in symbol.rows]
    pairs = zip_longest(symbol.rows[::2], symbol.rows[1::2], fillvalue=(False,) * symbol.side)
    return ["".join(_BLOCKS[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs]


def svg(text: str) -> str:
    """The same symbol as an SVG element that fills what it is put in, black on white.

    :raises TooLong: none holds the text.
    """
    return _made(text).svg_inline(border=QUIET, dark="#000", light="#fff", omitsize=True, svgclass=None, lineclass=None)
