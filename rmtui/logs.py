"""The program's own log: what went wrong that a sentence on the screen is too short for, for whoever looks after the host.

A file for each user, 0600, and the one before it, each hardly longer than :data:`MOST`. Nothing in it is secret, and nothing commands a
terminal.
"""

from __future__ import annotations

import logging
import os
import sys
import time
import traceback
from contextlib import suppress
from io import TextIOWrapper
from logging.handlers import WatchedFileHandler
from pathlib import Path
from types import TracebackType

from rmtui.text import plain

__all__ = ["begin", "end", "headline", "log_path", "unforeseen"]

MOST = 1 << 20
"""Bytes after which another is begun; the one before is kept as ``rmtui.log.1``."""


def log_path(state_dir: Path) -> Path:
    """Where it is."""
    return state_dir / "rmtui.log"


class _Lines(logging.Formatter):
    """An event begins a line, in UTC; a traceback follows, indented. What an exception says is left out, since it may be a secret."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(name)s[%(process)d] %(message)s", "%Y-%m-%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        theirs, record.exc_text = record.exc_text, None  # what another handler made of the exception has what it says
        try:
            return super().format(record)
        finally:
            record.exc_text = theirs

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # as logging calls it
        first, *rest = record.message.split("\n")
        record.message = plain(first)
        return "\n".join([super().formatMessage(record), *(f"    {plain(line)}" for line in rest)])

    def formatException(  # noqa: N802  # as logging calls it
        self, ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        lines = [each for entry in traceback.format_tb(ei[2]) for each in entry.splitlines()]
        return "\n".join(f"    {plain(line)}" for line in [*lines, ei[0].__name__ if ei[0] is not None else ""])


class _Log(WatchedFileHandler):
    """Opens the file when there is something to say, and anew when it is long, or another program began another. A log that cannot be
    written keeps nobody from anything.
    """

    def _open(self) -> TextIOWrapper:
        path = Path(self.baseFilename)
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > MOST:
            path.replace(path.with_name(f"{path.name}.1"))
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        return os.fdopen(fd, "a", encoding="utf-8", errors="backslashreplace")

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if self.stream is not None and os.fstat(self.stream.fileno()).st_size > MOST:
                self.close()
            super().emit(record)
        except OSError:
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # as logging calls it
        """No disk, no room, not ours: there is nowhere to tell it."""


class _Told(logging.Handler):
    """Says on standard error what warns, in a line; where it went wrong is for the log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it."""
        with suppress(OSError, ValueError):  # nobody hears it any more
            sys.stderr.write(headline(record) + "\n")


def headline(record: logging.LogRecord) -> str:
    """An event in one line, harmless."""
    return plain(record.getMessage().partition("\n")[0])


def unforeseen(logger: logging.Logger, error: Exception, about: object) -> None:
    """Log what went wrong and where, and not what it says, which may be a secret.

    :param about: key or name of what it went wrong with.
    """
    logger.error("%s about %s\n%s", type(error).__name__, about, "".join(traceback.format_tb(error.__traceback__)))


def begin(state_dir: Path, level: str, *, told: bool) -> None:
    """Log from now on, instead of whatever was logged to before.

    :param level: one of :data:`rmtui.settings.LOG_LEVELS`; this, and what is worse, is logged.
    :param told: whether warnings go to standard error too.
    """
    end()
    handler = _Log(log_path(state_dir), delay=True)
    handler.setFormatter(_Lines())
    ours = logging.getLogger("rmtui")
    handler.setLevel(level.upper())
    ours.setLevel(min(handler.level, logging.WARNING))  # what warns whom else is not for this log to say
    ours.addHandler(handler)
    if told:
        ours.addHandler(_Told(logging.WARNING))


def end() -> None:
    """Log nothing more."""
    ours = logging.getLogger("rmtui")
    for handler in [each for each in ours.handlers if isinstance(each, _Log | _Told)]:
        ours.removeHandler(handler)
        handler.close()
    ours.setLevel(logging.NOTSET)
