"""What an operator does to many invites at once. Every row is an action of its own: permission, checks, audit entry and result."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Literal

from rmtui.auth.operator import Operator
from rmtui.i18n import tr
from rmtui.services import bulk, pools
from rmtui.services.bulk import Progress, Report, Target

__all__ = ["Change", "change"]

Change = Literal["enable", "disable", "delete"]


def change(
    operator: Operator | None,
    what: Change,
    targets: Sequence[Target],
    *,
    told: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
) -> Report:
    """Enable, disable or delete each; one that is so already stays so."""

    def act(target: Target) -> str:
        if what == "delete":
            pools.delete(operator, target.pk)
            return tr("Deleted.")
        changed = (pools.enable if what == "enable" else pools.disable)(operator, target.pk)
        if what == "enable":
            return tr("Enabled.") if changed else tr("Was enabled already.")
        return tr("Disabled.") if changed else tr("Was disabled already.")

    return bulk.run(targets, act, told=told, stop=stop)
