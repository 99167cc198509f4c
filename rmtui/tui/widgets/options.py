"""A short list of things of which one is chosen, as one stop for Tab."""

from __future__ import annotations

from collections.abc import Sequence

from rmtui.tui.widgets.ticks import Ticks

__all__ = ["Options"]


class Options(Ticks):
    """Labels of which one is chosen: Space chooses, and so do the arrows. Where none is at first, the first arrow chooses the first."""

    BOX = ("( )", "(x)")

    def __init__(self, labels: Sequence[str], chosen: str = "", *, ident: str | None = None) -> None:
        super().__init__(labels, [chosen] if chosen else [], ident=ident)
        self._cursor = self.labels.index(chosen) if chosen else 0

    @property
    def chosen(self) -> str:
        """The label that is chosen; empty when none is yet."""
        return next(iter(self.ticked), "")

    def choose(self, label: str) -> None:
        """Choose this one."""
        self._cursor = self.labels.index(label)
        self.tell(self.labels, [label])

    def offer(self, labels: Sequence[str]) -> None:
        """Have these to choose from instead, the first of them chosen."""
        self._cursor = 0
        self.tell(labels, labels[:1])

    def action_step(self, by: int) -> None:
        """Move the cursor, and choose what it is on."""
        if self.ticked:
            super().action_step(by)
        self.action_tick()

    def action_tick(self) -> None:
        """Choose what is under the cursor."""
        if self.ticked != {self.labels[self._cursor]}:
            self.ticked = {self.labels[self._cursor]}
            self.refresh()
            self.post_message(self.Changed(self, by_hand=True))
