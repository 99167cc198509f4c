"""What the palette offers: everything that a key does here and now, by name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.dom import DOMNode
from textual.screen import Screen

from rmtui.tui.screens.main import PANES, MainScreen

if TYPE_CHECKING:
    from textual.command import Provider

    from rmtui.tui.app import RmtuiApp

__all__ = ["commands", "finder"]

AREAS = frozenset({"enrolment", "person", "role", "invite", "code", "audit", "pane", "list"})
"""Bindings, by the first word of their id, that the palette offers."""
ELSEWHERE = frozenset({"pane.back", "list.up", "list.down", "list.page-up", "list.page-down", "list.first", "list.last"})
"""Those that nobody looks for by name."""


def commands(app: RmtuiApp, screen: Screen[object]) -> Iterable[SystemCommand]:
    """What the keys do here and now, signing in and out, the bell and the theme."""
    if isinstance(screen, MainScreen):
        for tab in PANES:
            yield SystemCommand(f"Go to {tab.title}", "Show this pane", partial(_run, app, f"screen.pane('{tab.name}')"))
        seen: set[str | None] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            area = (binding.id or "").partition(".")[0]
            if active.enabled and area in AREAS and binding.id not in {*seen, *ELSEWHERE}:
                seen.add(binding.id)
                yield SystemCommand(binding.description, binding.tooltip, partial(_run, app, binding.action, active.node))
        yield SystemCommand("Roll-call", "Hold a list of callsigns against who is in and who waits", screen.action_rollcall)
        yield SystemCommand("Sign in", "Prove who you are: certificate, login code or token", app.action_sign_in)
        bell = "Do not ring" if app.preferences.bell else "Ring"
        yield SystemCommand("Bell", f"{bell} when somebody new asks to come in", app.switch_bell)
        yield SystemCommand("Lock", "Hide everything until somebody signs in", app.action_lock)
        yield SystemCommand("Refresh", "Read everything again now", screen.action_reload)
        yield SystemCommand("Help", "All keys, and what the symbols mean", screen.action_help)
    yield SystemCommand("Theme", "Choose other colours", app.action_change_theme)
    yield SystemCommand("Quit", "Quit; nothing is lost", app.action_quit)


def finder() -> type[Provider]:
    """What the palette looks for callsigns and codes with; loaded with the first palette."""
    from rmtui.tui.finder import Finder

    return Finder


def _run(app: RmtuiApp, action: str, node: DOMNode | None = None) -> None:
    app.call_later(app.run_action, action, node or app.screen)
