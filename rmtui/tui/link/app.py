"""The part of the app that has to do with the line: what is drawn goes out through it, what is typed comes in by turns."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.widgets import Input, TextArea

from rmtui.errors import EXIT_INTERRUPTED
from rmtui.i18n import later, tr
from rmtui.tui.clipboard import sequence, way
from rmtui.tui.keynames import key_of, named
from rmtui.tui.link.listing import Listing, TypedAhead
from rmtui.tui.link.scene import Scene
from rmtui.tui.link.state import Link
from rmtui.tui.link.turnstile import Turnstile
from rmtui.tui.pastes import Together

__all__ = ["LinkedApp"]


class LinkedApp(App[None]):
    """An app on a :class:`Link`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+l",
            "redraw",
            later("Redraw"),
            id="app.redraw",
            show=False,
            tooltip=later("Draw the screen anew, when something else wrote on it"),
        ),
        Binding(
            "ctrl+z",
            "suspend_process",
            later("Shell"),
            id="app.suspend",
            show=False,
            priority=True,
            tooltip=later("To the shell; fg comes back"),
        ),
    ]

    def __init__(self, link: Link | None = None) -> None:
        ours = sys.platform != "win32" and "TEXTUAL_DRIVER" not in os.environ
        if ours:
            from rmtui.tui.link.driver import LinkDriver
        super().__init__(driver_class=LinkDriver if ours else None)
        self.link = link or Link()
        self.link.scene = self._scene
        self.turnstile = Turnstile(self, self._meant, super().on_event, self._may, self._early)
        self._told = 0
        if self.link.thin:
            self.animation_level = "none"
            self.add_class("-thin")

    def _scene(self) -> Scene:
        listing = next((screen for screen in reversed(self.screen_stack) if isinstance(screen, Listing)), None)
        return Scene(told=self._told) if listing is None else listing.scene.after(self._told)

    def _meant(self, event: events.Event) -> Sequence[events.Event]:
        if not isinstance(event, Together):
            return [event]
        field = self.focused
        return event.keys(field.value if isinstance(field, Input) else field.text if isinstance(field, TextArea) else "")

    def _may(self, event: events.Event, seen: Any) -> bool:
        """Whether what was typed is meant for what it would reach; once there are rows, what was seen matters over a thin line only."""
        scene = seen if isinstance(seen, Scene) else None
        if scene is not None and scene.told < self._told:
            return False
        if not isinstance(event, events.Key) or not isinstance(self.screen, TypedAhead):
            return True
        why = self.screen.unseen(event.key, scene if scene is not None and (self.link.thin or not scene.rows) else None)
        if why:
            self._told += 1
            self.notify(why, severity="warning", markup=False)
        return not why

    def _early(self, event: events.Event) -> bool:
        return isinstance(event, events.Key) and isinstance(self.screen, TypedAhead) and self.screen.early(event.key)

    async def on_event(self, event: events.Event) -> None:
        """What is typed waits its turn."""
        if isinstance(event, (events.Key, events.Paste)) and not event.is_forwarded:
            await self.turnstile.take(event, self.link.seen_with(event))
        else:
            await super().on_event(event)

    # What goes to the terminal besides the screen

    def copy_to_clipboard(self, text: str) -> None:
        """As Textual's, also through tmux and GNU screen, and only where it harms nothing."""
        self._clipboard = text
        if self._driver is not None:
            self._driver.write(sequence(text, way(os.environ)))

    def forget_what_was_copied(self) -> None:
        """What was copied here cannot be pasted by the next one."""
        self._clipboard = ""

    def entitle(self, title: str) -> None:
        """Have the terminal's window or tab called this; empty gives it its own title back."""
        if self.link.entitle is not None:
            self.link.entitle(title)

    # The end of the line

    @property
    def busy(self) -> bool:
        """Whether something is under way that must not be stopped half-way."""
        return False

    def on_load(self) -> None:
        """Before the terminal changes: signals end the program."""
        if sys.platform != "win32" and not self.is_headless:
            for number in (signal.SIGTERM, signal.SIGHUP):
                asyncio.get_running_loop().add_signal_handler(number, self.hang_up)

    def hang_up(self) -> None:
        """The terminal is gone, or somebody ends the program."""
        self.exit(return_code=EXIT_INTERRUPTED)

    def action_suspend_process(self) -> None:
        """As Textual's, where there is a shell to go back to, and nothing under way."""
        if sys.platform == "win32" or os.getpgrp() == os.getsid(0):
            self.notify(tr("There is no shell to go back to here."), severity="warning")
        elif self.busy:
            self.notify(
                tr("Something is being changed; {shell} works when it is done.", shell=key_of("app.suspend", "ctrl+z")), severity="warning"
            )
        else:
            super().action_suspend_process()

    def on_resize(self, _event: events.Resize) -> None:
        """A terminal that changes its size may move or lose what is on it."""
        self.link.redraw()

    def get_key_display(self, binding: Binding) -> str:
        """What the key is called everywhere."""
        return binding.key_display or named(binding.key)

    def action_redraw(self) -> None:
        """Draw the screen anew."""
        self.link.redraw()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """No cursor blinks over a thin line."""
        if self.link.thin and isinstance(event.widget, Input | TextArea):
            event.widget.cursor_blink = False
