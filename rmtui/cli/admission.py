"""Who is at the keyboard, before a command looks or acts."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rmtui.services.operators import Operator

__all__ = ["admit"]


def admit(args: argparse.Namespace) -> Operator | None:
    """Who is at the keyboard, if they may look; whoever is turned away from changing something is recorded.

    :raises RmtuiError: they may not, and why.
    """
    from rmtui.cli.asking import read_passphrase
    from rmtui.services import operators

    named = getattr(args, "callsign", None) or ""
    return operators.admit("command", read_passphrase, action=args.acts, target=named if isinstance(named, str) else ", ".join(named))
