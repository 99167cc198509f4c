"""The reasons of RFC 5280 for revoking somebody, to choose from."""

from __future__ import annotations

from rmtui.i18n import later, tr
from rmtui.services.certificates import REASONS
from rmtui.tui.widgets.options import Options

__all__ = ["Reasons"]

WORDS = {
    "unspecified": later("no reason is told"),
    "keyCompromise": later("somebody else has, or may have, their key"),
    "affiliationChanged": later("they belong to another unit now"),
    "superseded": later("they have another certificate"),
    "cessationOfOperation": later("they have no more to do here"),
    "privilegeWithdrawn": later("they may no longer take part"),
}
WIDTH = max(map(len, REASONS)) + 2


class Reasons(Options):
    """None is chosen at first: a wrong reason in a CRL is there for good."""

    def __init__(self, *, ident: str) -> None:
        super().__init__([f"{reason:{WIDTH}}{tr(WORDS.get(reason, ''))}".rstrip() for reason in REASONS], ident=ident)

    @property
    def reason(self) -> str:
        """The one that is chosen; empty when none is yet."""
        return self.chosen.partition(" ")[0]
