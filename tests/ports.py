"""Ports of this host that nobody listens on, and that nobody else is given meanwhile."""

from __future__ import annotations

import socket
from types import TracebackType

__all__ = ["HeldPort"]


class HeldPort:
    """A port on which connections are refused until a server binds it, which one that sets ``SO_REUSEADDR`` may, as servers do."""

    def __init__(self) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", 0))
        self.number: int = self._socket.getsockname()[1]

    def close(self) -> None:
        """Let anybody have it."""
        self._socket.close()

    def __enter__(self) -> HeldPort:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
