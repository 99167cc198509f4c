"""A sheet to print and hand out: how to come through an invite, in English and Finnish."""

from __future__ import annotations

import textwrap
import uuid
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from rmtui import clock
from rmtui.auth.operator import Operator
from rmtui.db import manifest
from rmtui.db.enrollments import EnrollmentPool
from rmtui.i18n import tr
from rmtui.services import exports, pools, qr
from rmtui.services.audit import acting
from rmtui.services.links import NoJoinLink, join_link
from rmtui.text import plain
from rmtui.voice import grouped, spell

__all__ = ["Sheet", "write"]

WIDTH = 76
"""Characters a line of the sheet may have."""
_STEPS = {
    "What to do": (
        "Scan the QR code with your phone's camera, or open the link.",
        "If the page asks for an invite code, type the code.",
        "Choose your callsign; tell an admin the approve code that the page shows.",
        "When you are approved, fetch your certificate from the same page.",
    ),
    "Näin liityt": (
        "Lue QR-koodi puhelimen kameralla tai avaa linkki.",
        "Jos sivu kysyy kutsukoodia, kirjoita koodi.",
        "Valitse kutsutunnus; kerro sivun näyttämä hyväksyntäkoodi ylläpitäjälle.",
        "Kun sinut on hyväksytty, hae varmenteesi samalta sivulta.",
    ),
}
_WITHOUT_LINK = {
    "What to do": "Ask the admin who gave you this sheet where the web page is, and open it.",
    "Näin liityt": "Kysy verkkosivun osoite ylläpitäjältä, joka antoi tämän lapun, ja avaa sivu.",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that was written."""

    pk: uuid.UUID
    code: str
    link: str | None
    """None where nothing says where the web page is: the sheet has the code alone, and no QR code."""
    path: str
    form: Literal["text", "svg"]


@dataclass(frozen=True, slots=True)
class _Content:
    """What stands on a sheet, whatever its form; all of it harmless."""

    deployment: str
    link: str | None
    code: str
    owner: str
    """May be empty."""

    def heads(self) -> tuple[str, str]:
        return self.deployment, "Invite / Kutsu"

    def spelling(self) -> list[tuple[str, str, str]]:
        """Each character with its word in both alphabets."""
        return list(zip(self.code, spell(self.code, "nato"), spell(self.code, "finnish"), strict=True))

    def steps(self) -> list[tuple[str, list[str]]]:
        """Numbered lines under a head, in each language."""
        told: list[tuple[str, list[str]]] = []
        for head, steps in _STEPS.items():
            first, *rest = steps
            numbered = enumerate((first if self.link else _WITHOUT_LINK[head], *rest), 1)
            told.append((head, [line for number, step in numbered for line in _wrapped(f"{number}. {step}", "   ")]))
        return told

    def foot(self) -> str:
        owner = f"Invite of / Kutsun omistaja: {self.owner}. " if self.owner else ""
        return f"{owner}{clock.utcnow():%Y-%m-%d} UTC"


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)


def write(operator: Operator | None, pk: uuid.UUID, path: str, *, svg: bool = False, force: bool = False) -> Sheet:
    """Write the sheet of an invite to a file that only its owner can read, as text or as an SVG of an A4 page.

    :param force: whether a file that is there may be replaced.
    :raises Deleted: the invite is deleted.
    :raises ExportRefused: something is at the path already, or it cannot be written.
    :raises ConfigurationError: the manifest is named and cannot be read.
    """
    with acting(operator, "sheet", pk) as act:
        pools.about(act, pk)
        found = EnrollmentPool.by_pk(pk)
        target = exports.place(path, force)
        try:
            link = join_link(found.invitecode)
        except NoJoinLink:
            link = None
        content = _Content(_deployment(link), link, plain(found.invitecode, 64), plain(act.target, 64))
        form: Literal["text", "svg"] = "svg" if svg else "text"
        exports.write(act, target, (_svg if svg else _text)(content).encode(), force=force, form=form, link=link is not None)
        return Sheet(found.pk, found.invitecode, link, str(target), form)


def _deployment(link: str | None) -> str:
    found = manifest.read(tr("the deployment's name is not known, and no sheet was written"))
    host = urlsplit(link).hostname if link is not None else None
    return plain(found.deployment if found is not None and found.deployment.strip() else host or "RASENMAEHER", 60)


def _text(content: _Content) -> str:
    head = " · ".join(content.heads())
    lines = [head, "=" * len(head), ""]
    if content.link is not None:
        lines += ["Link / Linkki", "", *(f"    {line}" for line in textwrap.wrap(content.link, WIDTH - 4)), ""]
    lines += ["Code / Koodi", "", f"    {grouped(content.code)}", ""]
    lines += [f"    {char}   {nato:<10} {finnish}" for char, nato, finnish in content.spelling()]
    if content.link is not None:
        lines += ["", *qr.lines(qr.matrix(content.link))]
    for title, steps in content.steps():
        lines += ["", title, "", *steps]
    return "\n".join(line.rstrip() for line in [*lines, "", content.foot(), ""])


def _svg(content: _Content) -> str:
    """An A4 page; lengths are millimetres."""
    parts: list[str] = []
    down = 25.0

    def put(text: str, size: float = 4, *, left: float = 20, font: str = "sans-serif", weight: str = "normal") -> None:
        nonlocal down
        parts.append(
            f'<text x="{left:g}" y="{down:g}" font-family="{font}" font-size="{size:g}" font-weight="{weight}" xml:space="preserve">'
            f"{escape(text)}</text>"
        )
        down += size * 1.4

    deployment, title = content.heads()
    put(deployment, 7, weight="bold")
    put(title, 6)
    if content.link is not None:
        down += 3
        parts.append(f'<svg x="55" y="{down:g}" width="100" height="100">{qr.svg(content.link)}</svg>')
        down += 108
        for line in textwrap.wrap(content.link, WIDTH):
            put(line, 3.6, font="monospace")
    down += 6
    put(grouped(content.code), 10, font="monospace", weight="bold")
    for char, nato, finnish in content.spelling():
        put(f"{char}   {nato:<10} {finnish}", 3.6, font="monospace")
    for head, steps in content.steps():
        down += 3
        put(head, 4.5, weight="bold")
        for line in steps:
            put(line, 3.8)
    down += 3
    put(content.foot(), 3.4)
    height = max(297.0, down + 10)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="{height:g}mm" viewBox="0 0 210 {height:g}">\n'
        f'<rect width="210" height="{height:g}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )
