"""A code that only who asks for it sees: masked, and shown grouped and spelt for the ear."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static

from rmtui.settings import Secret
from rmtui.tui.errands import Errands
from rmtui.tui.glyphs import glyphs, group, show
from rmtui.tui.widgets.facts import Facts, Section
from rmtui.voice import Alphabet, spell

__all__ = ["IDLE", "CodeBox"]

IDLE = 60.0
"""Seconds without a key after which a code is masked again."""
GROUP = 4
"""Characters that are read in one breath."""
LINE = 4
"""Groups in a line."""

SPELT: tuple[tuple[str, Alphabet], ...] = (("NATO", "nato"), ("Finnish", "finnish"))


class CodeBox(Vertical, Errands):
    """Masked at first, and again after :data:`IDLE`, and when the terminal loses the focus. The keys are the screen's."""

    def __init__(self, code: Secret) -> None:
        super().__init__()
        self.code = code
        self.revealed = False
        """Whether it is on the screen."""

    def compose(self) -> ComposeResult:
        """The code, how it is spelt, and the keys."""
        yield Static(classes="code", markup=False)
        yield Facts(classes="spelt")
        yield Static(classes="hint", markup=False)

    def on_mount(self) -> None:
        """Masked."""
        self._tell()
        self.watch(self.app, "app_focus", self._follow_focus, init=False)

    def toggle(self) -> None:
        """Show the code, or mask it."""
        if self.revealed:
            self.mask()
            return
        self.revealed = True
        self._tell()
        self.set_timer(IDLE, self.look)

    def mask(self) -> None:
        """Take the code off the screen."""
        if self.revealed:
            self.revealed = False
            self._tell()

    def look(self) -> None:
        """Mask the code if nothing was typed for long enough; else look again when that may be so."""
        left = IDLE - self.console.lock.idle
        if left <= 0:
            self.mask()
        elif self.revealed:
            self.set_timer(left, self.look)

    def _follow_focus(self, focus: bool) -> None:
        if not focus:
            self.mask()

    def _tell(self) -> None:
        code = show(self.code.reveal()) if self.revealed else glyphs().mask * len(self.code.reveal())
        self.query_one(".code", Static).update("\n".join(_lines(code, wide=self.revealed)))
        spelt = self.query_one(Facts)
        spelt.tell([Section("", ((f"{name:<7}", _spelt(code, alphabet)),)) for name, alphabet in SPELT] if self.revealed else [])
        spelt.display = self.revealed
        again = f"v masks it, as {IDLE:.0f} seconds without a key do; y copies it."
        hint = again if self.revealed else "v shows it, and how it is spelt aloud; y copies it unseen."
        self.query_one(".hint", Static).update(hint)


def _lines(code: str, *, wide: bool) -> list[str]:
    """The code in groups, so many to a line; ``wide`` with a space between two characters."""
    groups = [" ".join(each) if wide else each for each in group(code).split(" ")]
    gap = "   " if wide else " "
    return [gap.join(groups[start : start + LINE]) for start in range(0, len(groups), LINE)]


def _spelt(code: str, alphabet: Alphabet) -> str:
    """A line for each group: its characters, and their words."""
    return "\n".join(f"{each:<{GROUP}}  {' '.join(spell(each, alphabet))}" for each in group(code).split(" "))
