"""What all actions on many records share: the set as it was when it was asked for, its number typed, progress, a stop, a result a row."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from rmtui.errors import RmtuiError
from rmtui.i18n import later, tr
from rmtui.services.bulk import Progress, Report, Result, Target
from rmtui.tui.dialogs.base import Dialog, entry, prose
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.widgets.facts import Facts, Section

__all__ = ["BulkDialog", "Told"]

Told = Callable[[Progress], None]

NAME = 24
"""Cells of a name beside its result."""
OUTCOMES = {"failed": later("failed"), "refused": later("refused"), "left": later("not begun"), "done": later("done")}
"""What a result is called, behind a number; what was not done comes first."""


def names_of(targets: Sequence[Target]) -> str:
    """All of them, as one paragraph, between what no callsign may hold."""
    return ", ".join(show(target.name, 64) for target in targets)


class BulkDialog(Dialog[Report]):
    """Asks, acts on each in turn, and shows what became of each. Gives the report, or None when nothing was begun.

    :param targets: the set, frozen now.
    :param left_out: how many of the marked are none of it, and why, as the end of a sentence.
    """

    DANGER = True
    VERB: ClassVar[str] = ""
    """On the button, before the number."""

    @dataclass
    class _Progressed(Message, bubble=False):
        progress: Progress

        def can_replace(self, message: Message) -> bool:
            """Only how far it has come by now matters."""
            return isinstance(message, BulkDialog._Progressed)

    def __init__(self, targets: Sequence[Target], left_out: tuple[int, str] = (0, "")) -> None:
        self.CONFIRM = f"{tr(self.VERB)} {len(targets):,}"  # type: ignore[misc]
        super().__init__(self.heading(len(targets)))
        self.targets = tuple(targets)
        self._left_out = left_out
        self._stop = threading.Event()
        self._done: dict[Target, Result] = {}
        self.report: Report | None = None
        """What became of them, as soon as it is over."""

    # For subclasses

    @abstractmethod
    def heading(self, number: int) -> str:
        """What it is to do to how many, as its title."""

    def consequences(self) -> Iterable[Widget]:
        """What follows from it."""
        return ()

    def whom(self) -> Iterable[Widget]:
        """Exactly who it is about."""
        yield prose(names_of(self.targets))

    def fields(self) -> Iterable[Widget]:
        """What is to be said once for all."""
        return ()

    def problem(self) -> tuple[str, str] | None:
        """What keeps it from being begun: a sentence, and the selector of where to put it right."""
        return None

    @abstractmethod
    def work(self, targets: Sequence[Target], told: Told, stop: threading.Event) -> Callable[[], Any]:
        """What to run in a thread, for :meth:`finished`; whatever it needs of the screen is read now."""

    def after(self) -> Iterable[Section]:
        """What to say after the results."""
        return ()

    # Asking

    def body(self) -> Iterable[Widget]:
        """What will happen, to exactly whom, what is to be said, and their number."""
        yield from self.consequences()
        if self._left_out[0]:
            yield prose(
                tr("{number} more marked: {why}, so left as they are.", number=f"{self._left_out[0]:,}", why=self._left_out[1]),
                classes="hint",
            )
        yield from self.whom()
        yield from self.fields()
        yield entry(tr("Number"), ident="count", placeholder=tr("type {count} to confirm", count=len(self.targets)))
        yield Static("", id="progress", markup=False)
        yield Facts(ident="results")

    def on_mount(self) -> None:
        """Nothing has happened yet."""
        self._stop = self.console.writes.stop_event()
        for selector in ("#progress", "#results"):
            self.query_one(selector).display = False
        super().on_mount()

    def submit(self) -> None:
        """Begin, if all is said."""
        if self.report is not None:
            self._again()
            return
        problem = self.problem()
        if problem is None and self.query_one("#count", Input).value.strip() != str(len(self.targets)):
            problem = (tr("Type how many it is about, {count}; nothing was done.", count=len(self.targets)), "#count")
        if problem is not None:
            self.tell(problem[0])
            self.focus_on(problem[1])
            return
        self._begin(self.targets)

    # Acting

    def _begin(self, targets: Sequence[Target]) -> None:
        work = self.work(targets, self._told, self._stop)
        for widget in self.query_one("#body").children:
            widget.display = widget.id == "progress"
        self._show_progress(Progress(0, len(targets)))
        self.act(work, tr("{verb}: acting on {count} rows", verb=tr(self.VERB).lower(), count=len(targets)))
        self.tell(tr("Esc stops before the next row."), error=False)

    def _told(self, progress: Progress) -> None:
        self.post_message(self._Progressed(progress))

    def _busy(self, running: bool) -> None:
        super()._busy(running)
        button = self.query_one("#cancel", Button)
        button.disabled = False
        button.label = tr("Stop") if running else tr(self.CANCEL)
        if running:
            self.set_focus(button)

    @on(_Progressed)
    def _take_progress(self, message: _Progressed) -> None:
        if self.running:
            self._show_progress(message.progress)

    def _show_progress(self, progress: Progress) -> None:
        line = self.query_one("#progress", Static)
        width = max(min(self.size.width - 30, 40), 10)
        filled = width * progress.finished // max(progress.total, 1)
        bar = glyphs().full * filled + glyphs().empty * (width - filled)
        latest = f"{_symbol(progress.latest)} {show(progress.latest.target.name, 48)}" if progress.latest else ""
        line.update(
            f"{bar}  " + tr("{finished} of {total}", finished=f"{progress.finished:,}", total=f"{progress.total:,}") + f"\n{latest}"
        )

    def action_cancel(self) -> None:
        """Go back; while it runs, stop before the next row; afterwards, give the report."""
        if self.running:
            self._stop.set()
            self.tell(tr("Stopping; what is under way is finished first."), error=False)
        elif self.report is not None:
            self.dismiss(self.report)
        else:
            self.dismiss(None)

    def on_unmount(self) -> None:
        """Whatever takes the dialog away, the lock too, begins no further row."""
        self._stop.set()

    # Results

    def finished(self, value: Any) -> None:
        """What became of each: what was not done first."""
        self._done.update({result.target: result for result in value.results})
        self.report = Report(tuple(self._done[target] for target in self.targets), note=value.note)
        self._stop = self.console.writes.stop_event()
        self.query_one("#progress").display = False
        self.query_one("#results").display = True
        self.show_results()
        done, rest = self.report.number("done"), self._rest()
        title = tr("{verb}: {done} of {number} done", verb=tr(self.VERB), done=f"{done:,}", number=f"{len(self.targets):,}")
        self.query_one("#box").border_title = Content(f" {title} ")
        confirm, cancel = self.query_one("#confirm", Button), self.query_one("#cancel", Button)
        cancel.label = self.CANCEL = tr("Close")  # type: ignore[misc]
        confirm.display = bool(rest)
        confirm.label = tr("Go on with {number}", number=f"{len(rest):,}")
        self.tell(self.report.note, error=bool(self.report.note))
        self.guard.begin()
        self.focus_on("#cancel")

    def show_results(self) -> None:
        """A line for each, and what there is to say after them."""
        if self.report is not None:
            self.query_one("#results", Facts).tell([*_sections(self.report), *self.after()])

    def refused(self, error: RmtuiError) -> None:
        """Nothing came of it as a whole: it can be asked for again, or gone on with; what was done before stays shown."""
        for widget in self.query_one("#body").children:
            widget.display = widget.id == "results" if self.report is not None else widget.id not in {"progress", "results"}

    def _rest(self) -> list[Target]:
        """Those for which trying again makes sense."""
        return [result.target for result in self.report.results if result.outcome in {"failed", "left"}] if self.report else []

    def _again(self) -> None:
        rest = self._rest()
        if rest:
            self._begin(rest)


def _symbol(result: Result | None) -> str:
    symbols = glyphs()
    known = {"done": symbols.done, "refused": symbols.refused, "failed": symbols.warning, "left": symbols.dash}
    return known[result.outcome] if result else " "


def _sections(report: Report) -> list[Section]:
    sections = []
    for outcome, title in OUTCOMES.items():
        found = [result for result in report.results if result.outcome == outcome]
        if found:
            facts = tuple((f"{_symbol(result)} {show(result.target.name, NAME)}", show(result.sentence)) for result in found)
            sections.append(Section(f"{len(found):,} {tr(title)}", facts, warning=outcome == "failed"))
    return sections
