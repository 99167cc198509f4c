"""Results on standard output, as text, JSON or CSV; the story on standard error."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from rmtui import clock
from rmtui.cli.fields import title
from rmtui.errors import RmtuiError
from rmtui.i18n import english, later, tr
from rmtui.text import plain

__all__ = ["NotPrinted", "discard_output", "one", "printing", "say", "table"]

Record = Mapping[str, Any]


def say(sentence: str) -> None:
    """Tell the operator something; not a result."""
    sys.stderr.write(plain(sentence) + "\n")


class NotPrinted(RmtuiError):
    """What was asked for was done, and the result could not be told."""

    title = later("Not printed")


def discard_output() -> None:
    """Let what was not printed go: it would fail once more when Python ends."""
    with suppress(io.UnsupportedOperation):  # it goes to no file, and cannot fail
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def printing() -> Iterator[None]:
    """Print, and be sure that it was.

    :raises NotPrinted: standard output took no more, such as a file on a full disk.
    :raises BrokenPipeError: whoever read it has seen enough.
    """
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_output()
        raise NotPrinted(
            tr(
                "The result could not be printed ({why}). If something was to be changed, it was: look before trying again.",
                why=tr(error.strerror or type(error).__name__),
            )
        ) from error


def _data(value: Any) -> Any:
    """A value as programs read it, in English: times in ISO 8601 and UTC."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, (tuple, list)):
        return [_data(each) for each in value]
    if isinstance(value, Mapping):
        return {name: _data(each) for name, each in value.items()}
    if isinstance(value, str):
        return english(value)
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _cell(value: Any) -> str:
    """A value as one harmless piece of text, in the operator's language."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    if isinstance(value, dt.datetime):
        return clock.stamp(value)
    if isinstance(value, (tuple, list)):
        return ", ".join(_cell(each) for each in value)
    return plain(json.dumps(_data(value), sort_keys=True, ensure_ascii=False) if isinstance(value, Mapping) else value)


def _in_english(value: Any) -> str:
    """A value as one harmless piece of text that programs read."""
    if isinstance(value, (tuple, list)):
        return " ".join(_in_english(each) for each in value)
    return english(_cell(english(value) if isinstance(value, str) else value))


def _csv_cell(value: Any) -> str:
    """A value that no spreadsheet takes for a formula."""
    text = _in_english(value)
    return f"'{text}" if unicodedata.normalize("NFKC", text).lstrip()[:1] in {"=", "+", "-", "@"} else text


def _width(text: str) -> int:
    return sum(0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def table(records: Iterable[Record], columns: Sequence[str], form: str) -> None:
    """Print a list: aligned text with a head, one JSON array of objects, or CSV with a head.

    JSON objects hold every key of a record; text and CSV only ``columns``.

    :raises NotPrinted: standard output took no more.
    """
    with printing():
        _table(records, columns, form)


def _table(records: Iterable[Record], columns: Sequence[str], form: str) -> None:
    out = sys.stdout
    if form == "json":
        separator = "["
        for record in records:
            out.write(separator + json.dumps(_data(dict(record))))
            separator = ",\n "
        out.write("]\n" if separator != "[" else "[]\n")
    elif form == "csv":
        import csv

        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        for record in records:
            writer.writerow([_csv_cell(record[name]) for name in columns])
    else:
        rows = [[_cell(record[name]) for name in columns] for record in records]
        head = [title(name).upper() for name in columns]
        widths = [max((_width(row[place]) for row in (head, *rows)), default=0) for place in range(len(columns))]
        for row in (head, *rows) if rows else ():
            padded = (text + " " * (width - _width(text)) for text, width in zip(row, widths, strict=True))
            out.write("  ".join(padded).rstrip() + "\n")


def one(record: Record, form: str) -> None:
    """Print one record: a line for each of its fields, a JSON object, or CSV of two lines.

    :raises NotPrinted: standard output took no more.
    """
    with printing():
        _one(record, form)


def _one(record: Record, form: str) -> None:
    if form == "json":
        sys.stdout.write(json.dumps(_data(dict(record)), indent=1) + "\n")
        return
    if form == "csv":
        _table([record], list(record), form)
        return
    shown = [(name, title(name), value) for name, value in record.items() if value not in (None, "", (), {})]
    width = max((len(label) for _name, label, _value in shown), default=0)
    for name, label, value in shown:
        if name == "history":
            sys.stdout.write(label + "\n")
            for entry in value:
                told = {key: _cell(each) for key, each in entry.items()}
                who = tr("{at}  {action} {outcome} by {operator} ({proof})", **told) if told["operator"] else ""
                what = who or tr("{at}  {action} {outcome}", **told)
                sys.stdout.write(f"  {what}: {told['detail']}\n" if told["detail"] else f"  {what}\n")
        else:
            sys.stdout.write(f"{label:<{width}}  {_cell(value)}\n")
