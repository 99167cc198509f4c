"""Fresh codes that no other row has."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from peewee import IntegrityError

from rmtui import settings
from rmtui.db.base import db
from rmtui.db.errors import BackendError
from rmtui.i18n import tr
from rmtui.text import new_code

__all__ = ["with_code"]

T = TypeVar("T")


def with_code(write: Callable[[str], T]) -> T:
    """Write something under a fresh code; the unique index says when one is in use.

    :raises BackendError: five in a row were.
    """
    for _ in range(5):
        try:
            with db.atomic():
                return write(new_code(settings.current().code_size))
        except IntegrityError as error:
            clash = error
    raise BackendError(tr("No free code was found in five tries; nothing was made.")) from clash
