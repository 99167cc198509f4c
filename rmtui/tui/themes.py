"""The looks of the console, each for terminals with many colours and for those with eight or sixteen."""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

from rmtui.settings import LOOKS

__all__ = ["DARK", "FEW", "MANY", "MONO"]

DARK, LIGHT, HIGH_CONTRAST, MONO = LOOKS
BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE = (
    "#000000",
    "#cd0000",
    "#00cd00",
    "#cdcd00",
    "#0000ee",
    "#cd00cd",
    "#00cdcd",
    "#e5e5e5",
)
"""The eight, as xterm has them."""


def _look(name: str, *, hint: str = "", field_focus: str = "", backdrop: str = "", on_error: str = "", **colours: str) -> Theme:
    """A theme with the variables of our own.

    :param hint: what stands where nothing was typed yet; the default is as other text.
    :param field_focus: what is typed on; the default is a tint of the primary colour.
    :param backdrop: what lies over the screen behind a dialog; the default lets it through.
    :param on_error: text on the colour of errors; the default is the background's.
    """
    ours = {
        **({f"scrollbar{state}": colours["foreground"] for state in ("", "-hover", "-active")} if name == MONO else {}),
        "hint": hint or colours["foreground"],
        "field": colours["panel"],
        "field-focus": field_focus or f"{colours['primary']} 30%",
        "backdrop": backdrop or f"{colours['background']} 70%",
        "on-error": on_error or colours["background"],
        "block-cursor-blurred-background": colours["primary"],
        "block-cursor-blurred-foreground": colours["background"],
    }
    return Theme(name=name, dark=name != LIGHT, variables=ours, **colours)  # type: ignore[arg-type]


def _by_name(*themes: Theme) -> Mapping[str, Theme]:
    return {theme.name: theme for theme in themes}


_NO_COLOUR = _look(
    MONO,
    primary=WHITE,
    secondary=WHITE,
    accent=WHITE,
    warning=WHITE,
    error=WHITE,
    success=WHITE,
    foreground=WHITE,
    background=BLACK,
    surface=BLACK,
    panel=BLACK,
    field_focus=BLACK,
    backdrop=BLACK,
)
"""Of this only what is light is told from what is dark: everything is said by words, symbols, bold, underline and reverse."""

MANY = _by_name(
    _look(
        DARK,
        primary="#5fafff",
        secondary="#87afd7",
        accent="#ffd75f",
        warning="#ffaf00",
        error="#ff6b6b",
        success="#5fd787",
        foreground="#e4e4e4",
        background="#101418",
        surface="#181d23",
        panel="#222932",
        hint="#b4bcc4",
    ),
    _look(
        LIGHT,
        primary="#0b57a4",
        secondary="#3d6185",
        accent="#7d3c00",
        warning="#8a4b00",
        error="#b3161b",
        success="#17663a",
        foreground="#1a1a1a",
        background="#fbfbf9",
        surface="#f1f2f0",
        panel="#dfe5ea",
        hint="#50545a",
        field_focus="#c6dcf4",
    ),
    _look(
        HIGH_CONTRAST,
        primary="#ffff00",
        secondary="#ffffff",
        accent="#00ffff",
        warning="#ffff00",
        error="#ff9d9d",
        success="#66ff66",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#000078",
        hint="#d4d4d4",
        field_focus="#5a3d00",
        backdrop="#000000 35%",
    ),
    _NO_COLOUR,
)
"""Look → theme."""

FEW = _by_name(
    _look(
        DARK,
        primary=CYAN,
        secondary=CYAN,
        accent=CYAN,
        warning=YELLOW,
        error=RED,
        success=GREEN,
        foreground=WHITE,
        background=BLACK,
        surface=BLACK,
        panel=BLUE,
        field_focus=BLUE,
        backdrop=BLACK,
        on_error=WHITE,
    ),
    _look(
        LIGHT,
        primary=BLUE,
        secondary=BLUE,
        accent=BLUE,
        warning=MAGENTA,
        error=RED,
        success=BLUE,
        foreground=BLACK,
        background=WHITE,
        surface=WHITE,
        panel=CYAN,
        field_focus=CYAN,
        backdrop=WHITE,
    ),
    _look(
        HIGH_CONTRAST,
        primary=YELLOW,
        secondary=WHITE,
        accent=CYAN,
        warning=YELLOW,
        error=RED,
        success=GREEN,
        foreground=WHITE,
        background=BLACK,
        surface=BLACK,
        panel=BLUE,
        field_focus=BLUE,
        backdrop=BLACK,
        on_error=WHITE,
    ),
    _NO_COLOUR,
)
"""The same in colours that are among the eight as they are."""
