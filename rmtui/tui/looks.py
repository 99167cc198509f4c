"""How the console looks on this terminal: the theme, its colours, and a sentence where there is no room."""

from __future__ import annotations

import os
from collections.abc import Sequence

from textual import events
from textual.filter import LineFilter, Monochrome, NoColor
from textual.notifications import Notify
from textual.theme import Theme

from rmtui import settings
from rmtui.tui.colours import MANY_COLOURS, Colourless, Fewer
from rmtui.tui.glyphs import ascii_wanted
from rmtui.tui.link.app import LinkedApp
from rmtui.tui.link.state import Link
from rmtui.tui.room import Room
from rmtui.tui.themes import DARK, FEW, MANY, MONO

__all__ = ["LooksApp"]

TOASTS = 4
"""Passing messages that show at once; the oldest gives way."""


class LooksApp(LinkedApp):
    """An app in one of our looks.

    :param link: the line to the terminal.
    :param colours: how many the terminal has.
    """

    def __init__(self, link: Link | None = None, colours: int = MANY_COLOURS) -> None:
        super().__init__(link)
        self._colours = colours
        self.room = Room(self)
        self._colourless, self._fewer = Colourless(), Fewer(colours)
        self._themes = MANY if colours >= MANY_COLOURS else FEW
        for theme in self._themes.values():
            self.register_theme(theme)
        self._chosen = settings.current().theme or (MONO if os.environ.get("NO_COLOR") else "")
        """The look that was asked for; empty where the one that is remembered is as good."""
        self.theme = MONO if colours == 0 else self._chosen or DARK
        self.set_class(ascii_wanted() or self.link.thin, "-ascii")
        self.set_class(colours < MANY_COLOURS, "-few")

    # Themes

    @property
    def available_themes(self) -> dict[str, Theme]:
        """Ours, in their order; Textual's own would not be readable in few colours or none."""
        return {**self._themes} if hasattr(self, "_themes") else super().available_themes

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """What our CSS asks of any theme."""
        return dict(MANY[DARK].variables)

    def recall_look(self, name: str) -> None:
        """Look as the last time, unless something else was asked for."""
        if name and not self._chosen and self._colours:
            self.theme = name

    def watch_theme(self, name: str) -> None:
        """Without colours everything is told in another way, which the CSS calls ``:nocolor``."""
        self.no_color = name == MONO

    def get_line_filters(self) -> Sequence[LineFilter]:
        """What everything that is drawn goes through."""
        if self.no_color:
            return [self._colourless]
        filters = [each for each in super().get_line_filters() if not isinstance(each, (Monochrome, NoColor))]
        return filters if self._colours >= MANY_COLOURS else [*filters, self._fewer]

    def on_notify(self, _event: Notify) -> None:
        """As Textual's, but never so many that they cover the screen."""
        shown = [*self._notifications]
        for oldest in shown[: max(len(shown) + 1 - TOASTS, 0)]:
            self._unnotify(oldest, refresh=False)
            for screen in self.screen_stack:  # Textual would take the message away and keep its line
                screen.query("ToastHolder").filter(f"#--textual-toast-{oldest.identity}").remove()

    # Room

    async def on_mount(self) -> None:
        """A screen that comes on top may have no room."""
        self.screen_change_signal.subscribe(self, self.room.cover, immediate=True)

    def on_resize(self, event: events.Resize) -> None:
        """Say so where there is no room, and go on where there is again."""
        self.room.measure(event.size)

    async def on_event(self, event: events.Event) -> None:
        """What is typed where nothing can be seen goes nowhere."""
        if not self.room.keeps(event):
            await super().on_event(event)
