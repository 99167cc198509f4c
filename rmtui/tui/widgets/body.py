"""The scrolling part of a box, over its buttons."""

from __future__ import annotations

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget

from rmtui.i18n import tr

__all__ = ["Body"]


class Body(VerticalScroll, can_focus=False):
    """What stands over the buttons; the box says by which keys it scrolls when there is more of it than room."""

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """More than there is room for, or not any more."""
        if isinstance(self.parent, Widget):
            self.parent.border_subtitle = Content(" " + tr("PgUp, PgDn: more") + " ") if shown else ""
