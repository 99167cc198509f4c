"""Keeps the catalogues of every language as the code has its messages: ``python tests/catalogues.py [AREA …]``.

An area is a package and has a catalogue of its own, ``rmtui/locale/<language>/<area>.po``. What is new is added without a translation,
what is gone is dropped, and the compiled ``.mo`` is written.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PACKAGE = Path(__file__).parents[1] / "rmtui"
LOCALE = PACKAGE / "locale"
KEYWORDS = {"tr": None, "trn": (1, 2), "later": None}
DIALOGS = PACKAGE / "tui" / "dialogs"
HEADERS = {"Language", "Plural-Forms", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}


class Undated(Catalog):
    """A catalogue that says nothing of when it was written, nor by which version of Babel."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in super().mime_headers if name in HEADERS]


def areas() -> list[str]:
    """Every area: ``core`` is what stands directly in ``rmtui``, ``dialogs`` is the part of ``tui`` that is large."""
    return ["core", "dialogs", *sorted(path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists())]


def languages() -> list[str]:
    """Every language that has catalogues."""
    from rmtui.i18n import LANGUAGES

    return [code for code in LANGUAGES if code != "en"]


def files(area: str) -> list[Path]:
    """Where the code of an area is."""
    if area == "core":
        return sorted(PACKAGE.glob("*.py"))
    if area == "dialogs":
        return sorted(DIALOGS.rglob("*.py"))
    return [path for path in sorted((PACKAGE / area).rglob("*.py")) if DIALOGS not in path.parents]


def extracted(area: str) -> Catalog:
    """The messages that the code of an area has, with the file of each."""
    catalog = Catalog(project="rmtui", charset="utf-8")
    for path in files(area):
        for _line, message, _comments, _context in extract_from_file("python", path, keywords=KEYWORDS):
            catalog.add(message, locations=[(path.relative_to(PACKAGE.parent).as_posix(), None)])
    return catalog


def stored(language: str, area: str) -> Catalog:
    """The catalogue as it lies there; an empty one where there is none."""
    path = LOCALE / language / f"{area}.po"
    if not path.exists():
        return Catalog(locale=language, project="rmtui", charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str, area: str) -> Catalog:
    """The stored catalogue with exactly the messages of the code, in their order; nothing is guessed."""
    old, new = stored(language, area), Catalog(locale=language, project="rmtui", charset="utf-8", fuzzy=False)
    for message in extracted(area):
        if message.id:
            known = old.get(message.id)
            string = known.string if isinstance(known, Message) else None
            new.add(message.id, string or (("", "") if message.pluralizable else ""), locations=message.locations)
    return new


def as_po(catalog: Catalog) -> bytes:
    """A catalogue as text that says nothing of when it was written."""
    out = io.BytesIO()
    write_po(out, catalog, width=120, omit_header=False, include_lineno=False)
    dropped = tuple(f'"{name}' for name in ("POT-", "PO-", "Last-", "Generated-", "Language-Team", "Report-"))
    keep = [line for line in out.getvalue().decode().splitlines() if not line.startswith(dropped)]
    head = next(index for index, line in enumerate(keep) if not line.startswith("#") or line == "#, fuzzy")
    return "\n".join(keep[head:]).encode() + b"\n"


def as_mo(catalog: Catalog) -> bytes:
    """A catalogue as the program reads it, whatever version of Babel is there."""
    undated = Undated(locale=catalog.locale, charset="utf-8", fuzzy=False)
    for message in catalog:
        if message.id:
            undated.add(message.id, message.string)
    out = io.BytesIO()
    write_mo(out, undated)
    return out.getvalue()


def missing(catalog: Catalog) -> list[str]:
    """The messages that have no translation."""
    return [str(each.id) for each in catalog if each.id and not (each.string if isinstance(each.string, str) else all(each.string))]


def main(wanted: list[str]) -> None:
    for language in languages():
        for area in wanted or areas():
            catalog = updated(language, area)
            if not len(catalog) and not (LOCALE / language / f"{area}.po").exists():
                continue
            text = as_po(catalog)
            catalog = read_po(io.BytesIO(text), locale=language)
            (LOCALE / language).mkdir(parents=True, exist_ok=True)
            (LOCALE / language / f"{area}.po").write_bytes(text)
            (LOCALE / language / f"{area}.mo").write_bytes(as_mo(catalog))
            print(f"{language}/{area}: {len(catalog)} messages, {len(missing(catalog))} without a translation")


if __name__ == "__main__":
    sys.path.insert(0, str(PACKAGE.parent))
    main(sys.argv[1:])
