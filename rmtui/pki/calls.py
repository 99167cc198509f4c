"""The requests to other servers that are under way, so that the program can give up all at once when it ends, or wait for a last answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

__all__ = ["Calls", "calls"]


class Calls:
    """What is waited for, by all threads of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waited: set[Future[Any]] = set()
        self._late: set[threading.Thread] = set()
        self._over = False

    @contextmanager
    def one(self, waited: Future[Any]) -> Iterator[None]:
        """One of them, while it lasts; cancelled at once where no more are to be made."""
        with self._lock:
            self._waited.add(waited)
            if self._over:
                waited.cancel()
        try:
            yield
        finally:
            with self._lock:
                self._waited.discard(waited)

    def listen(self, thread: threading.Thread) -> None:
        """Know of one whose answer nobody waits for any more, and which still does something when it comes."""
        with self._lock:
            self._late = {each for each in (*self._late, thread) if each.is_alive()}

    def late(self, seconds: float) -> bool:
        """Wait for answers that are late; whether one is still to come."""
        end = time.monotonic() + seconds
        with self._lock:
            late = list(self._late)
        for thread in late:
            thread.join(max(0.0, end - time.monotonic()))
        return any(thread.is_alive() for thread in late)

    def hang_up(self) -> None:
        """Let nobody wait any more: what is under way is lost at once, and nothing further is asked."""
        with self._lock:
            self._over = True
            for waited in self._waited:
                waited.cancel()


calls = Calls()
"""Those of this process."""
