"""The reasons of RFC 5280 for revoking somebody, to choose from."""

from __future__ import annotations

from rmtui.services.certificates import REASONS
from rmtui.tui.widgets.options import Options

__all__ = ["Reasons"]

WORDS = {
    "unspecified": "no reason is told",
    "keyCompromise": "somebody else has, or may have, their key",
    "affiliationChanged": "they belong to another unit now",
    "superseded": "they have another certificate",
    "cessationOfOperation": "they have no more to do here",
    "privilegeWithdrawn": "they may no longer take part",
}
WIDTH = max(map(len, REASONS)) + 2


class Reasons(Options):
    """None is chosen at first: a wrong reason in a CRL is there for good."""

    def __init__(self, *, ident: str) -> None:
        super().__init__([f"{reason:{WIDTH}}{WORDS.get(reason, '')}".rstrip() for reason in REASONS], ident=ident)

    @property
    def reason(self) -> str:
        """The one that is chosen; empty when none is yet."""
        return self.chosen.partition(" ")[0]
