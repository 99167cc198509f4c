"""A terminal at the end of a thin line: bytes come at a rate, answers and keys take their time."""

from __future__ import annotations

import re
import threading
import time
from typing import Any

import pyte

from terminal import Terminal


class _Answering(pyte.Screen):
    """A screen that answers when it is asked where its cursor is."""

    answers: list[str]

    def report_device_status(self, mode: int, **_options: Any) -> None:
        """Only the place of the cursor is ever asked."""
        if mode == 6:
            self.answers.append(f"\x1b[{self.cursor.y + 1};{self.cursor.x + 1}R")


class Relay(Terminal):
    """Runs a program at the end of such a line.

    :param rate: bytes a second that come from it; 0 for as many as there are.
    :param lag: seconds that everything takes in each direction.
    """

    def __init__(
        self, argv: list[str], env: dict[str, str], columns: int = 80, lines: int = 24, *, rate: float = 0, lag: float = 0.0
    ) -> None:
        super().__init__(argv, env, columns, lines)
        self.screen = _Answering(columns, lines)
        self.screen.answers = []
        self.stream = pyte.ByteStream(self.screen)
        self._rate, self._lag = rate, lag
        self._free_at = 0.0
        self._under_way: list[threading.Timer] = []

    def read(self, timeout: float) -> bytes:
        """What comes next, as late as the line makes it; the answers to it go back."""
        data = super().read(timeout)
        if data and self._rate:
            self._free_at = max(self._free_at, time.perf_counter()) + len(data) / self._rate
            time.sleep(max(self._free_at - time.perf_counter(), 0))
        answers, self.screen.answers = self.screen.answers, []
        for answer in answers:
            self._under_way.append(threading.Timer(2 * self._lag, self._answer, [answer]))
            self._under_way[-1].start()
        return data

    def close(self) -> None:
        """As a terminal's; what is under way to it reaches nobody, least of all the next one that has its file descriptor."""
        for timer in self._under_way:
            timer.cancel()
            timer.join()
        super().close()

    def _answer(self, answer: str) -> None:
        try:
            super().press(answer)
        except OSError:  # it has ended meanwhile
            return


def approve_somebody(relay: Terminal) -> float:
    """Approve who waits longest in a demo, by the code that the demo tells; seconds since the start."""
    relay.until("VARPU", "pending", "q Quit")
    relay.settle(0.2)  # it has been answered for, too
    relay.press("a")
    relay.until("Approve VARPU", "CN=VARPU")
    code = re.search(r"it is ([0-9A-Z]{4}) ([0-9A-Z]{4})", relay.text)
    assert code, relay.text
    relay.press("".join(code.groups()))
    relay.press("\r")
    return relay.until("VARPU is approved")
