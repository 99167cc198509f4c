"""Burn an invite that leaked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from rmtui.i18n import later, tr, trn
from rmtui.services import burning
from rmtui.services.bulk import Report, Target
from rmtui.services.burning import BurnPlan
from rmtui.services.certificates import REASONS
from rmtui.tui.dialogs.base import entry, prose, show_entry, warned
from rmtui.tui.dialogs.bulk import BulkDialog, Told, names_of
from rmtui.tui.dialogs.reject_many import wrong_news
from rmtui.tui.invites_source import code_of, owner_of
from rmtui.tui.widgets.options import Options

__all__ = ["BurnInviteDialog"]

LEAKED = "keyCompromise"
"""What revocations are for unless another reason is chosen."""


def _already(*, deleted: bool, owner: str) -> str:
    if deleted:
        return tr("The invite of {owner} is deleted already.", owner=owner) if owner else tr("The invite is deleted already.")
    return tr("The invite of {owner} is disabled already.", owner=owner) if owner else tr("The invite is disabled already.")


class BurnInviteDialog(BulkDialog):
    """Shows whom it concerns; disables the invite, rejects who is pending and revokes who is in."""

    VERB = later("Burn")

    def heading(self, number: int) -> str:
        """The invite, however many came through it."""
        return tr("Burn invite {code}", code=code_of(self._plan.invite))

    def __init__(self, plan: BurnPlan, *, live: bool) -> None:
        """:param live: whether a web page tells the people what was decided."""
        self._plan = plan
        super().__init__(plan.targets)
        self._live = live
        self.CONFIRM = tr("Burn it")  # type: ignore[misc]

    def consequences(self) -> Iterable[Widget]:
        """What becomes of the invite."""
        plan, invite = self._plan, self._plan.invite
        owner = "" if invite.owner is None else owner_of(invite)
        if invite.active and invite.deleted is None:
            yield prose(
                tr("Disables the invite of {owner}: nobody comes through it any more.", owner=owner)
                if owner
                else tr("Disables the invite: nobody comes through it any more.")
            )
        else:
            yield prose(_already(deleted=invite.deleted is not None, owner=owner))
        if not plan.targets:
            yield prose(tr("Nobody who came through it is pending or in."))
        if plan.unknown:
            yield prose(
                warned(
                    trn(
                        "{number} enrolment was approved without a person on record, so nobody can be revoked for it: look into it "
                        "by hand (p lists who came through).",
                        "{number} enrolments were approved without a person on record, so nobody can be revoked for it: look into it "
                        "by hand (p lists who came through).",
                        plan.unknown,
                        number=f"{plan.unknown:,}",
                    )
                ),
                classes="warning",
            )

    def whom(self) -> Iterable[Widget]:
        """Who is rejected, who is revoked, and who needs nothing more."""
        plan = self._plan
        if plan.pending:
            yield prose(
                trn(
                    "Rejects {number} who waits: {names}",
                    "Rejects {number} who wait: {names}",
                    len(plan.pending),
                    number=f"{len(plan.pending):,}",
                    names=names_of(plan.pending),
                )
            )
            if self._live:
                yield wrong_news()
        if plan.people:
            yield prose(
                trn(
                    "Revokes {number} who is in: {names}",
                    "Revokes {number} who are in: {names}",
                    len(plan.people),
                    number=f"{len(plan.people):,}",
                    names=names_of(plan.people),
                )
            )
        if plan.rejected or plan.revoked:
            yield prose(
                tr(
                    "Leaves as they are: {rejected} rejected and {revoked} revoked before.",
                    rejected=f"{plan.rejected:,}",
                    revoked=f"{plan.revoked:,}",
                ),
                classes="hint",
            )

    def fields(self) -> Iterable[Widget]:
        """One reason for all, and the one that the CRL gives."""
        yield entry(tr("Reason"), ident="reason", placeholder=tr("why, for the history of each: press Tab to type it"))
        if self._plan.people:
            yield prose(tr("Reason of the revocations, as the CRL gives it:"), classes="lead")
            yield Options(REASONS, LEAKED, ident="revoke-reason")

    def on_mount(self) -> None:
        """Where nobody came through there is no number to type."""
        if not self.targets:
            number = self.query_one("#count", Input)
            number.value = "0"
            show_entry(number, False)
        super().on_mount()

    def problem(self) -> tuple[str, str] | None:
        """A reason has to be given."""
        return None if self.query_one("#reason", Input).value.strip() else (tr("Say why; nothing was burnt."), "#reason")

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
        number = f"{len(self.targets):,}"
        title = (
            tr("Invite {code} is disabled: {done} of {number} done", code=code, done=f"{done:,}", number=number)
            if self.targets
            else tr("Invite {code} is disabled", code=code)
        )
        self.query_one("#box").border_title = Content(f" {title} ")
        if not self.targets and not self.report.note:
            self.tell(tr("Nobody was to be rejected or revoked."), error=False)
