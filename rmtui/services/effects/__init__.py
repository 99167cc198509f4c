"""What actions do outside their rows: told to products, Keycloak and the world, recorded and retried."""

from rmtui.db.effects import Noted, noting
from rmtui.services.effects.deciding import retry, skip
from rmtui.services.effects.listing import count_effects, cursor, find, list_effects, next_try, of_person, undone
from rmtui.services.effects.running import anything_due, carry_out_for, run_due
from rmtui.services.effects.types import EffectFailed, EffectQuery, EffectRow, NotWaiting, Ran, TargetUnreachable

__all__ = [
    "EffectFailed",
    "EffectQuery",
    "EffectRow",
    "NotWaiting",
    "Noted",
    "Ran",
    "TargetUnreachable",
    "anything_due",
    "carry_out_for",
    "count_effects",
    "cursor",
    "find",
    "list_effects",
    "next_try",
    "noting",
    "of_person",
    "retry",
    "run_due",
    "skip",
    "undone",
]
