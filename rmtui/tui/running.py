"""The console from its first screen to its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from concurrent.futures import Future

from rmtui.errors import EXIT_REFUSED, RmtuiError
from rmtui.i18n import tr
from rmtui.services import deployment
from rmtui.tui.app import PATIENCE, RmtuiApp
from rmtui.tui.clipboard import way
from rmtui.tui.colours import colours
from rmtui.tui.glyphs import show
from rmtui.tui.keymap import check_keys
from rmtui.tui.link.asking import Asked
from rmtui.tui.link.state import Link
from rmtui.tui.opening import Opening, begin, opened
from rmtui.tui.pastes import install as install_pastes
from rmtui.tui.watch import refresh_seconds

__all__ = ["run_console"]

PROMPTLY = 0.5
"""Seconds that the end of the program waits for a CA to answer."""


def run_console(first: Future[Opening] | None = None, *, codes: Mapping[str, str] | None = None, asked: Asked | None = None) -> int:
    """Open the console and stay in it until the operator quits or a signal comes.

    :param asked: whether the line to the terminal is thin.
    :return: the exit code. What kept the console from opening is said on stderr.
    :raises ConfigurationError: ``RMTUI_REFRESH`` or ``RMTUI_CLIPBOARD`` makes no sense, or ``[keys]`` of ``config.toml`` does not.
    """
    refresh_seconds()
    way(os.environ)
    check_keys()
    first = first or begin()
    if first.done() and isinstance(error := first.exception(), RmtuiError):
        return _refuse(error)
    install_pastes()
    app = RmtuiApp(first, codes=codes, link=Link(asked or Asked(False)), colours=colours(os.environ))
    try:
        app.run(mouse=not app.link.thin)
    finally:
        opened()
        app.writes.stop()
    if not app.writes.wait(PROMPTLY):
        deployment.hang_up()  # who waits for a CA that does not answer takes back what was begun, and records it
    if not app.writes.wait(PATIENCE):
        sys.stderr.write(tr("A change was still under way when the console ended; look at it before trying again.") + "\n")
    if app.ended_by is not None:
        return _refuse(app.ended_by)
    return EXIT_REFUSED if app.return_code is None else app.return_code


def _refuse(error: RmtuiError) -> int:
    sys.stderr.write(f"{tr(error.title)}: {show(error.sentence)}\n")
    return error.exit_code
