"""A screen with a list, whose keys act on rows."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from textual.screen import Screen

from rmtui.i18n import tr
from rmtui.tui.glyphs import show
from rmtui.tui.link.scene import Scene

__all__ = ["Listing"]

ACTING = {"enrolment", "person", "role", "invite", "code"}
"""First words of the ids of keys that may act on a row."""
ROWLESS = {"new", "import", "codes", "state", "status", "members"}
"""Last words of those that are for no row."""
MARKING = {"list.mark", "list.range"}
"""Keys that choose the row for those."""


class Listing(Screen[None]):
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

    def unseen(self, key: str, seen: Scene) -> str:
        """Why a key may not act on the row under the cursor, for somebody who saw ``seen`` when they pressed it; empty when it may."""
        active, view = self.active_bindings.get(key), self.pane.view
        action = active.binding.id or "" if active is not None else ""
        first, _, last = action.partition(".")
        if action not in MARKING and (first not in ACTING or last in ROWLESS or (view.marks and seen.rows)):
            return ""
        if not view.window.loaded:
            return tr(
                "Nothing was done: the list was not on the screen yet when the key was pressed. What was typed after it was dropped too."
            )
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
