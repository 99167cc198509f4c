"""The reasons of RFC 5280 for revoking somebody, to choose from."""

from __future__ import annotations

from rmtui.i18n import tr
from rmtui.services.certificates import MEANING, REASONS
from rmtui.tui.widgets.options import Options

__all__ = ["Reasons"]

WIDTH = max(map(len, REASONS)) + 2


class Reasons(Options):
    """None is chosen at first: a wrong reason in a CRL is there for good."""

    def __init__(self, *, ident: str) -> None:
        super().__init__([f"{reason:{WIDTH}}{tr(MEANING[reason])}" for reason in REASONS], ident=ident)

    @property
    def reason(self) -> str:
        """The one that is chosen; empty when none is yet."""
        return self.chosen.partition(" ")[0]
