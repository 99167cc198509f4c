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
from contextlib import contextmanager, suppress
from types import FrameType

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
            before, _, last = line.rpartition(" ")
            key = f"{last} " if len(last) == 1 and before.strip() else ""  # which goes with what it does
            yield (before if key else line).rstrip()
            grown = f"  {key}{word}"
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
        with _unseen() as hidden:

            def put() -> None:
                if hidden():
                    self._put(question)

            try:
                return Secret(self._read(put))
            finally:
                with suppress(BrokenPipeError):  # the terminal may be gone
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

    def _read(self, begin: Callable[[], object] = lambda: None) -> str:
        try:
            if self.interactive and not _comes(self.patience(), begin):
                self._write("\n")
                raise Idle
            line = sys.stdin.readline()
        except (OSError, termios.error) as error:  # the terminal is gone
            raise Left from error
        if not line or (self.interactive and not line.endswith("\n")):
            self._write("\n" if self.interactive else "")
            raise Left
        return line.strip()

    @staticmethod
    def _write(text: str) -> None:
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError as error:  # the terminal is gone, or a disk is full: nobody hears this any more
            raise BrokenPipeError(*error.args) from error


@contextmanager
def _unseen() -> Iterator[Callable[[], bool]]:
    """Keep what is typed off the screen; while the program is stopped (Ctrl+Z), the terminal is as it was before.

    It gives what hides it, to be called before each wait: true when it was not hidden, so that the question is to be put.
    """
    before = termios.tcgetattr(sys.stdin)
    quiet = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
    seen = True

    def stop(number: int, _frame: FrameType | None) -> None:
        termios.tcsetattr(sys.stdin, termios.TCSANOW, before)
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
        _handle(number, stop)
        go_on()

    def go_on(*_given: object) -> None:
        nonlocal seen
        seen = True

    def hidden() -> bool:
        nonlocal seen
        changed = seen
        while seen:
            seen = False
            termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, quiet)  # in the background it stops here until it is in the foreground
        return changed

    handlers = {number: signal.getsignal(number) for number in (signal.SIGTSTP, signal.SIGCONT)}
    if handlers[signal.SIGTSTP] is not signal.SIG_IGN:
        _handle(signal.SIGTSTP, stop)
    _handle(signal.SIGCONT, go_on)
    try:
        yield hidden
    finally:
        with suppress(termios.error):  # the terminal may be gone
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _handle(number: int, handler: Callable[[int, FrameType | None], None]) -> None:
    """Have a signal handled, and what it interrupts go on."""
    signal.signal(number, handler)
    signal.siginterrupt(number, False)


def _comes(seconds: float | None, begin: Callable[[], object]) -> bool:
    """Whether a line is typed in time. A signal is heeded at once, also one that comes just before, or to another thread.

    :param begin: called before each wait, since a signal may have changed something.
    """
    until = None if seconds is None else time.monotonic() + seconds
    with _woken_by_signals() as signalled:
        while True:
            begin()
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
