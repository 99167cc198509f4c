"""Lets keys through one at a time: each has done what it does, and what it opened takes keys, before the next one comes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode

from rmtui.tui.keynames import keys_of

__all__ = ["Turnstile"]

ROUNDS = 4
"""Times that all who may have a say are waited for: a key's message may make another, as Enter in the palette chooses, closes it and
runs a command, which opens something."""
PATIENCE = 2.0
"""Seconds after which the next key comes whatever became of the last one."""
GLANCE = 0.02
"""Seconds after which a key that came too early is tried again, until its patience is over."""
AT_ONCE = "ctrl+c"
"""A key that waits for nothing, besides those that quit."""


class Turnstile:
    """What is typed ahead of the screen reaches what it was typed for.

    :param meant: the keys that one stands for where it arrives; itself where there is no doubt.
    :param let: has a key do what it does.
    :param may: whether it may, for somebody who saw what was on the screen when it was typed.
    :param early: whether what it is for is still on its way.
    """

    def __init__(
        self,
        app: App[Any],
        meant: Callable[[events.Event], Sequence[events.Event]],
        let: Callable[[events.Event], Awaitable[None]],
        may: Callable[[events.Event, Any], bool],
        early: Callable[[events.Event], bool],
    ) -> None:
        self._app, self._meant, self._let, self._may, self._early = app, meant, let, may, early
        self._waiting: deque[tuple[events.Event, Any]] = deque()
        self._passage = 0
        self._begun = False
        self._busy = True
        self.pressed = 0.0
        """When the key that is being handled was pressed, in seconds of :func:`time.monotonic`."""

    @property
    def busy(self) -> bool:
        """Whether a key has not done yet what it does, or others wait behind it."""
        return self._begun and self._busy

    def begin(self) -> None:
        """The first screen is there; until now nothing took keys."""
        if not self._begun:
            self._begun = True
            self._settle(self._app.screen)

    async def take(self, event: events.Event, seen: Any) -> None:
        """Let it through, now or when its turn comes; ``seen`` is what was on the screen when it was typed."""
        at_once = {AT_ONCE, *keys_of("app.quit-anywhere", "ctrl+q")}
        if not self._begun:
            at_once.update(keys_of("app.quit", "q"))
        if isinstance(event, events.Key) and event.key in at_once:
            await self._let(event)
        elif self._busy:
            self._waiting.append((event, seen))
        else:
            await self._pass(event, seen)

    async def _pass(self, event: events.Event, seen: Any) -> None:
        self._busy = True
        event, *more = self._meant(event)
        self._waiting.extendleft((each, seen) for each in reversed(more))
        if time.monotonic() < event.time + PATIENCE and self._early(event):
            self._waiting.appendleft((event, seen))
            passage = self._passage
            self._app.set_timer(GLANCE, lambda: self._next(passage))
            return
        target = self._app.focused or self._app.screen
        self.pressed = event.time
        if self._may(event, seen):
            await self._let(event)
        self._settle(target)

    def _settle(self, target: DOMNode) -> None:
        self._passage += 1
        passage = self._passage
        timer = self._app.set_timer(PATIENCE, lambda: self._next(passage))

        def done() -> None:
            timer.stop()
            self._app.call_next(self._next, passage)

        self._follow(target, ROUNDS, done)

    def _follow(self, node: DOMNode | None, rounds: int, done: Callable[[], Any]) -> None:
        """Wait for a node and all above it, as what they are sent is handed up; then for the ones that take keys now."""
        if node is None or node is self._app:

            def round_done() -> None:
                if rounds > 1:
                    self._follow(self._app.focused or self._app.screen, rounds - 1, done)
                else:
                    done()

            self._app.call_later(round_done)
        elif not node.call_later(self._follow, node.parent, rounds, done):
            self._follow(node.parent, rounds, done)

    async def _next(self, passage: int) -> None:
        if passage != self._passage or not self._busy:
            return
        self._busy = False
        if self._waiting and self._app.screen_stack:
            await self._pass(*self._waiting.popleft())
