"""Holding the dialogue: in this process with answers from a list, and as a program of which only lines are read."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest

from rmtui import settings
from rmtui.plain.dialogue import run

RMTUI = [sys.executable, "-m", "rmtui"]
Given = str | type[KeyboardInterrupt] | Callable[[], str]


def harmless(text: str) -> list[str]:
    """The lines of an output that a screen reader, a dumb terminal and a log can all take."""
    assert not [char for char in text if (ord(char) < 0x20 and char != "\n") or 0x7F <= ord(char) < 0xA0], text
    lines = text.splitlines()
    assert max(map(len, lines), default=0) <= 80, max(lines, key=len)
    return lines


class Answers:
    """Standard input that gives one answer after the other; one may be a function, called when it is read, or a Ctrl+C."""

    def __init__(self, answers: Iterable[Given]) -> None:
        self._left = list(answers)

    def isatty(self) -> bool:
        return False

    def readline(self) -> str:
        if not self._left:
            return ""
        answer = self._left.pop(0)
        if not isinstance(answer, str):
            answer = answer()
            if isinstance(answer, KeyboardInterrupt):
                raise answer
        return f"{answer}\n"


@pytest.fixture
def hold(env, monkeypatch, capsys):
    """Hold the dialogue with these answers, as somebody; what it told."""

    def held(*answers: Given, operator: str | None = "BOSS", code: int = 0, **changes) -> str:
        settings.configure(replace(settings.current(), operator=operator, **changes))
        monkeypatch.setattr(sys, "stdin", Answers(answers))
        capsys.readouterr()
        assert run() == code
        out, err = capsys.readouterr()
        assert err == ""
        return "\n".join(harmless(out))

    return held


class Program:
    """``rmtui`` on a pipe or on a terminal that is none too clever; only lines are read."""

    def __init__(self, *argv: str, env: dict[str, str], terminal: bool = False) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TZ", "PYTHONPATH") if name in os.environ}
        self._env = {**kept, "LANG": "C.UTF-8", "TERM": "dumb", **env}
        self.told = ""
        self._at = 0
        if terminal:
            self._master, slave = pty.openpty()
            self.mode = termios.tcgetattr(slave)
            self.mode[1] &= ~termios.OPOST  # line ends as the program wrote them
            termios.tcsetattr(slave, termios.TCSANOW, self.mode)
            self.process = subprocess.Popen(
                [*RMTUI, *argv], env=self._env, stdin=slave, stdout=slave, stderr=slave, preexec_fn=_own_terminal, start_new_session=True
            )
            os.close(slave)
            self._in = self._out = self._master
        else:
            self.process = subprocess.Popen(
                [*RMTUI, *argv], env=self._env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            self._in, self._out = self.process.stdin.fileno(), self.process.stdout.fileno()

    def _more(self, seconds: float) -> bytes:
        if not select.select([self._out], [], [], seconds)[0]:
            return b""
        try:
            data = os.read(self._out, 65536)
        except OSError:  # the program has ended
            return b""
        self.told += data.decode("utf-8", "replace")
        return data

    def until(self, text: str, seconds: float = 60) -> str:
        """Read on until ``text``; what was told since the last time."""
        end = time.monotonic() + seconds
        while text not in self.told[self._at :]:
            assert time.monotonic() < end, self.told
            if not self._more(0.2) and self.process.poll() is not None and not self._more(0.2):
                break
        place = self.told.find(text, self._at)
        assert place >= 0, f"{text!r} did not come:\n{self.told}"
        before, self._at = self._at, place + len(text)
        return self.told[before : self._at]

    def answer(self, text: str, after: str = "h help:") -> str:
        """Wait for the end of a question, and answer it; what was told before."""
        told = self.until(after)
        os.write(self._in, f"{text}\n".encode())
        return told

    def press(self, keys: str, after: str) -> None:
        """Wait for the end of a question, and press keys without Enter."""
        self.until(after)
        os.write(self._in, keys.encode())

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, as the terminal would."""
        self.process.send_signal(number)

    def end(self) -> int:
        """Close its input and read to the end; what it exited with."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        end = time.monotonic() + 60
        while self.process.poll() is None:
            assert time.monotonic() < end, self.told
            self._more(0.1)
        while self._more(0):
            pass
        harmless(self.told)
        return self.process.returncode

    def close(self) -> None:
        """It is gone after the test."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdin is not None and self.process.stdout is not None:
            self.process.stdin.close()
            self.process.stdout.close()
        else:
            os.close(self._master)


def _own_terminal() -> None:
    """Make standard input the terminal that Ctrl+C comes from."""
    import fcntl

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
