"""``rmtui doctor``."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from itertools import groupby

from rmtui.cli.admission import admit
from rmtui.cli.asking import Declined, check_can_ask, confirm
from rmtui.cli.output import printing, say, table
from rmtui.cli.telling import standing
from rmtui.cli.usage import UsageError
from rmtui.errors import RmtuiError
from rmtui.i18n import tr
from rmtui.services import doctor as services
from rmtui.services.doctor import Diagnosis, Plan, Step
from rmtui.text import plain

COLUMNS = ("check", "severity", "subject", "sentence", "repair")
NAMED = 5
"""How many of those that a repair concerns are named."""
MANY = 1_000
"""What has no more to look at is over before anybody wonders."""


def doctor(args: argparse.Namespace) -> int:
    """Tell how the deployment is, and put right what can be."""
    unknown = [name for name in args.only if name not in services.REPAIRS]
    if unknown:
        raise UsageError(tr("{name} is no repair; there are {names}", name=plain(unknown[0], 40), names=", ".join(services.REPAIRS)))
    if args.most is not None and args.most < 0:
        raise UsageError(tr("--most is a number of people"))
    args.repair = args.repair or bool(args.only)
    found = _examined(args)
    if args.repair and found.plans:
        if not args.yes:
            check_can_ask()
        services.check_may_repair(args.who)
        with standing():
            failed = sum(_repair(args, plan) for plan in found.plans if not args.only or plan.repair in args.only)
        found = _look(args)
        if failed:
            say(tr("{number} could not be put right.", number=failed))
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
    return _look(args)


def _look(args: argparse.Namespace) -> Diagnosis:
    """What is found; whoever waits at a terminal sees how far a long check has come."""
    return services.examine(_progress if sys.stderr.isatty() else None, most=args.most)


def _progress(step: Step) -> None:
    if step.checked is not None and step.checked.total > MANY:
        told = {"check": step.check, "number": f"{step.checked.number:,}", "total": f"{step.checked.total:,}"}
        sys.stderr.write("\r" + tr("{check}: checked {number} of {total}", **told))
        if step.checked.number >= step.checked.total:
            sys.stderr.write("\n")
        sys.stderr.flush()


def _repair(args: argparse.Namespace, plan: Plan) -> int:
    """Ask, and put one kind right; how many could not be."""
    if plan.grave and args.yes and plan.repair not in args.only:
        say(tr("{repair} takes certificates from people, so --yes does it only with --only {repair}. Left as it is.", repair=plan.repair))
        return 0
    targets = services.targets_of(plan)
    subjects = ", ".join(plain(target.name, 40) for target in targets[:NAMED]) + (", …" if len(targets) > NAMED else "")
    told = {"what": f"{plan.what[0].upper()}{plan.what[1:]}", "number": f"{plan.number:,}", "subjects": subjects}
    if plan.faults and len(plan.faults) < plan.number:
        now = f"{len(targets):,}"
        question = tr("{what}? {number} concerned: {subjects}. {now} of them are put right now.", now=now, **told)
    else:
        question = tr("{what}? {number} concerned: {subjects}.", **told)
    try:
        confirm(question, args.yes)
    except Declined:
        say(tr("Left as it is."))
        return 0
    report = services.repair(args.who, plan.repair, targets)
    for each in report.results:
        say(each.sentence if each.outcome == "done" else f"{each.target.name}: {each.sentence}")
    return len(report.results) - report.number("done")


def _report(found: Diagnosis, form: str) -> None:
    if form != "text":
        table((asdict(each) for each in found.findings), COLUMNS, form)
        return
    with printing():
        for severity, findings in groupby(found.findings, key=lambda each: each.severity):
            sys.stdout.write(f"{tr(severity).upper()}\n")
            for each in findings:
                repair = tr("repair: {name}", name=each.repair) if each.repair else ""
                sys.stdout.write(f"  {each.check}: {plain(each.sentence)}{f' [{repair}]' if repair else ''}\n")
