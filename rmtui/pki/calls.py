"""The requests to other servers that somebody waits for, so that all can be given up at once when the program ends."""

from __future__ import annotations

import threading
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

    def hang_up(self) -> None:
        """Let nobody wait any more: what is under way is lost at once, and nothing further is asked."""
        with self._lock:
            self._over = True
            for waited in self._waited:
                waited.cancel()


calls = Calls()
"""Those of this process."""
