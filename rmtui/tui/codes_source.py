"""Login codes as a list of the console; never the codes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from rich.cells import cell_len

from rmtui import clock
from rmtui.errors import RmtuiError, UnreachableError
from rmtui.i18n import later, tr
from rmtui.services import codes, filters
from rmtui.services.code_details import CodeDetail
from rmtui.services.codes import CodeQuery, CodeRow
from rmtui.services.types import Count, Cursor, Page
from rmtui.tui.facts import CUT, history_sections, kept, mind, when
from rmtui.tui.glyphs import glyphs, show
from rmtui.tui.keynames import key_of
from rmtui.tui.paging import around_of, page_of
from rmtui.tui.sources import text_cell
from rmtui.tui.widgets.columns import Cell, Column, wide
from rmtui.tui.widgets.facts import Section
from rmtui.tui.widgets.source import Source
from rmtui.tui.widgets.window import Around, Place

__all__ = ["ADMIN", "NOBODY", "CodeSource", "code_name", "code_sections", "code_state"]

ADMIN = later("a new admin")
"""Whom a code is for that makes one."""
NOBODY = later("nobody")
"""Whom a code is for that signs nobody in."""
STATES = {"unused": later("unused"), "used": later("used"), "burnt": later("burnt"), "withdrawn": later("withdrawn")}
"""How a state is called."""


def code_state(row: CodeRow) -> str:
    """The state, in a word."""
    if row.used_on is not None:
        return "burnt" if row.burnt else "used"
    return "unused" if row.deleted is None else "withdrawn"


def _whom(row: CodeRow) -> str:
    return row.callsign or tr(ADMIN if row.admin else NOBODY)


def _start(row: CodeRow) -> str:
    return show(row.start) + glyphs().mask * 4


def code_name(row: CodeRow) -> str:
    """What tells a code from others: how it begins, and for whom it is; foreign text."""
    return tr("{start} for {whom}", start=_start(row), whom=_whom(row))


def _state_cell(row: CodeRow) -> Cell:
    symbols, state = glyphs(), code_state(row)
    symbol, style = {
        "unused": (symbols.pending, "list--pending"),
        "used": (symbols.done, "list--good"),
        "burnt": (symbols.refused, "list--bad"),
        "withdrawn": (symbols.refused, "list--bad"),
    }[state]
    return Cell(f"{symbol} {tr(STATES[state])}", style)


def _whom_cell(row: CodeRow) -> Cell:
    return text_cell(row.callsign) if row.callsign else Cell(_whom(row), "list--pending" if row.admin else "list--muted")


def _used_cell(row: CodeRow) -> Cell:
    return Cell(clock.age(row.used_on) if row.used_on else "")


class CodeSource(Source[CodeRow, CodeQuery]):
    """Which codes there are, for whom, and what became of them."""

    def key(self, row: CodeRow) -> Hashable:
        return row.pk

    def name(self, row: CodeRow) -> str:
        return _whom(row)

    def columns(self, query: CodeQuery) -> Sequence[Column[CodeRow]]:
        """What became of them only where used ones show."""
        columns: list[Column[CodeRow]] = [
            Column(tr("State"), _state_cell, wide(*STATES.values()), weight=9, sort="state"),
            Column(tr("Code"), lambda row: Cell(_start(row)), 6, weight=8),
            Column(tr("For"), _whom_cell, max(12, *(cell_len(tr(whom)) for whom in (ADMIN, NOBODY))), most=40, weight=10, sort="whom"),
            Column(tr("Age"), lambda row: Cell(clock.age(row.created)), 4, weight=7, sort="age", right=True),
            Column(tr("Made by"), lambda row: text_cell(row.created_by), 10, most=30, weight=6, sort="by"),
        ]
        if query.spent or filters.typed(query.text, filters.CODES).get("state", "unused") != "unused":
            columns += [
                Column(tr("Used"), _used_cell, 5, weight=5, sort="used", right=True, falling=True),
                Column(tr("Used by"), lambda row: text_cell(row.used_by), 10, most=30, weight=4),
            ]
        return columns

    def cursor(self, query: CodeQuery, row: CodeRow) -> Cursor:
        return codes.cursor(query, row)

    def page(self, query: CodeQuery, place: Place) -> Page[CodeRow]:
        return page_of(codes.list_codes, query, place)

    def around(self, query: CodeQuery, row: CodeRow) -> Around[CodeRow]:
        return around_of(codes.list_codes, query, codes.cursor(query, row))

    def count(self, query: CodeQuery) -> Count:
        return codes.count_codes(query)

    def present(self, query: CodeQuery, rows: Sequence[CodeRow]) -> Sequence[CodeRow]:
        return codes.present(query, [row.pk for row in rows])

    def whereabouts(self, query: CodeQuery, row: CodeRow) -> str:
        """Used or burnt, if that is why it has gone."""
        name = show(code_name(row))
        try:
            now = codes.find(str(row.pk))
        except UnreachableError:
            raise
        except RmtuiError:
            return tr("The code {name} is gone from the database.", name=name)
        if code_state(now) == code_state(row):
            return tr("The code {name} has moved in the list.", name=name)
        by, withdrawn = show(now.used_by or "", 60), code_state(now) == "withdrawn"
        if withdrawn:
            return tr("The code {name} was withdrawn, so it left this list.", name=name)
        if not now.burnt and by:
            return tr("The code {name} was used by {by}, so it left this list.", name=name, by=by)
        if not now.burnt:
            return tr("The code {name} was used, so it left this list.", name=name)
        if by:
            return tr("The code {name} was burnt by {by}, so it left this list.", name=name, by=by)
        return tr("The code {name} was burnt, so it left this list.", name=name)

    def empty(self, query: CodeQuery) -> str:
        if query.text:
            return tr("No login code fits “{text}”. Esc clears the filter.", text=show(query.text))
        if not query.spent:
            return tr(
                "There is no unused login code. {new} makes one, {others} shows used and burnt ones.",
                new=key_of("code.new", "n"),
                others=key_of("code.state", "f"),
            )
        none = tr("There is no login code yet. {new} makes one.", new=key_of("code.new", "n"))
        return (
            none
            if query.unused
            else tr("No login code was used or burnt yet. {others} shows the others.", others=key_of("code.state", "f"))
        )


def code_sections(detail: CodeDetail) -> list[Section]:
    """A login code, whole, but for the code."""
    row = detail.row
    burnt = code_state(row) == "burnt"
    facts = kept(
        (tr("State"), _state_cell(row).text),
        (tr("Begins with"), show(row.start) or tr("not told, it is too short")),
        (tr("For"), show(_whom(row), CUT)),
        (tr("Made"), when(row.created)),
        (tr("Made by"), show(row.created_by, CUT)),
        (tr("Burnt") if burnt else tr("Used"), when(row.used_on)),
        (tr("Burnt by") if burnt else tr("Used by"), show(row.used_by, CUT)),
        (tr("Withdrawn"), when(row.deleted)),
    )
    sections = [Section(tr("Login code {start}", start=_start(row)), facts)]
    if row.admin and code_state(row) == "unused":
        warning = tr("Whoever has this code can make an admin, once.")
        sections.append(mind(warning))
    claims = tuple((show(name, 20), show(value, CUT)) for name, value in detail.claims.items())
    sections.append(Section(tr("Claims"), claims or (("", tr("none: it signs nobody in")),)))
    return [*sections, *history_sections(detail.history)]
