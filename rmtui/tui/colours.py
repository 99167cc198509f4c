"""How many colours a terminal has, and how what is drawn comes down to them without text becoming unreadable."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor
from textual.filter import LineFilter

__all__ = ["MANY_COLOURS", "Colourless", "Fewer", "colours", "contrast"]

MANY_COLOURS = 256
"""From here on colours are left as they are."""
READABLE = 2.7
"""Contrast of text with what is under it that a terminal of few colours has at least; red on the Linux console's black has 2.7."""

XTERM = "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
LINUX = "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa 555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff"
Triplet = tuple[int, int, int]
GREYS = (0, 7, 8, 15)
MIDDLE = 0.4
"""Luminance from which something is light."""
GREYISH = 48
"""Difference of the strongest and the weakest part of a colour, below which it is taken for a grey."""

_WITHOUT = re.compile(r"(vt|wy|tvi|adm)\d|.*-(m|mono)$")
"""Terminals that have none, by what ``TERM`` calls them."""


def _triplets(text: str) -> tuple[Triplet, ...]:
    return tuple((int(word[:2], 16), int(word[2:4], 16), int(word[4:], 16)) for word in text.split())


_PALETTES = _triplets(XTERM), _triplets(LINUX)
"""What the sixteen look like: the brightest and the dimmest that is common."""


def colours(env: Mapping[str, str]) -> int:
    """Colours that the terminal has: 0, 8, 16, or :data:`MANY_COLOURS`.

    ``COLORTERM`` is believed but where it was inherited from another terminal: the Linux console and GNU screen do not set it.
    """
    term = env.get("TERM", "").strip().casefold()
    named = env.get("TEXTUAL_COLOR_SYSTEM", "auto").strip().casefold()
    if named in {"standard", "256", "truecolor"}:
        return 16 if named == "standard" else MANY_COLOURS
    if _WITHOUT.match(term):
        return 0
    inherited = term == "linux" or (term.startswith("screen") and "TMUX" not in env)
    if env.get("COLORTERM", "").strip().casefold() in {"truecolor", "24bit"} and not inherited:
        return MANY_COLOURS
    if "256color" in term or term.endswith("kitty"):
        return MANY_COLOURS
    return 16 if "16color" in term else 8


def _luminance(colour: Triplet) -> float:
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in (each / 255 for each in colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@cache
def contrast(one: Triplet, other: Triplet) -> float:
    """From 1, the same, to 21, black and white; as WCAG 2 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _far(one: Triplet, other: Triplet) -> float:
    return sum(weight * (a - b) ** 2 for weight, a, b in zip((3, 4, 2), one, other, strict=True))


def _nearest(colour: Triplet, numbers: Sequence[int]) -> int:
    """The nearest of the sixteen; a grey, or what was mixed with one, is black, grey or white, if that is among ``numbers``."""
    greys = [number for number in numbers if number in GREYS] if max(colour) - min(colour) < GREYISH else []
    return min(greys or numbers, key=lambda number: _far(colour, _PALETTES[0][number]))


def _readable(number: int, on: int) -> bool:
    return all(contrast(palette[number], palette[on]) >= READABLE for palette in _PALETTES)


@cache
def _fewer(style: Style, most: int) -> Style:
    back = style.bgcolor.get_truecolor(foreground=False) if style.bgcolor is not None else (0, 0, 0)
    fore = style.color.get_truecolor() if style.color is not None else (229, 229, 229)
    on = _nearest(back, range(most))
    text = _nearest(fore, [number for number in range(most) if _readable(number, on)])
    dark = Style(bold=False) if text == 0 else Style()  # bold black is grey on many a terminal
    return style + Style.from_color(Color.from_ansi(text), Color.from_ansi(on)) + dark


class Fewer(LineFilter):
    """Brings colours down to eight or sixteen: the nearest, and for text the nearest that can be read on it."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most

    def apply(self, segments: list[Segment], background: TextualColor) -> list[Segment]:
        """The same segments in fewer colours."""
        return [Segment(text, style and _fewer(style, self.most), control) for text, style, control in segments]


@cache
def _colourless(style: Style) -> Style:
    under = style.color if style.reverse else style.bgcolor
    light = under is not None and _luminance(under.get_truecolor(foreground=bool(style.reverse))) > MIDDLE
    return style.without_color + Style(reverse=light, meta=style.meta or None)


class Colourless(LineFilter):
    """Takes all colours away: bold and underline stay, and what was dark on light is reversed."""

    def apply(self, segments: list[Segment], background: TextualColor) -> list[Segment]:
        """The same segments in the terminal's own two colours."""
        return [Segment(text, style and _colourless(style), control) for text, style, control in segments]
