"""How a cell looks: what the sequences that Textual writes mean, and the shortest one from one look to the next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from rich.color import Color, ColorSystem

__all__ = ["PLAIN", "Look", "bare", "blank", "change", "sixteen", "styled"]

SHAPES = {"1": 1, "2": 2, "3": 4, "4": 8, "5": 16, "6": 16, "7": 32, "8": 64, "9": 128, "21": 8}
"""Bit of each attribute by its code."""
ENDS = {"22": 3, "23": 4, "24": 8, "25": 16, "27": 32, "28": 64, "29": 128}
"""Bits that a code takes away."""
CODES = {bit: code for code, bit in reversed(SHAPES.items())}
REVERSE, LINES = 32, 8 | 128
"""Bits that show on a blank cell too."""
DARK, LIGHT = {"30", "40", "100"}, {"37", "97"}


@dataclass(frozen=True, slots=True)
class Look:
    """Colours as the codes that set them, empty for the terminal's own; attributes as bits."""

    fore: str = ""
    back: str = ""
    shape: int = 0


PLAIN = Look()


@lru_cache(4096)
def styled(look: Look, codes: str) -> Look:
    """The look after a sequence ``ESC [ codes m``."""
    parts = (codes or "0").split(";")
    fore, back, shape = look.fore, look.back, look.shape
    at = 0
    while at < len(parts):
        code = parts[at].lstrip("0") or "0"
        length = 1
        if code in {"38", "48"}:
            length = 3 if parts[at + 1 : at + 2] == ["5"] else 5
            colour = ";".join([code, *parts[at + 1 : at + length]])
            fore, back = (colour, back) if code == "38" else (fore, colour)
        elif code == "0":
            fore, back, shape = "", "", 0
        elif code in SHAPES:
            shape |= SHAPES[code]
        elif code in ENDS:
            shape &= ~ENDS[code]
        elif code == "39":
            fore = ""
        elif code == "49":
            back = ""
        elif 30 <= int(code) <= 37 or 90 <= int(code) <= 97:
            fore = code
        elif 40 <= int(code) <= 47 or 100 <= int(code) <= 107:
            back = code
        at += length
    return Look(fore, back, shape)


@cache
def bare(look: Look) -> Look:
    """What of a look shows where nothing is written."""
    if not look.shape & (REVERSE | LINES):
        return look if not (look.fore or look.shape) else Look("", look.back)
    return Look(look.fore, look.back, look.shape & (REVERSE | LINES))


def blank(look: Look) -> bool:
    """Whether a blank cell with this look is as an erased one."""
    return bare(look) == PLAIN


@lru_cache(4096)
def sixteen(look: Look) -> Look:
    """The look in a terminal's own sixteen colours; the ground is the terminal's own unless it means something."""
    fore, back = _nearest(look.fore, 0), _nearest(look.back, 10)
    if back in DARK:
        back = ""
    if not back and (fore in LIGHT or fore in DARK):
        fore = ""
    return Look(fore, back, look.shape)


@cache
def _nearest(colour: str, ground: int) -> str:
    kind, _, rest = colour.partition(";")
    if kind not in {"38", "48"}:
        return colour
    numbers = [int(part) for part in rest.split(";")]
    whole = Color.from_ansi(numbers[1]) if numbers[0] == 5 else Color.from_rgb(*numbers[1:4])
    number = whole.downgrade(ColorSystem.STANDARD).number or 0
    return str((30 + number if number < 8 else 82 + number) + ground)


@lru_cache(4096)
def change(old: Look, new: Look) -> str:
    """The shortest sequence that turns one look into another."""
    if old == new:
        return ""
    if new == PLAIN:
        return "\x1b[m"
    parts = [] if old.fore == new.fore else [new.fore or "39"]
    parts += [] if old.back == new.back else [new.back or "49"]
    lost = old.shape & ~new.shape
    kept = old.shape
    for code, bits in ENDS.items():
        if lost & bits:
            parts.append(code)
            kept &= ~bits
    parts += [CODES[bit] for bit in CODES if new.shape & bit and not kept & bit]
    anew = ["", *filter(None, (new.fore, new.back)), *(CODES[bit] for bit in CODES if new.shape & bit)]
    return f"\x1b[{min(';'.join(parts), ';'.join(anew), key=len)}m"
