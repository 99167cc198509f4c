"""When the console hides what it shows: after idle time, and when its operator may not go on."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any

from textual.await_complete import AwaitComplete

from rmtui import clock, settings
from rmtui.i18n import tr, trn
from rmtui.services import operators
from rmtui.services.operators import Operator
from rmtui.services.signin import SignedIn
from rmtui.tui.widgets.listview import ListView

if TYPE_CHECKING:
    from rmtui.tui.app import RmtuiApp
    from rmtui.tui.screens.locked import LockScreen
    from rmtui.tui.screens.signin import SignInScreen

__all__ = ["Lock", "leave"]

LOOK = 1.0
"""Seconds between two looks at the clock."""


class Lock:
    """The lock of one console. While it is locked nothing else comes on the screen: what wants to waits behind it."""

    def __init__(self, console: RmtuiApp) -> None:
        self._console = console
        self._touched = monotonic()
        self._behind: list[Callable[[], object]] = []
        self._screen: SignInScreen | LockScreen | None = None
        self.latest: uuid.UUID | None = None
        """Who acts, or acted last."""

    @property
    def locked(self) -> bool:
        """Whether everything is hidden."""
        return self._screen is not None

    @property
    def idle(self) -> float:
        """Seconds since the last key."""
        return monotonic() - self._touched

    def watch(self) -> None:
        """Begin to look at the clock."""
        self._console.set_interval(LOOK, self.look)

    def touch(self) -> None:
        """A key was pressed, or something pasted or clicked."""
        self._touched = monotonic()

    def look(self) -> None:
        """Lock if it is time, and see that nothing has come before the lock."""
        console, minutes = self._console, settings.current().lock_minutes
        if self._screen is not None:
            if console.screen is not self._screen and not self._screen.passed:
                self._screen = None
                self.close(tr("The console is locked."))
            return
        if console.opening is None or not console.showing:
            return
        operator = console.operator
        if operator is not None and operator.until is not None and operator.until <= clock.utcnow():
            self.close(tr("The sign-in of {callsign} ran out at {when}.", callsign=operator.callsign, when=clock.stamp(operator.until)))
        elif minutes and self.idle >= minutes * 60:
            self.close(
                trn(
                    "Nothing was typed for {n} minute, so what was on the screen is hidden.",
                    "Nothing was typed for {n} minutes, so what was on the screen is hidden.",
                    minutes,
                )
            )

    def follow(self, operator: Operator | None) -> None:
        """Somebody acts from now on; what another one has marked is not theirs."""
        if operator is None:
            return
        if self.latest not in {None, operator.pk}:
            for screen in self._console.screen_stack:
                for view in screen.query(ListView):
                    view.forget_marks()
        self.latest = operator.pk

    def close(self, why: str) -> None:
        """Hide everything, end the sign-in and forget the operator's key; they prove anew who they are, where that was asked of them."""
        if self.locked:
            return
        from rmtui.tui.screens.signin import SignInScreen

        console, operator = self._console, self._console.operator
        while isinstance(console.screen, SignInScreen):  # what somebody has half typed there is nobody's any more
            console.pop_screen()
        console.forget_what_was_copied()
        console.clear_notifications()
        if not operators.signin_required() and (operator is None or not operator.proven):
            from rmtui.tui.screens.locked import LockScreen

            self._screen = LockScreen(why, operator.callsign if operator is not None else "")
            console.show_lock(self._screen, lambda _done: self._open())
            return
        before = self.latest
        console.operator = None
        if operator is not None and operator.session is not None:
            console.end_session(replace(operator, key=None))
        self._screen = SignInScreen(console.deployment.place, why, title=tr("Locked"))
        console.show_lock(self._screen, lambda done: self._signed_in(before, done))

    def _signed_in(self, before: uuid.UUID | None, done: SignedIn | None) -> None:
        if done is None:
            return
        self._console.operator = done.operator
        if before != done.operator.pk:
            self._behind = []  # what another one had begun is not theirs
            self._console.call_next(self._console.close_dialogs)
        self._open()
        if done.problem:
            self._console.tell(done.problem, severity="warning")

    def _open(self) -> None:
        self._screen = None
        self.touch()
        waiting, self._behind = self._behind, []
        for call in waiting:
            call()

    def keep_behind(self, call: Callable[[], object]) -> None:
        """Hold back a call until the console is open again."""
        self._behind.append(call)


def leave(screen: Any, dismiss: Callable[[Any], AwaitComplete], result: Any) -> AwaitComplete:
    """Dismiss a screen, once it is on top: Textual would dismiss whatever is on top, a lock too."""
    if screen.app.screen is screen:
        screen.passed = result is not None
        return dismiss(result)
    screen.leaving = (result,)
    nothing: AwaitComplete = AwaitComplete.nothing()  # type: ignore[no-untyped-call]
    return nothing
