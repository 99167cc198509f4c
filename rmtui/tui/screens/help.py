"""All keys that do something where the operator is, and what the symbols mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual.binding import ActiveBinding, Binding, BindingType
from textual.widget import Widget

from rmtui.tui.dialogs.base import Dialog, prose
from rmtui.tui.glyphs import glyphs
from rmtui.tui.widgets.facts import Facts, Section

__all__ = ["HelpScreen"]


class HelpScreen(Dialog[None]):
    """Reads the bindings in force, so that it cannot say what is not so."""

    CANCEL = "Close"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("space", "scroll(10)", "Page down", show=False),
        Binding("home,g", "scroll(-100000)", "Top", show=False),
        Binding("end,G", "scroll(100000)", "End", show=False),
        Binding("question_mark,f1,q", "cancel", "Close", show=False),
    ]

    def __init__(self, active: Mapping[str, ActiveBinding], pane: str) -> None:
        super().__init__("Help")
        self._active = active
        self._pane = pane

    def body(self) -> Iterable[Widget]:
        """Keys by where they work, then symbols."""
        yield Facts(self._sections(), ident="facts")
        yield prose("Arrows scroll, Esc closes.", classes="hint")

    def on_mount(self) -> None:
        """Use the height there is."""
        self.add_class("-tall")
        super().on_mount()

    def _sections(self) -> list[Section]:
        groups: dict[str, dict[str, tuple[list[str], str]]] = {}
        for active in self._active.values():
            binding = active.binding
            if binding.id is None or not binding.tooltip:
                continue
            title = (active.node.BINDING_GROUP_TITLE or "Everywhere") if active.node is not self.app else "Everywhere"
            keys, _says = groups.setdefault(title, {}).setdefault(binding.id, ([], binding.tooltip))
            keys.append(self._key_name(binding))
        order = sorted(groups, key=lambda title: (title != self._pane, title == "Everywhere", title))
        sections = [Section(title, tuple((" ".join(keys), f"{says}") for keys, says in groups[title].values())) for title in order]
        symbols = glyphs()
        sections.append(
            Section(
                "Symbols",
                (
                    (symbols.pending, "pending: asked to come in, nobody has decided"),
                    (symbols.done, "approved, active, or done"),
                    (symbols.refused, "rejected, revoked, or refused"),
                    (symbols.warning, "failed, or to be minded"),
                    (symbols.cursor, "the row that the keys act on, while none is marked"),
                    (symbols.mark, "marked: the keys act on all that are"),
                ),
            )
        )
        sections.append(
            Section(
                "In a dialog",
                (
                    ("Tab, arrows", "to the next control"),
                    ("Space", "tick or clear"),
                    ("PgUp PgDn", "what has no room"),
                    ("Enter", "press the button in focus; holding it down does nothing"),
                    ("Esc", "back, nothing done"),
                ),
            )
        )
        return sections

    def _key_name(self, binding: Binding) -> str:
        names = {"pagedown": "PgDn", "pageup": "PgUp", "home": "Home", "end": "End", "up": "Up", "down": "Down", "enter": "Enter"}
        names |= {"escape": "Esc", "tab": "Tab", "shift+tab": "Shift-Tab", "f1": "F1", "left": "Left", "right": "Right"}
        names |= {"question_mark": "?", "slash": "/", "colon": ":", "upper_s": "S", "upper_g": "G", "asterisk": "*", "space": "Space"}
        return names.get(binding.key, binding.key)
