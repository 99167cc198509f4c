"""A screen with a list, whose keys act on rows."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from textual.binding import ActiveBinding
from textual.dom import DOMNode
from textual.screen import Screen

from rmtui.i18n import later, tr
from rmtui.tui.glyphs import show
from rmtui.tui.keynames import character
from rmtui.tui.link.scene import Scene

__all__ = ["NOT_YET", "Listing", "TypedAhead"]

NOT_YET = later("Nothing was done: the list was not on the screen yet when the key was pressed. What was typed after it was dropped too.")
"""What a key that came too early is told."""

ACTING = {"enrolment", "person", "role", "invite", "invites", "code", "audit"}
"""First words of the ids of keys that may act on a row."""
ROWLESS = {"new", "import", "codes", "state", "status", "outcome", "members"}
"""Last words of those that are for no row."""
MARKING = {"list.mark", "list.range"}
"""Keys that choose the row for those."""
TELLING = {"list.open", "list.mark-all", "pane.copy"}
"""Other keys that are for what is in the list: whoever looks sees what they did."""
WAITING = {"main.palette", "command_palette", "main.codes", "enrolment.codes", "role.members"}
"""Keys that offer or take what the list has, and do something without it too."""


class TypedAhead(DOMNode):
    """Mixed into a screen whose keys are for what comes a while after it was asked for."""

    @abstractmethod
    def early(self, key: str) -> bool:
        """Whether a key is for what is on its way."""

    @abstractmethod
    def unseen(self, key: str, seen: Scene | None) -> str:
        """Why a key may not do what it does; empty when it may.

        :param seen: what was on the screen when it was pressed; None where that does not matter.
        """


class Listing(Screen[None], TypedAhead):
    """Knows what the operator has before their eyes."""

    @property
    @abstractmethod
    def pane(self) -> Any:
        """The pane that shows."""

    @property
    def scene(self) -> Scene:
        """What of its list was drawn last."""
        drawn: Scene = self.pane.view.drawn
        return drawn

    def early(self, key: str) -> bool:
        """Whether a key is for a list that is being read; those that move in a list or mark in it ask that list alone."""
        active, action = self._action(key)
        if active is not None and action.startswith("list."):
            return bool(active.node.reading)  # type: ignore[attr-defined]
        return bool((_acts(action) or action in TELLING | WAITING) and self.pane.reading)

    def unseen(self, key: str, seen: Scene | None) -> str:
        """Why a key may not act on the row under the cursor; empty when it may."""
        (active, action), view = self._action(key), self.pane.view
        if not _acts(action) and action not in TELLING:
            return ""
        if self.pane.reading or view.wanted != view.shown or not view.window.loaded:
            return tr(NOT_YET)
        if seen is None or action in TELLING or (view.marks and seen.rows and action not in MARKING):
            return ""
        if view.current is None or (active is not None and not active.enabled):
            return ""
        name = show(view.source.name(view.current))
        if view.source.key(view.current) not in seen.rows:
            return tr(
                "Nothing was done: {name} was not on the screen yet when the key was pressed. What was typed after it was dropped too.",
                name=name,
            )
        if view.shifts != seen.shifts:
            return tr(
                "Nothing was done: {name} came under the cursor before the key arrived. What was typed after it was dropped too.", name=name
            )
        return ""

    def _action(self, key: str) -> tuple[ActiveBinding | None, str]:
        """What a key does here, and its id, or what it is called where it has none; nothing where it is text for the field in focus."""
        if self.focused is not None and self.focused.check_consume_key(key, character(key)):
            return None, ""
        active = self.active_bindings.get(key)
        return active, active.binding.id or active.binding.action if active is not None else ""


def _acts(action: str) -> bool:
    """Whether a key may do something to a row, or chooses it for that."""
    first, _, last = action.partition(".")
    return action in MARKING or (first in ACTING and last not in ROWLESS)
