"""The keys that were chosen in ``config.toml``, judged before the console opens."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence

from textual.app import App
from textual.binding import ActiveBinding, Binding
from textual.dom import DOMNode
from textual.widgets import Button

from rmtui import settings
from rmtui.errors import ConfigurationError
from rmtui.i18n import later, tr
from rmtui.text import plain
from rmtui.tui.keynames import character, exists, named, split

__all__ = ["FIXED", "check_keys", "contexts", "declared"]

FIXED = frozenset({"dialog", "filter", "ticks", "setup", "signin", "locked"})
"""Areas whose keys (Esc, Enter, Tab, Space, arrows) are everybody's: sentences tell them, and nobody is left without a way back."""
UNNAMED = {
    "help_quit": later("what tells how to quit"),
    "command_palette": later("the palette"),
    "screen.copy_text": later("Copy selected text"),
}
"""What Textual's own keys do, where it has no words for it, or only English ones."""
SENT_AS = {"ctrl+i": "Tab", "ctrl+m": "Enter", "ctrl+j": "Enter", "ctrl+h": later("Backspace"), "ctrl+[": "Esc"}
"""Keys for which a terminal sends what it sends for another one."""
TAKEN = {"ctrl+a": "GNU screen", "ctrl+b": "tmux"}
"""Keys that do not come through where the console runs in one of these."""


def _stays(action: str) -> bool:
    """Whether an action keeps its own key."""
    return action == "pane.back" or action.partition(".")[0] in FIXED


def check_keys() -> None:
    """Whether every action that is named exists and may have another key, and no key does two things in one place.

    :raises ConfigurationError: which does not, or which does.
    """
    chosen = settings.current().keys
    if not chosen:
        return
    for action, keys in chosen.items():
        for key in split(keys):
            _check_key(plain(action, 60), key)
    known: set[str] = set()
    for place, found in contexts():
        known.update(each.id for each in found if each.id)
        _check(place, found)
    unknown = sorted(chosen.keys() - known)
    if unknown:
        raise ConfigurationError(
            tr(
                "[keys] of config.toml names {unknown}, which is no action; there are {known} and others.",
                unknown=plain(unknown[0], 60),
                known=", ".join(sorted(each for each in known if each.partition(".")[0] not in {*FIXED, "list", "pane", "app", "main"})),
            )
        )


def _check_key(action: str, key: str) -> None:
    shown = plain(named(key), 40)
    if key in SENT_AS:
        other = tr(SENT_AS[key])
        raise ConfigurationError(
            tr(
                "[keys] of config.toml: {action} cannot be {key}, for which a terminal sends {other}.",
                action=action,
                key=shown,
                other=other,
            )
        )
    if key in TAKEN:
        raise ConfigurationError(
            tr(
                "[keys] of config.toml: {action} cannot be {key}, which {other} keeps for itself.",
                action=action,
                key=shown,
                other=TAKEN[key],
            )
        )
    if not exists(key):
        raise ConfigurationError(
            tr(
                "[keys] of config.toml: {action} is given “{key}”, which is no key. A key is a character, or a name such as f5, pageup, "
                'ctrl+g or shift+up; several stand with commas between: {action} = "f5, A".',
                action=action,
                key=plain(key, 40),
            )
        )
    if key.startswith("alt+") and character(key.removeprefix("alt+")):
        raise ConfigurationError(
            tr(
                "[keys] of config.toml: {action} cannot be {key}, for which a terminal sends Esc and then the other key.",
                action=action,
                key=shown,
            )
        )


def _check(place: str, found: Sequence[Binding]) -> None:
    chosen = settings.current().keys
    taken: dict[str, tuple[str, bool]] = {}
    for binding in found:
        keys, default = split(chosen.get(binding.id or "", binding.key)), split(binding.key)
        moved = keys != default
        name = binding.id or _words(binding)
        if moved and _stays(name):
            raise ConfigurationError(tr("[keys] of config.toml: {action} keeps its key, {key}.", action=name, key=named(default[0])))
        for key in keys:
            if moved and binding.priority and character(key):
                raise ConfigurationError(
                    tr(
                        "[keys] of config.toml: {action} works while you type, so it cannot be {key}, which writes something.",
                        action=name,
                        key=plain(named(key), 40),
                    )
                )
            other, other_moved = taken.setdefault(key, (name, moved))
            if other != name and (moved or other_moved):
                raise ConfigurationError(
                    tr(
                        "[keys] of config.toml: {key} would be {other} and {action} on {pane}. Choose another key for one.",
                        key=plain(named(key), 40),
                        other=other,
                        action=name,
                        pane=tr(place),
                    )
                )


def _words(binding: Binding) -> str:
    """What an action that has no name does, in quotation marks."""
    return tr("“{action}”", action=tr(UNNAMED.get(binding.action, binding.description)))


def _of(owner: type[DOMNode]) -> list[Binding]:
    """What a class of screen, pane or widget does by key; a key of its own goes before one that it inherits."""
    merged: dict[str, Binding] = {}
    for base in reversed(owner.__mro__):
        for each in vars(base).get("BINDINGS", ()):
            binding = each if isinstance(each, Binding) else Binding(*each)
            merged.update(dict.fromkeys(split(binding.key), binding))
    return list(dict.fromkeys(merged.values()))


def declared(active: Mapping[str, ActiveBinding]) -> list[ActiveBinding]:
    """Bindings in the order in which the classes name them: a key that was chosen stands where the action's own would."""
    found = [*active.values()]
    if not settings.current().keys:
        return found
    for node in {each.node: None for each in found}:
        order = {(each.id, each.action): place for place, each in enumerate(_of(type(node)))}
        places = [place for place, each in enumerate(found) if each.node is node]
        own = sorted((found[place] for place in places), key=lambda each: order.get((each.binding.id, each.binding.action), len(order)))
        for place, each in zip(places, own, strict=True):
            found[place] = each
    return found


def contexts() -> Iterator[tuple[str, list[Binding]]]:
    """Each place in which keys work, and what does something there: panes, dialogs, and the screens before the console."""
    from rmtui.tui.app import RmtuiApp
    from rmtui.tui.dialogs import __path__ as dialogs
    from rmtui.tui.dialogs.base import Dialog
    from rmtui.tui.dialogs.doctor import DoctorDialog
    from rmtui.tui.panes.audit import AuditPane
    from rmtui.tui.panes.codes import CodesPane
    from rmtui.tui.panes.enrollments import EnrollmentsPane
    from rmtui.tui.panes.invites import InvitesPane
    from rmtui.tui.panes.people import PeoplePane
    from rmtui.tui.panes.roles import RolesPane
    from rmtui.tui.screens.help import HelpScreen
    from rmtui.tui.screens.locked import LockScreen
    from rmtui.tui.screens.main import MainScreen
    from rmtui.tui.screens.setup import SetupScreen
    from rmtui.tui.screens.signin import SignInScreen
    from rmtui.tui.widgets.filterbar import FilterBar
    from rmtui.tui.widgets.listview import ListView
    from rmtui.tui.widgets.ticks import Ticks

    app = [*_of(RmtuiApp), Binding(App.COMMAND_PALETTE_BINDING, "command_palette", "", priority=True)]
    anywhere = [each for each in app if each.priority]
    for pane in (EnrollmentsPane, PeoplePane, RolesPane, InvitesPane, CodesPane, AuditPane):
        yield str(pane.BINDING_GROUP_TITLE), [*_of(pane), *_of(ListView), *_of(MainScreen), *app]
    yield later("the filter"), [*vars(FilterBar)["BINDINGS"], *anywhere]
    for module in pkgutil.iter_modules(dialogs):
        importlib.import_module(f"{Dialog.__module__.rpartition('.')[0]}.{module.name}")
    for dialog in _below(Dialog):
        within = _of(ListView) if dialog is DoctorDialog else vars(Ticks)["BINDINGS"]
        yield later("a dialog"), [*_of(dialog), *within, *_of(Button), *anywhere]
    for screen in (SetupScreen, SignInScreen, LockScreen):
        yield later("the screens before the console"), [*_of(screen), *_of(Button), *app]
    yield later("the help"), [*_of(HelpScreen), *anywhere]


def _below(owner: type[DOMNode]) -> Iterator[type[DOMNode]]:
    """Its subclasses, as far down as there are any."""
    for each in owner.__subclasses__():
        yield each
        yield from _below(each)
