"""All keys that do something where the operator is, and what the symbols mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from textual.binding import ActiveBinding, Binding, BindingType
from textual.widget import Widget

from rmtui.i18n import later, tr
from rmtui.tui.dialogs.base import Dialog, prose
from rmtui.tui.glyphs import glyphs
from rmtui.tui.keymap import declared
from rmtui.tui.keynames import named
from rmtui.tui.widgets.facts import Facts, Section

__all__ = ["HelpScreen"]


class HelpScreen(Dialog[None]):
    """Reads the bindings in force, so that it cannot say what is not so."""

    CANCEL = later("Close")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("space", "scroll(10)", "Page down", show=False),
        Binding("home,g", "scroll(-100000)", "Top", show=False),
        Binding("end,G", "scroll(100000)", "End", show=False),
        Binding("question_mark,f1,q", "cancel", "Close", show=False),
    ]

    def __init__(self, active: Mapping[str, ActiveBinding], pane: str) -> None:
        super().__init__(tr("Help"))
        self._active = active
        self._pane = pane

    def body(self) -> Iterable[Widget]:
        """Keys by where they work, then symbols."""
        yield Facts(self._sections(), ident="facts")
        yield prose(tr("Arrows scroll, Esc closes."), classes="hint")

    def on_mount(self) -> None:
        """Use the height there is."""
        self.add_class("-tall")
        super().on_mount()

    def _sections(self) -> list[Section]:
        groups: dict[str, dict[str, tuple[list[str], str]]] = {}
        for active in declared(self._active):
            binding = active.binding
            if binding.id is None or not binding.tooltip:
                continue
            title = (active.node.BINDING_GROUP_TITLE or "Everywhere") if active.node is not self.app else "Everywhere"
            keys, _says = groups.setdefault(title, {}).setdefault(binding.id, ([], binding.tooltip))
            keys.append(named(binding.key))
        order = sorted(groups, key=lambda title: (title != self._pane, title == "Everywhere", title))
        sections = [Section(tr(title), tuple((" ".join(keys), tr(says)) for keys, says in groups[title].values())) for title in order]
        symbols = glyphs()
        sections.append(
            Section(
                tr("Symbols"),
                (
                    (symbols.pending, tr("pending: asked to come in, nobody has decided")),
                    (symbols.done, tr("approved, active, or done")),
                    (symbols.refused, tr("rejected, revoked, or refused")),
                    (symbols.warning, tr("failed, or to be minded")),
                    (symbols.cursor, tr("the row that the keys act on, while none is marked")),
                    (symbols.mark, tr("marked: the keys act on all that are")),
                ),
            )
        )
        sections.append(
            Section(
                tr("In a dialog"),
                (
                    (tr("Tab, arrows"), tr("to the next control")),
                    (tr("Space"), tr("tick or clear")),
                    ("PgUp PgDn", tr("what has no room")),
                    ("Enter", tr("press the button in focus; holding it down does nothing")),
                    ("Esc", tr("back, nothing done")),
                ),
            )
        )
        return sections
