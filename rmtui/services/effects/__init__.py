"""What actions do outside their rows: told to products, Keycloak and the world, recorded and retried."""

from rmtui.services.effects.deciding import retry, skip
from rmtui.services.effects.listing import anything_waits, count_effects, cursor, failing, find, list_effects, of_person
from rmtui.services.effects.running import anything_due, run_due
from rmtui.services.effects.types import EffectFailed, EffectQuery, EffectRow, NotWaiting, Ran, TargetUnreachable

__all__ = [
    "EffectFailed",
    "EffectQuery",
    "EffectRow",
    "NotWaiting",
    "Ran",
    "TargetUnreachable",
    "anything_due",
    "anything_waits",
    "count_effects",
    "cursor",
    "failing",
    "find",
    "list_effects",
    "of_person",
    "retry",
    "run_due",
    "skip",
]
