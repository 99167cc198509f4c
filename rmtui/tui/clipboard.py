"""The terminal's clipboard: OSC 52, wrapped so that tmux and GNU screen hand it on."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rmtui.errors import ConfigurationError
from rmtui.i18n import tr
from rmtui.text import plain
from rmtui.tui.link.terminal import SIMPLE

if TYPE_CHECKING:
    from rmtui.tui.app import RmtuiApp

__all__ = ["LONGEST", "copy", "sequence", "way", "why_not"]

WAYS = ("auto", "osc52", "tmux", "screen", "off")
LONGEST = 74_000
"""Bytes of text that are sent at most: many terminals take no sequence of more than 100,000, and base64 makes four bytes of three."""
PIECE = 700
"""Bytes that are handed on by GNU screen at a time; it takes 768 with what is round them."""
BRIEF = 150
"""Characters that can be copied by hand while a passing message is there."""


def way(env: Mapping[str, str]) -> str:
    """How text gets to the clipboard: ``osc52``, ``tmux``, ``screen`` or ``off``; by ``RMTUI_CLIPBOARD``, else by the terminal.

    :raises ConfigurationError: ``RMTUI_CLIPBOARD`` is none of these.
    """
    chosen = env.get("RMTUI_CLIPBOARD", "").strip().casefold() or "auto"
    if chosen not in WAYS:
        raise ConfigurationError(tr("RMTUI_CLIPBOARD is {chosen}; it can be {ways}.", chosen=plain(chosen, 40), ways=", ".join(WAYS)))
    if chosen != "auto":
        return chosen
    term = env.get("TERM", "").strip().casefold()
    if env.get("TMUX"):
        return "tmux"
    if env.get("STY") or term.startswith("screen"):
        return "screen"
    return "off" if term.startswith(SIMPLE) else "osc52"


def sequence(text: str, how: str) -> str:
    """What puts a text on the clipboard; empty where it cannot be sent."""
    data = text.encode()
    if how == "off" or len(data) > LONGEST:
        return ""
    osc = f"\x1b]52;c;{base64.b64encode(data).decode()}\a"
    if how == "tmux":  # which takes the first itself, or hands on the second, as it is set
        return osc + f"\x1bPtmux;{osc.replace(chr(27), chr(27) * 2)}\x1b\\"
    if how == "screen":
        return "".join(f"\x1bP{osc[at : at + PIECE]}\x1b\\" for at in range(0, len(osc), PIECE))
    return osc


def why_not(text: str, how: str) -> str:
    """Why a text is not sent, as a sentence; empty where it is."""
    if how == "off":
        return tr("Nothing is sent to this terminal's clipboard; it can be copied from the screen.")
    if len(text.encode()) > LONGEST:
        return tr("It is longer than the {most} bytes that a terminal's clipboard takes, and was not sent.", most=f"{LONGEST:,}")
    return ""


def copy(app: RmtuiApp, text: str, told: str) -> None:
    """Send a text, and show it, or what is told of it: whether the terminal takes it cannot be known."""
    app.copy_to_clipboard(text)
    why = why_not(text, way(os.environ))
    if told == text and len(text) > BRIEF:
        from rmtui.tui.dialogs.message import MessageDialog

        app.push_screen(MessageDialog(tr("Not sent to the terminal") if why else tr("Sent to the terminal"), f"{why} {text}".strip()))
    else:
        app.tell(f"{why} {told}" if why else tr("Sent to the terminal: {told}", told=told))
