"""Burn an invite that leaked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from rmtui.services import burning
from rmtui.services.bulk import Report, Target
from rmtui.services.burning import BurnPlan
from rmtui.services.certificates import REASONS
from rmtui.tui.dialogs.base import entry, prose
from rmtui.tui.dialogs.bulk import BulkDialog, Told, names_of
from rmtui.tui.dialogs.reject_many import wrong_news
from rmtui.tui.glyphs import glyphs
from rmtui.tui.invites_source import code_of, owner_of
from rmtui.tui.widgets.options import Options

__all__ = ["BurnInviteDialog"]

LEAKED = "keyCompromise"
"""What revocations are for unless another reason is chosen."""


def _so_many(number: int, one: str, many: str) -> str:
    return f"1 {one}" if number == 1 else f"{number:,} {many}"


class BurnInviteDialog(BulkDialog):
    """Shows whom it concerns; disables the invite, rejects who is pending and revokes who is in."""

    VERB = "Burn"

    def __init__(self, plan: BurnPlan, *, live: bool) -> None:
        """:param live: whether a web page tells the people what was decided."""
        super().__init__(plan.targets)
        self._live = live
        self._title = f"Burn invite {code_of(plan.invite)}"
        self.CONFIRM = "Burn it"  # type: ignore[misc]
        self._plan = plan

    def consequences(self) -> Iterable[Widget]:
        """What becomes of the invite."""
        plan, invite = self._plan, self._plan.invite
        name = "invite" if invite.owner is None else f"invite of {owner_of(invite)}"
        if invite.active and invite.deleted is None:
            yield prose(f"Disables the {name}: nobody comes through it any more.")
        else:
            yield prose(f"The {name} is {'deleted' if invite.deleted is not None else 'disabled'} already.")
        if not plan.targets:
            yield prose("Nobody who came through it is pending or in.")
        if plan.unknown:
            yield prose(
                f"{glyphs().warning} {_so_many(plan.unknown, 'enrolment was', 'enrolments were')} approved without a person on record, "
                "so nobody can be revoked for it: look into it by hand (p lists who came through).",
                classes="warning",
            )

    def whom(self) -> Iterable[Widget]:
        """Who is rejected, who is revoked, and who needs nothing more."""
        plan = self._plan
        if plan.pending:
            yield prose(f"Rejects {_so_many(len(plan.pending), 'who waits', 'who wait')}: {names_of(plan.pending)}")
            if self._live:
                yield wrong_news()
        if plan.people:
            yield prose(f"Revokes {_so_many(len(plan.people), 'who is in', 'who are in')}: {names_of(plan.people)}")
        if plan.rejected or plan.revoked:
            yield prose(f"Leaves as they are: {plan.rejected:,} rejected and {plan.revoked:,} revoked before.", classes="hint")

    def fields(self) -> Iterable[Widget]:
        """One reason for all, and the one that the CRL gives."""
        yield entry("Reason", ident="reason", placeholder="why, for the history of each: press Tab to type it")
        if self._plan.people:
            yield prose("Reason of the revocations, as the CRL gives it:", classes="lead")
            yield Options(REASONS, LEAKED, ident="revoke-reason")

    def on_mount(self) -> None:
        """Where nobody came through there is no number to type."""
        if not self.targets:
            number = self.query_one("#count", Input)
            number.value = "0"
            assert number.parent is not None
            number.parent.display = False
            number.display = False
        super().on_mount()

    def problem(self) -> tuple[str, str] | None:
        """A reason has to be given."""
        return None if self.query_one("#reason", Input).value.strip() else ("Say why; nothing was burnt.", "#reason")

    def work(self, targets: Sequence[Target], told: Told, stop: threading.Event) -> Callable[[], Report]:
        """Burn it; when it goes on, for all who are neither rejected nor revoked yet, so that nobody counts as having come meanwhile."""
        operator, reason = self.console.operator, self.query_one("#reason", Input).value
        options = self.query(Options)
        revoke_reason = options.first(Options).chosen if options else LEAKED
        done = {target for target, result in self._done.items() if result.outcome == "done"}
        pending, people = (tuple(target for target in part if target not in done) for part in (self._plan.pending, self._plan.people))
        plan = replace(self._plan, pending=pending, people=people)
        return lambda: burning.burn(operator, plan, reject_reason=reason, revoke_reason=revoke_reason, told=told, stop=stop)

    def finished(self, value: Any) -> None:
        """That the invite is disabled is told even where nobody came through."""
        super().finished(value)
        assert self.report is not None
        done, code = self.report.number("done"), code_of(self._plan.invite)
        number = f": {done:,} of {len(self.targets):,} done" if self.targets else ""
        self.query_one("#box").border_title = Content(f" Invite {code} is disabled{number} ")
        if not self.targets and not self.report.note:
            self.tell("Nobody was to be rejected or revoked.", error=False)
