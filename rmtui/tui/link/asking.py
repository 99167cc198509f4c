"""Whether the line is thin: said by the operator, or found out by asking the terminal over SSH. Asked before Textual is loaded."""

from __future__ import annotations

import os
import re
import select
import termios
import time
import tty
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rmtui.i18n import tr
from rmtui.settings import flag

__all__ = ["PATIENCE", "Asked", "ask", "find_out", "restore", "said"]

PATIENCE = 0.15
"""Seconds in which a terminal that is near has answered."""
GRACE = 0.1
"""Seconds in which the rest of a sequence comes whose beginning is there."""
QUESTION = b"\x1b[6n"
ANSWER = re.compile(rb"\x1b\[\d+;\d+R")
PART = re.compile(rb"\x1b(\[[\d;]*)?\Z")


@dataclass(frozen=True, slots=True)
class Asked:
    """What asking came to."""

    thin: bool
    typed: bytes = b""
    """What was typed meanwhile."""
    before: list[Any] | None = None
    """How the terminal was set before."""
    why: str = ""
    """Why it is thin, in a few words."""


def said(chosen: bool | None, environ: Mapping[str, str]) -> bool | None:
    """What ``--thin`` or ``RMTUI_THIN`` says; None where neither says anything.

    :raises ConfigurationError: ``RMTUI_THIN`` is neither yes nor no.
    """
    return flag(environ.get("RMTUI_THIN"), "RMTUI_THIN", None) if chosen is None else chosen


def find_out(chosen: bool | None, environ: Mapping[str, str], source: int = 0, sink: int = 1) -> Asked:
    """Whether the console is to be thin: as said, else over SSH when the terminal takes longer than :data:`PATIENCE` to answer.

    :raises ConfigurationError: ``RMTUI_THIN`` is neither yes nor no.
    """
    thin = said(chosen, environ)
    if thin is not None:
        return Asked(thin, why=tr("asked for") if thin else "")
    if not (environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")):
        return Asked(False)
    return ask(source, sink)


def restore(asked: Asked, source: int = 0) -> None:
    """Set the terminal as it was before it was asked anything."""
    if asked.before is not None:
        termios.tcsetattr(source, termios.TCSANOW, asked.before)


def ask(source: int, sink: int, patience: float = PATIENCE) -> Asked:
    """Ask the terminal where its cursor is, and time the answer. An answer that comes later is for whoever reads next.

    The terminal stays as the console needs it, so that nothing typed is echoed or changed until that reads it.
    """
    before = termios.tcgetattr(source)
    raw = termios.tcgetattr(source)
    raw[tty.LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
    raw[tty.IFLAG] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
    raw[tty.CC][termios.VMIN], raw[tty.CC][termios.VTIME] = 1, 0
    termios.tcsetattr(source, termios.TCSANOW, raw)
    began = time.monotonic()
    os.write(sink, QUESTION)
    typed = b""
    while (left := began + patience + (GRACE if PART.search(typed) else 0) - time.monotonic()) > 0:
        if not select.select([source], [], [], left)[0]:
            continue
        typed += os.read(source, 4096)
        answer = ANSWER.search(typed)
        if answer is not None:
            took = time.monotonic() - began
            return Asked(
                took > patience,
                typed[: answer.start()] + typed[answer.end() :],
                before,
                tr("{time} ms to the terminal", time=f"{took * 1000.0:.0f}"),
            )
    return Asked(True, typed, before, tr("more than {time} ms to the terminal", time=f"{patience * 1000.0:.0f}"))
