"""What of a list the operator has before their eyes."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

__all__ = ["Scene"]


@dataclass(frozen=True, slots=True)
class Scene:
    """The list on the screen: which rows can be seen, and how often one came under the cursor that nobody moved it to."""

    rows: frozenset[Hashable] = frozenset()
    shifts: int = 0
    told: int = 0
    """How many keys were refused because of what was not on the screen yet."""

    def after(self, told: int) -> Scene:
        """The same after so many refusals."""
        return replace(self, told=told)
