"""Keys for coming approvals, made while nobody waits: a few, in memory alone, each given out once."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rmtui.pki.keys import PrivateKey

__all__ = ["MOST", "Stock", "stock"]

MOST: Final = 8
"""How many are kept."""
_LAZY: Final = 19
"""The nice value of the thread that makes them: whoever else wants the processor comes first."""


class Stock:
    """The keys, and how many there are to be."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Begin anew, as a child of this process has to, which must not give out the same keys."""
        self.changed = threading.Condition()
        self._keys: list[PrivateKey] = []
        self.kind, self.wanted, self.working = "", 0, False

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return f"<{len(self)} keys>"

    def want(self, number: int, kind: str) -> None:
        """Keep so many of one kind from now on, at most :data:`MOST`, and drop all else; none of a kind that takes no time to make."""
        with self.changed:
            if kind != self.kind:
                self._keys.clear()
                self.kind = kind
            self.wanted = min(number, MOST) if kind.startswith("rsa") else 0
            del self._keys[self.wanted :]
            if self.wanted > len(self._keys) and not self.working:
                self.working = True
                threading.Thread(target=self._work, name="keys-ahead", daemon=True).start()

    def take(self, kind: str) -> PrivateKey | None:
        """One of them that nobody else gets, if there is one of this kind."""
        with self.changed:
            if kind != self.kind or not self._keys:
                return None
            self.wanted -= 1
            return self._keys.pop()

    def _work(self) -> None:
        from rmtui.pki import keys

        _yield_to_others()
        while (kind := self._lacking()) is not None:
            try:
                made = keys.generate(kind)
            except BaseException:
                with self.changed:
                    self.working = False
                    self.changed.notify_all()
                raise
            with self.changed:
                if kind == self.kind and len(self._keys) < self.wanted:
                    self._keys.append(made)

    def _lacking(self) -> str | None:
        """The kind of the next key to make; None, and so the end of the thread, where there are enough."""
        with self.changed:
            if len(self._keys) < self.wanted:
                return self.kind
            self.working = False
            self.changed.notify_all()
            return None


def _yield_to_others() -> None:
    """On Linux a thread has a nice value of its own; elsewhere it would be the whole process's, which stays as it is."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LAZY)


stock: Final = Stock()
"""The one of this process."""
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=stock.forget)
