"""Processes that decide about enrolments, by rmtui or as the web API does, and what they said."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path


class Worker:
    """A process that decides, and what it said so far."""

    def __init__(self, env: dict[str, str], work: list[object], script: str = "decision_worker.py") -> None:
        self.said: list[tuple[str, str, str]] = []
        self.ready = threading.Event()
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name(script))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **env},
        )
        self.process.stdin.write(json.dumps(work) + "\n")
        self.process.stdin.flush()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.process.stdout:
            if (answer := tuple(json.loads(line)))[2] == "ready":
                self.ready.set()
            else:
                self.said.append(answer)

    def go(self) -> None:
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        self.process.stdin.close()
        self.process.stdout.close()
