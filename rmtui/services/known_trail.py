"""Which audit trail this database had when its user first saw it, as a file in the state directory tells: another is told, not taken."""

from __future__ import annotations

import json
import logging
import uuid
from dataclasses import dataclass
from pathlib import Path

from rmtui import clock, settings
from rmtui.auth.operator import deployment_key, deployment_mark
from rmtui.db.own import Chain
from rmtui.db.trail import chain_row
from rmtui.errors import RmtuiError
from rmtui.i18n import english, tr
from rmtui.text import plain

__all__ = ["UNREADABLE", "Known", "another", "known", "remember"]

logger = logging.getLogger("rmtui.audit")

UNREADABLE = (ValueError, TypeError, AttributeError, OverflowError, RecursionError)
"""What comes of reading what no program of ours wrote."""


@dataclass(frozen=True, slots=True)
class Known:
    """The trail that this user knows in this database."""

    chain: str
    since: str
    path: Path
    """The file that remembers it, to be removed where another trail is to be known."""


def known() -> Known | None:
    """The trail that this user saw first in this database; None before that.

    :raises StorageError: the file that remembers it cannot be read.
    """
    from rmtui.pki.files import read_file, storage
    from rmtui.pki.interface import FileMissing, StorageError

    path = settings.current().state_dir / f"trail-{deployment_mark()}"
    with storage(path, "read"):
        if not path.parent.is_dir():
            return None
    try:
        data = json.loads(read_file(path))
        return Known(uuid.UUID(hex=data["chain"]).hex, plain(data["since"], 40), path)
    except FileMissing:
        return None
    except (*UNREADABLE, KeyError):
        raise StorageError(
            tr(
                "{path}, which remembers the audit trail of this database, is not as rmtui wrote it. Remove it to accept "
                "the trail that is there.",
                path=plain(path),
            )
        ) from None


def another(chain: Chain | None, before: Known | None) -> str:
    """Why a trail is not the one that is known, as a sentence; empty when it is, or none is known."""
    if chain is None or before is None or before.chain == chain.name.hex:
        return ""
    said = {"since": before.since, "path": plain(before.path)}
    return tr(
        "This is another audit trail than the one known here since {since}: somebody exchanged it, or the "
        "deployment was restored or made anew. Only if you know of that, remove {path} to accept it.",
        **said,
    )


def remember() -> None:
    """Know this trail from now on, unless one is known. Needs an open connection."""
    from rmtui.pki.files import make_dir, write_file

    chain = chain_row()
    try:
        if chain is None or known() is not None:
            return
        path = settings.current().state_dir / f"trail-{deployment_mark()}"
        make_dir(path.parent, 0o700)
        data = {"chain": chain.name.hex, "since": english(clock.stamp(clock.utcnow())), "database": deployment_key()}
        write_file(path, json.dumps(data).encode() + b"\n", 0o600, replace=False)
    except RmtuiError as error:  # another process may have been first
        logger.info("%s", error)
