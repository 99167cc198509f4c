"""Programs on pipes and terminals, and what they tell."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass
class Done:
    """What a command exited with and printed."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


def told(done, code: int, *words: str) -> str:
    """One sentence on standard error, nothing on standard output."""
    assert done.code == code, done
    assert done.out == ""
    line = done.err.splitlines()[-1]
    assert line.startswith("rmtui: ")
    assert line.isprintable()
    assert all(word in line for word in words), line
    return line


def environment(**changes: str) -> dict[str, str]:
    """The environment of a program: this test's, without what it would take for a terminal."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PATH", "HOME", "LANG", "TZ", "RM", "XDG", "JWT", "DB_"))}
    return {**kept, "TERM": "xterm-256color", **changes}


def program(*argv: str, env: dict[str, str] | None = None, **options) -> subprocess.CompletedProcess[str]:
    """Run ``rmtui`` as a program."""
    options.setdefault("stdin", subprocess.DEVNULL) if "input" not in options else None
    return subprocess.run(
        [sys.executable, "-m", "rmtui", *argv],
        env=env or environment(),
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
        **options,
    )


class Terminal:
    """A program whose standard input and error are a terminal; its results go to a pipe, or to the terminal as well."""

    def __init__(self, *argv: str, results: bool = False) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "rmtui", *argv],
            env=environment(),
            stdin=slave,
            stderr=slave,
            stdout=slave if results else subprocess.PIPE,
            start_new_session=True,
        )
        os.close(slave)
        self.seen = ""

    def read(self, until: str, seconds: float = 30) -> str:
        """What was drawn, once ``until`` was."""
        end = time.monotonic() + seconds
        while until not in self.seen:
            assert time.monotonic() < end, self.seen
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.master, 65536).decode("utf-8", "replace")
                except OSError:
                    break
        assert until in self.seen, self.seen
        return self.seen

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def end(self) -> tuple[int, str]:
        """Exit code and results."""
        out = self.process.communicate(timeout=30)[0]
        while select.select([self.master], [], [], 0)[0]:
            try:
                self.seen += os.read(self.master, 65536).decode("utf-8", "replace")
            except OSError:
                break
        return self.process.returncode, (out or b"").decode()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        os.close(self.master)
