"""How the terminal tells that somebody waits while nobody looks at the screen: its bell, and its title."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rmtui.i18n import tr
from rmtui.tui.glyphs import show

if TYPE_CHECKING:
    from rmtui.tui.app import RmtuiApp

__all__ = ["entitle"]

LONGEST = 40
"""Characters of a deployment's name in a title."""


def entitle(app: RmtuiApp, waiting: int) -> None:
    """Tell in the terminal's title how many wait, unless the operator wants none."""
    name = show(app.deployment.name, LONGEST)
    told = tr("rmtui ({number} waiting) {name}", number=f"{waiting:,}", name=name) if waiting else f"rmtui {name}"
    app.entitle(told if app.preferences.title else "")
