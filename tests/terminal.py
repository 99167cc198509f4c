"""A program in a pseudo-terminal, its screen read with pyte."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from pathlib import Path

import pyte


class Terminal:
    """Runs a program in a pty and reads its screen."""

    def __init__(self, argv: list[str], env: dict[str, str], columns: int = 80, lines: int = 24) -> None:
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.ByteStream(self.screen)
        self.written = bytearray()
        """Everything the program wrote."""
        self.began = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.execvpe(argv[0], argv, env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.status: int | None = None

    def read(self, timeout: float) -> bytes:
        """What the program writes next; nothing when it writes nothing in time, or has ended."""
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return b""
        try:
            data = os.read(self.fd, 65536)
        except OSError:  # the other end is closed
            return b""
        self.written += data
        self.stream.feed(data)
        return data

    @property
    def text(self) -> str:
        """The screen, line by line."""
        return "\n".join(self.screen.display)

    def until(self, *texts: str, timeout: float = 60) -> float:
        """Read until all of ``texts`` are on the screen; seconds since the program began."""
        deadline = time.perf_counter() + timeout
        while not all(text in self.text for text in texts):
            if time.perf_counter() > deadline:
                raise TimeoutError(f"{texts!r} did not come; the screen:\n{self.text}")
            self.read(0.2)
        return time.perf_counter() - self.began

    def gone(self, *texts: str, timeout: float = 60) -> None:
        """Read until none of ``texts`` is on the screen."""
        deadline = time.perf_counter() + timeout
        while any(text in self.text for text in texts):
            if time.perf_counter() > deadline:
                raise TimeoutError(f"{texts!r} did not go; the screen:\n{self.text}")
            self.read(0.2)

    def settle(self, quiet: float = 1.0, most: float = 10.0) -> None:
        """Read until nothing was written for a while, or for ``most`` seconds: a cursor may blink for ever."""
        deadline = time.perf_counter() + most
        while self.read(quiet) and time.perf_counter() < deadline:
            pass

    def press(self, keys: str) -> None:
        """Type something."""
        os.write(self.fd, keys.encode())

    def megabytes(self) -> float:
        """Most memory the program ever had."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def wait(self, timeout: float = 30) -> int:
        """Read until the program has ended; what it exited with, negative for a signal."""
        deadline = time.perf_counter() + timeout
        while self.status is None:
            self.read(0.1)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.settle(0.1)
                self.status = os.waitstatus_to_exitcode(status)
            elif time.perf_counter() > deadline:
                raise TimeoutError(f"it did not end; the screen:\n{self.text}")
        return self.status

    def close(self) -> None:
        """End the program, if it has not ended."""
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)


def revealed(terminal: Terminal) -> str:
    """The code that a dialog holds masked, after ``v``."""
    terminal.press("v")
    terminal.until("NATO", "Finnish")
    shown = re.search(r"((?:[A-Z2-9] ){3}[A-Z2-9])   ((?:[A-Z2-9] ){3}[A-Z2-9])", terminal.text)
    assert shown, terminal.text
    return "".join(shown.groups()).replace(" ", "")
