"""What became, or would become, of each of many."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rmtui.cli.output import say, table
from rmtui.i18n import later, tr
from rmtui.services.bulk import Outcome, Report, Target

__all__ = ["ended", "nothing", "planned", "report", "stopping"]

_ENDINGS: dict[Outcome, str] = {
    "done": later("{n} done"),
    "refused": later("{n} refused"),
    "failed": later("{n} failed"),
    "left": later("{n} left"),
}


def report(report: Report, form: str, column: str = "callsign") -> int:
    """Print a result for each, and on standard error how many ended how; returns what to exit with.

    :param column: what the names of what was acted on are called.
    """
    rows = (
        {column: each.target.name, "outcome": tr(each.outcome), "detail": each.sentence, "pk": each.target.pk} for each in report.results
    )
    table(rows, (column, "outcome", "detail"), form)
    return ended(report)


def ended(report: Report) -> int:
    """Tell how many ended how; returns what to exit with."""
    numbers = ((report.number(outcome), how) for outcome, how in _ENDINGS.items())
    counted = ", ".join(tr(how, n=number) for number, how in numbers if number)
    say(tr("{results}.", results=counted) if counted else tr("Nobody was concerned."))
    if report.note:
        say(report.note)
    return report.exit_code


def nothing(why: str) -> str:
    """What a dry run tells of somebody for whom nothing would be done."""
    return tr("nothing: {why}", why=why)


def planned(acts: Iterable[tuple[str, Target]], form: str, idle: int = 0, column: str = "callsign") -> None:
    """Print whom a dry run would act on; what would be done to each comes first, such as ``reject``.

    :param idle: for how many of them nothing would be done.
    :param column: what their names are called.
    """
    rows = [{column: target.name, "would": verb, "pk": target.pk} for verb, target in acts]
    table(rows, (column, "would"), form)
    number = len(rows) - idle
    if idle:
        say(tr("{number} would be concerned, {idle} not; nothing was changed.", number=number, idle=idle))
    else:
        say(tr("{number} would be concerned; nothing was changed.", number=number))


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
