"""When the console hides what it shows: after idle time, and when its operator may not go on."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual.screen import ModalScreen, Screen

from rmtui import clock, settings
from rmtui.services import operators
from rmtui.services.signin import SignedIn

if TYPE_CHECKING:
    from rmtui.tui.app import RmtuiApp

__all__ = ["Lock"]

LOOK = 1.0
"""Seconds between two looks at the clock."""


class Lock:
    """The lock of one console. While it is locked nothing else comes on the screen: what wants to waits behind it."""

    def __init__(self, console: RmtuiApp) -> None:
        self._console = console
        self._touched = monotonic()
        self._behind: list[tuple[Any, ...]] = []
        self.locked = False

    def watch(self) -> None:
        """Begin to look at the clock."""
        self._console.set_interval(LOOK, self.look)

    def touch(self) -> None:
        """A key was pressed, or something pasted or clicked."""
        self._touched = monotonic()

    def look(self) -> None:
        """Lock if it is time."""
        operator, minutes = self._console.operator, settings.current().lock_minutes
        if self.locked or self._console.opening is None or not self._console.showing:
            return
        if operator is not None and operator.until is not None and operator.until <= clock.utcnow():
            self.close(f"The sign-in of {operator.callsign} ran out at {clock.stamp(operator.until)}.")
        elif minutes and monotonic() - self._touched >= minutes * 60:
            self.close(f"Nothing was typed for {minutes} minute{'' if minutes == 1 else 's'}, so what was on the screen is hidden.")

    def close(self, why: str) -> None:
        """Hide everything, and forget the operator's key; they prove anew who they are, where that was asked of them."""
        if self.locked:
            return
        operator = self._console.operator
        self._console.clear_notifications()
        self.locked = True
        if operator is not None and not operator.proven and not operators.signin_required():
            from rmtui.tui.screens.locked import LockScreen

            self._console.show_lock(LockScreen(why, operator.callsign), lambda _done: self._open())
            return
        if operator is None and not operators.signin_required():
            from rmtui.tui.screens.locked import LockScreen

            self._console.show_lock(LockScreen(why, ""), lambda _done: self._open())
            return
        from rmtui.tui.screens.signin import SignInScreen

        before = operator.pk if operator is not None else None
        self._console.operator = None
        place = self._console.deployment.place
        self._console.show_lock(SignInScreen(place, why, title="Locked"), lambda done: self._signed_in(before, done))

    def _signed_in(self, before: uuid.UUID | None, done: SignedIn | None) -> None:
        if done is None:
            return
        self._console.operator = done.operator
        if before != done.operator.pk:  # what another one had begun is not theirs
            while isinstance(self._console.screen, ModalScreen):
                self._console.pop_screen()
            self._behind = [call for call in self._behind if not isinstance(call[0], Screen)]
        self._open()
        if done.problem:
            self._console.tell(done.problem, severity="warning")

    def _open(self) -> None:
        self.locked = False
        self.touch()
        waiting, self._behind = self._behind, []
        for call, *arguments in waiting:
            if isinstance(call, Screen):
                self._console.push_screen(call, *arguments)
            else:
                call(*arguments)

    def keep_behind(self, what: Screen[Any] | Callable[..., None], *arguments: Any) -> None:
        """Hold back a screen or a call until the console is open again."""
        self._behind.append((what, *arguments))
