"""A code that only who asks for it sees: masked, and shown grouped and spelt for the ear."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from rmtui.i18n import later, tr
from rmtui.settings import Secret
from rmtui.tui.glyphs import glyphs, group, show
from rmtui.tui.keynames import key_of
from rmtui.tui.widgets.facts import Facts, Section
from rmtui.tui.widgets.revealing import IDLE, Revealing
from rmtui.voice import Alphabet, spell

__all__ = ["CodeBox"]

GROUP = 4
"""Characters that are read in one breath."""
LINE = 4
"""Groups in a line."""

SPELT: tuple[tuple[str, Alphabet], ...] = ((later("NATO"), "nato"), (later("Finnish"), "finnish"))


class CodeBox(Vertical, Revealing):
    """One code. The keys are the screen's."""

    def __init__(self, code: Secret) -> None:
        super().__init__()
        self.code = code

    def compose(self) -> ComposeResult:
        """The code, how it is spelt, and the keys."""
        yield Static(classes="code", markup=False)
        yield Facts(classes="spelt")
        yield Static(classes="hint", markup=False)

    def on_mount(self) -> None:
        """Masked."""
        self.redraw()

    def redraw(self) -> None:
        """Masked or not."""
        code = show(self.code.reveal()) if self.revealed else glyphs().mask * len(self.code.reveal())
        self.query_one(".code", Static).update("\n".join(_lines(code, wide=self.revealed)))
        spelt = self.query_one(Facts)
        spelt.tell([Section("", ((f"{tr(name):<7}", _spelt(code, alphabet)),)) for name, alphabet in SPELT] if self.revealed else [])
        spelt.display = self.revealed
        again = tr(
            "{show} masks it, as {idle} seconds without a key do; {copy} copies it.",
            show=key_of("code.reveal", "v"),
            copy=key_of("code.copy", "y"),
            idle=f"{IDLE:.0f}",
        )
        hint = (
            again
            if self.revealed
            else tr(
                "{show} shows it, and how it is spelt aloud; {copy} copies it unseen.",
                show=key_of("code.reveal", "v"),
                copy=key_of("code.copy", "y"),
            )
        )
        self.query_one(".hint", Static).update(hint)


def _lines(code: str, *, wide: bool) -> list[str]:
    """The code in groups, so many to a line; ``wide`` with a space between two characters."""
    groups = [" ".join(each) if wide else each for each in group(code).split(" ")]
    gap = "   " if wide else " "
    return [gap.join(groups[start : start + LINE]) for start in range(0, len(groups), LINE)]


def _spelt(code: str, alphabet: Alphabet) -> str:
    """A line for each group: its characters, and their words."""
    return "\n".join(f"{each:<{GROUP}}  {' '.join(spell(each, alphabet))}" for each in group(code).split(" "))
