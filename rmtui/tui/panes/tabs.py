"""The tabs of the main screen: their order, their keys, and the pane behind each."""

from __future__ import annotations

from typing import Any

from textual.binding import Binding, BindingType

from rmtui.i18n import later
from rmtui.tui.panes.base import Pane
from rmtui.tui.widgets.header import Tab

__all__ = ["PANES", "TO_PANES", "make_pane"]

PANES = (
    Tab("1", "enrolments", later("Enrolments")),
    Tab("2", "people", later("People")),
    Tab("3", "roles", later("Roles")),
    Tab("4", "invites", later("Invites")),
    Tab("5", "codes", later("Codes")),
    Tab("6", "audit", later("Audit")),
)
"""The tabs, in their order."""
TO_PANES: tuple[BindingType, ...] = (
    Binding("1", "pane('enrolments')", later("Enrolments"), id="main.enrolments", show=False, tooltip=later("Who asks to come in")),
    Binding("2", "pane('people')", later("People"), id="main.people", show=False, tooltip=later("Who is in")),
    Binding("3", "pane('roles')", later("Roles"), id="main.roles", show=False, tooltip=later("Who may do what")),
    Binding("4", "pane('invites')", later("Invites"), id="main.invites", show=False, tooltip=later("The codes that people come through")),
    Binding(
        "5", "pane('codes')", later("Login codes"), id="main.login-codes", show=False, tooltip=later("Codes that sign somebody in once")
    ),
    Binding(
        "6", "pane('audit')", later("Audit"), id="main.audit", show=False, tooltip=later("What was done, by whom, and what was refused")
    ),
)
"""The keys that show each."""


def make_pane(name: str) -> Pane[Any, Any]:
    """A new pane; its module is loaded when it is first wanted."""
    if name == "people":
        from rmtui.tui.panes.people import PeoplePane

        return PeoplePane()
    if name == "invites":
        from rmtui.tui.panes.invites import InvitesPane

        return InvitesPane()
    if name == "codes":
        from rmtui.tui.panes.codes import CodesPane

        return CodesPane()
    if name == "audit":
        from rmtui.tui.panes.audit import AuditPane

        return AuditPane()
    from rmtui.tui.panes.roles import RolesPane

    return RolesPane()
