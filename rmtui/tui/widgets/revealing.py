"""What is masked at first, and again when nobody seems to look."""

from __future__ import annotations

from rmtui.tui.errands import Errands

__all__ = ["IDLE", "Revealing"]

IDLE = 60.0
"""Seconds without a key after which a code is masked again."""


class Revealing(Errands):
    """Mixed into what shows codes: masked at first, and again after :data:`IDLE`, and when the terminal loses the focus."""

    revealed = False
    """Whether they are on the screen."""

    def redraw(self) -> None:
        """Draw them as :attr:`revealed` has it."""

    def on_mount(self) -> None:
        """Follow the terminal's focus."""
        self.watch(self.app, "app_focus", self._follow_focus, init=False)

    def toggle(self) -> None:
        """Show them, or mask them."""
        if self.revealed:
            self.mask()
            return
        self.revealed = True
        self.redraw()
        self.set_timer(IDLE, self.look)

    def mask(self) -> None:
        """Take them off the screen."""
        if self.revealed:
            self.revealed = False
            self.redraw()

    def look(self) -> None:
        """Mask them if nothing was typed for long enough; else look again when that may be so."""
        left = IDLE - self.console.lock.idle
        if left <= 0:
            self.mask()
        elif self.revealed:
            self.set_timer(left, self.look)

    def _follow_focus(self, focus: bool) -> None:
        if not focus:
            self.mask()
