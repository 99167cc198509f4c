"""The keys that were chosen in ``config.toml``, judged before the console opens."""

from __future__ import annotations

from collections.abc import Iterator

from textual.binding import Binding
from textual.dom import DOMNode

from rmtui import settings
from rmtui.errors import ConfigurationError
from rmtui.text import plain

__all__ = ["check_keys"]


def check_keys() -> None:
    """Whether every action that is named exists, and no two of a pane have the same key.

    :raises ConfigurationError: which does not, or which have.
    """
    chosen = settings.current().keys
    if not chosen:
        return
    known: set[str] = set()
    for pane, bindings in _panes():
        taken: dict[str, str] = {}
        for binding in bindings:
            if not binding.id:
                continue
            known.add(binding.id)
            for key in chosen.get(binding.id, binding.key).split(","):
                other = taken.setdefault(key.strip(), binding.id)
                if other != binding.id and {other, binding.id} & chosen.keys():
                    raise ConfigurationError(
                        f"[keys] of config.toml: {plain(key, 40)} would be {other} and {binding.id} on {pane}. Choose another key for one."
                    )
    unknown = sorted(chosen.keys() - known)
    if unknown:
        raise ConfigurationError(f"[keys] of config.toml names {plain(unknown[0], 60)}, which is no action; there are {_told(known)}.")


def _told(known: set[str]) -> str:
    return ", ".join(sorted(name for name in known if name.partition(".")[0] not in {"list", "pane", "app", "main"})) + " and others"


def _panes() -> Iterator[tuple[str, list[Binding]]]:
    """What each pane does by which key, with what the list, the screen and the program do there."""
    from rmtui.tui.app import RmtuiApp
    from rmtui.tui.panes.audit import AuditPane
    from rmtui.tui.panes.codes import CodesPane
    from rmtui.tui.panes.enrollments import EnrollmentsPane
    from rmtui.tui.panes.invites import InvitesPane
    from rmtui.tui.panes.people import PeoplePane
    from rmtui.tui.panes.roles import RolesPane
    from rmtui.tui.screens.main import MainScreen
    from rmtui.tui.widgets.listview import ListView
    from rmtui.tui.widgets.marking import Marking

    everywhere: tuple[type[DOMNode], ...] = (Marking, ListView, MainScreen, RmtuiApp)
    for pane in (EnrollmentsPane, PeoplePane, RolesPane, InvitesPane, CodesPane, AuditPane):
        found = [each for owner in (pane, *everywhere) for each in vars(owner).get("BINDINGS", ())]
        yield str(pane.BINDING_GROUP_TITLE), [each for each in found if isinstance(each, Binding)]
