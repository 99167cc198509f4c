"""Lines out and answers in: nothing but letters and line ends ever reaches the terminal."""

from __future__ import annotations

import io
import os
import select
import signal
import sys
import termios
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rmtui.glyphs import show
from rmtui.i18n import tr
from rmtui.settings import Secret
from rmtui.text import fold

__all__ = ["WIDTH", "Idle", "Left", "Talk", "wrapped"]

WIDTH = 78
"""Columns that a line takes at most."""


class Left(Exception):
    """There is no answer, and none will come to this question: Ctrl+D, or the end of the input."""


class Idle(Exception):
    """Nothing was typed for as long as the operator may be away."""


def _columns(text: str) -> int:
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def wrapped(text: str, width: int = WIDTH) -> Iterator[str]:
    """Lines of at most ``width`` columns; all but the first begin with two spaces, so that no text of others passes for a line of ours."""
    line = ""
    for word in text.split(" "):
        grown = f"{line} {word}" if line else word
        if _columns(grown) > width and line.strip():
            yield line.rstrip()
            grown = f"  {word}"
        while _columns(grown) > width:
            cut = width
            while _columns(grown[:cut]) > width:
                cut -= 1
            cut = grown.rfind("/", cut // 2, cut) + 1 or cut  # between two parts of a path
            yield grown[:cut]
            grown = f"  {grown[cut:]}"
        line = grown
    yield line.rstrip()


class Talk:
    """Standard output and input, which may be a terminal of any kind, or none."""

    def __init__(self) -> None:
        self.interactive = sys.stdin.isatty()
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="surrogateescape")  # what is no text is refused where it is looked at
        self.patience: Callable[[], float | None] = lambda: None
        """Seconds that an answer is waited for at a terminal; None is for ever."""

    def say(self, text: str) -> None:
        """Tell something, whatever is in it; a long text goes on in the next line."""
        self._write("".join(f"{line}\n" for line in wrapped(show(text))))

    def facts(self, *facts: tuple[str, object]) -> None:
        """Label and value, a line each; those without a value are left out."""
        for label, value in facts:
            if value not in ("", None):
                self.say(f"{label}: {value}")

    def ask(self, question: str) -> str:
        """A line of input, without spaces around it.

        :raises Left: there is none.
        :raises Idle: nobody is there.
        """
        self._put(question)
        return self._read()

    def secret(self, question: str) -> Secret:
        """As :meth:`ask`, unseen; what was typed before the question is not taken for the answer."""
        if not self.interactive:
            return Secret(self.ask(question))
        with self._unseen():
            self._put(question)
            try:
                return Secret(self._read())
            finally:
                self._write("\n")

    def agrees(self, question: str) -> bool:
        """Whether the word that the question names was typed in full: anything else, and nothing, is a no."""
        if self.interactive:
            termios.tcflush(sys.stdin, termios.TCIFLUSH)  # an answer to an earlier question is none to this one
        answer = self.ask(question)
        return _bare(answer) in {"yes", _bare(tr("yes"))}

    def _put(self, question: str) -> None:
        *lines, last = wrapped(show(question))
        end = " " if self.interactive else "\n"  # where nobody's Enter ends the line
        self._write("".join(f"{line}\n" for line in lines) + last + end)

    def _read(self) -> str:
        try:
            if self.interactive and not _comes(self.patience()):
                self._write("\n")
                raise Idle
            line = sys.stdin.readline()
        except OSError as error:  # the terminal is gone
            raise Left from error
        if not line or (self.interactive and not line.endswith("\n")):
            self._write("\n" if self.interactive else "")
            raise Left
        return line.strip()

    @contextmanager
    def _unseen(self) -> Iterator[None]:
        before = termios.tcgetattr(sys.stdin)
        quiet = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, quiet)
        try:
            yield
        finally:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)

    @staticmethod
    def _write(text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError as error:  # the terminal is gone, or a disk is full: nobody hears this any more
            raise BrokenPipeError(*error.args) from error


def _comes(seconds: float | None) -> bool:
    """Whether a line is typed in time. A signal is heeded at once, also one that comes just before, or to another thread."""
    until = None if seconds is None else time.monotonic() + seconds
    with _woken_by_signals() as signalled:
        while True:
            left = None if until is None else max(until - time.monotonic(), 0)
            ready = select.select([sys.stdin, signalled], [], [], left)[0]
            if signalled not in ready:
                return bool(ready)
            os.read(signalled, 4096)


@contextmanager
def _woken_by_signals() -> Iterator[int]:
    """A file descriptor that can be read once a signal has come, whichever thread it came to."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(before)
        os.close(reader)
        os.close(writer)


def _bare(word: str) -> str:
    """A word without case and accents, which not every keyboard has."""
    return "".join(char for char in unicodedata.normalize("NFD", fold(word)) if not unicodedata.combining(char))
