"""Errors of below that a surface answers otherwise than by telling them."""

from __future__ import annotations

from rmtui.auth.refusals import NotPermitted
from rmtui.db.errors import WrongCode
from rmtui.pki.interface import WrongPassphrase

__all__ = ["NotPermitted", "WrongCode", "WrongPassphrase"]
