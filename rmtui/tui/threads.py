"""Where blocking work runs: a daemon thread for each call, so that a slow database never keeps the console from ending."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["DaemonExecutor", "Writes"]


class DaemonExecutor(ThreadPoolExecutor):
    """An executor whose threads are abandoned when the program ends; reads may be, and :class:`Writes` waits for the rest."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Start a thread for one call."""
        future: Future[Any] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                future.set_result(fn(*args, **kwargs))
            except BaseException as error:  # noqa: BLE001  # whoever asks for the result gets it
                future.set_exception(error)

        threading.Thread(target=run, name="rmtui-work", daemon=True).start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End without waiting."""
        super().shutdown(wait=False, cancel_futures=cancel_futures)


class Writes:
    """The changes under way, which are finished before the program ends."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._running = 0
        self._stops: WeakSet[threading.Event] = WeakSet()

    def stop_event(self) -> threading.Event:
        """Set when the program ends, for a change that can stop half-way."""
        event = threading.Event()
        self._stops.add(event)
        return event

    def stop(self) -> None:
        """Have every change stop that can."""
        for event in self._stops:
            event.set()

    @contextmanager
    def one(self) -> Iterator[None]:
        """One change, in the thread that makes it."""
        with self._condition:
            self._running += 1
        try:
            yield
        finally:
            with self._condition:
                self._running -= 1
                self._condition.notify_all()

    def wait(self, seconds: float) -> bool:
        """Wait until none is under way; False when it took longer."""
        end = time.monotonic() + seconds
        with self._condition:
            return self._condition.wait_for(lambda: self._running == 0, max(end - time.monotonic(), 0))
