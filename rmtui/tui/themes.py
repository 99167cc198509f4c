"""How the console looks when nobody chose another theme."""

from __future__ import annotations

from textual.theme import Theme

__all__ = ["DARK"]

DARK = Theme(
    name="rmtui",
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
    dark=True,
)
"""Light on nearly black; each colour is plainly another one in a terminal's sixteen too."""
