"""What became, or would become, of each of many."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rmtui.cli.output import say, table
from rmtui.services.bulk import Outcome, Report, Target

__all__ = ["NOTHING", "ended", "planned", "report", "stopping"]

_ENDINGS: tuple[Outcome, ...] = ("done", "refused", "failed", "left")


def report(report: Report, form: str) -> int:
    """Print a result for each, and on standard error how many ended how; returns what to exit with."""
    rows = (
        {"callsign": each.target.name, "outcome": each.outcome, "detail": each.sentence, "pk": each.target.pk} for each in report.results
    )
    table(rows, ("callsign", "outcome", "detail"), form)
    return ended(report)


def ended(report: Report) -> int:
    """Tell how many ended how; returns what to exit with."""
    numbers = ((report.number(outcome), outcome) for outcome in _ENDINGS)
    say((", ".join(f"{number} {outcome}" for number, outcome in numbers if number) or "Nobody was concerned") + ".")
    if report.note:
        say(report.note)
    return report.exit_code


NOTHING = "nothing: "
"""What a dry run tells of somebody for whom nothing would be done, before why."""


def planned(acts: Iterable[tuple[str, Target]], form: str) -> None:
    """Print whom a dry run would act on; what would be done to each comes first, such as ``reject``."""
    told = tuple(acts)
    rows = [{"callsign": target.name, "would": verb, "pk": target.pk} for verb, target in told]
    table(rows, ("callsign", "would"), form)
    idle = sum(verb.startswith(NOTHING) for verb, _target in told)
    say(f"{len(rows) - idle} would be concerned{f', {idle} not' if idle else ''}; nothing was changed.")


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """Lets Ctrl-C stop a bulk before the next one, so that what was done is reported; a second Ctrl-C interrupts. In the main thread."""
    stop = threading.Event()

    def asked(_number: int, _frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = signal.signal(signal.SIGINT, asked)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
