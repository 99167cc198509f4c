"""``rmtui doctor``."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from itertools import groupby

from rmtui.cli.admission import admit
from rmtui.cli.asking import Declined, can_ask, confirm
from rmtui.cli.output import printing, say, table
from rmtui.cli.parser import UsageError
from rmtui.errors import RmtuiError
from rmtui.services import doctor as services
from rmtui.services.doctor import Diagnosis, Plan
from rmtui.text import plain

COLUMNS = ("check", "severity", "subject", "sentence", "repair")


def doctor(args: argparse.Namespace) -> int:
    """Tell how the deployment is, and put right what can be."""
    found = _examined(args)
    if args.repair and found.plans:
        if not args.yes and not can_ask():
            raise UsageError("there is no terminal to ask on; add --yes to go on without")
        services.check_may_repair(args.who)
        failed = sum(_repair(args, plan) for plan in found.plans)
        found = services.examine()
        if failed:
            say(f"{failed} could not be put right.")
    _report(found, args.format)
    return found.exit_code


def _examined(args: argparse.Namespace) -> Diagnosis:
    """What is found; who may not look is turned away, and where that cannot be told for want of a database there is only that to find.

    :raises RmtuiError: they may not look, and why.
    """
    args.acts = "repair" if args.repair else ""
    try:
        args.who = admit(args)
    except RmtuiError:
        if services.usable():
            raise
        args.repair = False
    finally:
        args.acts = ""  # the doctor sweeps when it is asked to, not in passing
    return services.examine()


def _repair(args: argparse.Namespace, plan: Plan) -> int:
    """Ask, and put one kind right; how many could not be."""
    subjects = ", ".join(plain(subject, 40) for subject in plan.subjects) + (", …" if plan.number > len(plan.subjects) else "")
    question = f"{plan.what[0].upper()}{plan.what[1:]}? {plan.number} concerned: {subjects}."
    try:
        confirm(question, args.yes)
    except Declined:
        say("Left as it is.")
        return 0
    failed = 0
    for each in services.repair(args.who, plan.repair):
        failed += not each.done
        say(each.sentence if each.done else f"{each.subject}: {each.sentence}")
    return failed


def _report(found: Diagnosis, form: str) -> None:
    if form != "text":
        table((asdict(each) for each in found.findings), COLUMNS, form)
        return
    with printing():
        for severity, findings in groupby(found.findings, key=lambda each: each.severity):
            sys.stdout.write(f"{severity.upper()}\n")
            for each in findings:
                repair = f" [repair: {each.repair}]" if each.repair else ""
                sys.stdout.write(f"  {each.check}: {plain(each.sentence)}{repair}\n")
