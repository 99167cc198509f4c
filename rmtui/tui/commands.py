"""What the palette offers: everything that a key does here and now, by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.dom import DOMNode
from textual.screen import Screen

from rmtui import clock
from rmtui.i18n import later, tr
from rmtui.tui.notice import entitle
from rmtui.tui.panes.tabs import PANES
from rmtui.tui.screens.main import MainScreen

if TYPE_CHECKING:
    from textual.command import Provider

    from rmtui.tui.app import RmtuiApp

__all__ = ["commands", "finder", "switch_bell", "switch_times", "switch_title"]

AREAS = frozenset({"enrolment", "person", "role", "invite", "code", "audit", "pane", "list"})
"""Bindings, by the first word of their id, that the palette offers."""
ELSEWHERE = frozenset({"pane.back", "list.up", "list.down", "list.page-up", "list.page-down", "list.first", "list.last"})
"""Those that nobody looks for by name."""


LOOKS = {
    "dark": (later("Theme: dark"), later("Light on dark")),
    "light": (later("Theme: light"), later("Dark on light")),
    "high-contrast": (later("Theme: high-contrast"), later("Strong colours on black")),
    "mono": (later("Theme: mono"), later("No colours: bold, underlined and reversed")),
}
"""What the palette calls each look, and says of it."""


def commands(app: RmtuiApp, screen: Screen[object]) -> Iterable[SystemCommand]:
    """What the keys do here and now, signing in and out, the bell and the looks."""
    if isinstance(screen, MainScreen):
        for tab in PANES:
            yield SystemCommand(
                tr("Go to {title}", title=tr(tab.title)), tr("Show this pane"), partial(_run, app, f"screen.pane('{tab.name}')")
            )
        seen: set[str | None] = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            area = (binding.id or "").partition(".")[0]
            if active.enabled and area in AREAS and binding.id not in {*seen, *ELSEWHERE}:
                seen.add(binding.id)
                yield SystemCommand(tr(binding.description), tr(binding.tooltip), partial(_run, app, binding.action, active.node))
        yield SystemCommand(tr("Roll-call"), tr("Hold a list of callsigns against who is in and who waits"), screen.action_rollcall)
        yield SystemCommand(tr("Doctor: health"), tr("Check the deployment, and put right what disagrees"), app.action_doctor)
        yield SystemCommand(tr("Sign in"), tr("Prove who you are: certificate, login code or token"), app.action_sign_in)
        rings, silent = tr("Do not ring when somebody new asks to come in"), tr("Ring when somebody new asks to come in")
        yield SystemCommand(tr("Bell"), rings if app.preferences.bell else silent, partial(switch_bell, app))
        told, untold = tr("Do not tell in the terminal's title how many wait"), tr("Tell in the terminal's title how many wait")
        yield SystemCommand(tr("Title"), told if app.preferences.title else untold, partial(switch_title, app, screen))
        if clock.elsewhere():
            utc, local = (tr("Times: UTC"), tr("Tell times in UTC")), (tr("Times: local"), tr("Tell times in the local zone"))
            yield SystemCommand(*(local if clock.in_utc() else utc), partial(switch_times, app, screen))
        yield SystemCommand(tr("Lock"), tr("Hide everything until somebody signs in"), app.action_lock)
        yield SystemCommand(tr("Refresh"), tr("Read everything again now"), screen.action_reload)
        yield SystemCommand(tr("Help"), tr("All keys, and what the symbols mean"), screen.action_help)
    for look, (title, says) in LOOKS.items():
        if look != app.theme:
            yield SystemCommand(tr(title), tr(says), partial(_look, app, look))
    yield SystemCommand(tr("Quit"), tr("Quit; nothing is lost"), app.action_quit)


def finder() -> type[Provider]:
    """What the palette looks for callsigns and codes with; loaded with the first palette."""
    from rmtui.tui.finder import Finder

    return Finder


def _run(app: RmtuiApp, action: str, node: DOMNode | None = None) -> None:
    app.call_later(app.run_action, action, node or app.screen)


def _look(app: RmtuiApp, look: str) -> None:
    """Have this look, the next time too."""
    app.theme = look
    app.remember(replace(app.preferences, theme=look))


def switch_bell(app: RmtuiApp) -> None:
    """Ring when somebody new asks to come in, or do not."""
    app.remember(replace(app.preferences, bell=not app.preferences.bell))
    app.tell(tr("The bell rings when somebody new asks to come in.") if app.preferences.bell else tr("The bell does not ring any more."))


def switch_title(app: RmtuiApp, screen: MainScreen) -> None:
    """Tell in the terminal's title how many wait, or do not."""
    app.remember(replace(app.preferences, title=not app.preferences.title))
    summary = screen.health.summary
    entitle(app, summary.pending.number if summary is not None else 0)
    app.tell(tr("The terminal's title tells how many wait.") if app.preferences.title else tr("The terminal has its own title again."))


def switch_times(app: RmtuiApp, screen: MainScreen) -> None:
    """Tell times in UTC, or in the local zone."""
    clock.use_utc(not clock.in_utc())
    app.remember(replace(app.preferences, utc=clock.in_utc()))
    screen.show_times()
    app.tell(tr("Times are told in UTC.") if clock.in_utc() else tr("Times are told in the local zone, {zone}.", zone=clock.zone()))
