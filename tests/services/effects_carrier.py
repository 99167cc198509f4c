"""A process of :mod:`test_services_effects_kill`: it carries out effects, or acts, until it is killed."""

from __future__ import annotations

import contextlib
import io
import os
import random
import sys
import threading
import time

from deployments import unbind
from rmtui import settings
from rmtui.cli.main import main
from rmtui.db import effects as queue
from rmtui.db.errors import DBError
from rmtui.services import effects, operators, people, roles
from rmtui.services.database import use_database
from rmtui.services.effects import products

PEOPLE = ("RAVEN", "KARHU", "ILVES")


def command(*argv: str) -> None:
    unbind()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        main([*argv, "--yes"])


def timer() -> None:
    """As a timer does."""
    command("effects", "run")


def console() -> None:
    """As a console does."""
    settings.configure(settings.Settings.from_env(os.environ))
    use_database(None)
    with contextlib.suppress(DBError):  # the file is busy; the console looks again
        if effects.anything_due():
            effects.run_due(stop=threading.Event(), most=50)


def operator() -> None:
    """As a command does, of an operator who cannot make up their mind."""
    settings.configure(settings.Settings.from_env(os.environ))
    use_database(None)
    with contextlib.suppress(DBError):
        boss = operators.identify()
        person = people.by_callsign(random.choice(PEOPLE))
        change = roles.remove if "admin" in person.roles else roles.assign
        with effects.noting() as noted:
            change(boss, person.pk, "admin")
        effects.carry_out_for(list(noted.people), noted.since, threading.Event(), 0.05)


if __name__ == "__main__":
    products.TOTAL = 0.2
    queue.FIRST, queue.LONGEST, queue.LONGEST_SILENT = 0.02, 0.2, 0.1
    work = {"timer": timer, "console": console, "operator": operator}[sys.argv[1]]
    while True:
        work()
        time.sleep(0.005)
