"""A program in a pseudo-terminal, watched with a stopwatch."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from pathlib import Path
from statistics import median

import pyte

COLUMNS, LINES = 120, 40


class Terminal:
    """Runs a program in a pty of 120×40 and reads its screen."""

    def __init__(self, argv: list[str], env: dict[str, str]) -> None:
        self.screen = pyte.Screen(COLUMNS, LINES)
        self.stream = pyte.ByteStream(self.screen)
        self.began = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
            os.execvpe(argv[0], argv, env)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))

    def read(self, timeout: float) -> bytes:
        """What the program writes next; nothing when it writes nothing in time."""
        ready, _, _ = select.select([self.fd], [], [], timeout)
        if not ready:
            return b""
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return b""
        self.stream.feed(data)
        return data

    def until(self, text: str, timeout: float = 60) -> float:
        """Seconds from the start until ``text`` is on the screen."""
        seen = b""
        while time.perf_counter() - self.began < timeout:
            data = self.read(0.5)
            at = time.perf_counter() - self.began
            seen = (seen + data)[-100_000:]
            if text.encode() in seen or any(text in line for line in self.screen.display):
                return at
        raise TimeoutError(f"{text!r} did not come; the screen:\n" + "\n".join(self.screen.display))

    def settle(self, quiet: float = 1.0) -> None:
        """Read until nothing was written for a while."""
        while self.read(quiet):
            pass

    def key(self, keys: bytes, times: int = 40) -> float:
        """Median seconds from a key press to the first answer on the screen."""
        answers = []
        for _ in range(times):
            self.settle(0.12)
            sent = time.perf_counter()
            os.write(self.fd, keys)
            if self.read(5):
                answers.append(time.perf_counter() - sent)
        return median(answers)

    def megabytes(self) -> float:
        """Most memory the program ever had."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024

    def close(self) -> None:
        """End the program."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)
