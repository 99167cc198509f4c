"""``rmtui init``, ``info`` and ``crl``."""

from __future__ import annotations

import argparse

from rmtui.cli.asking import confirm
from rmtui.cli.output import one, say
from rmtui.i18n import tr
from rmtui.services import deployment, information, setup
from rmtui.text import plain


def init(args: argparse.Namespace) -> None:
    """Make what is missing of a deployment."""
    confirm(tr("Make what is missing of this deployment?"), args.yes)
    done = setup.set_up(args.admin, progress=say)
    if not done.made:
        say(tr("Nothing was missing."))
    if done.problem:
        say(done.problem)
    record = {"database": done.database, "data_dir": done.data_dir, "made": done.made}
    if done.admin:
        record |= {"admin": done.admin, "pfx": done.pfx}
        if args.format == "text":
            say(tr("The PFX opens with the callsign, {admin}.", admin=plain(done.admin)))
    one(record, args.format)


def info(args: argparse.Namespace) -> None:
    """Show paths and settings."""
    one(information.information(), args.format)


def crl(args: argparse.Namespace) -> None:
    """Renew the certificate revocation lists."""
    confirm(tr("Renew the certificate revocation lists?"), args.yes)
    chain, path = deployment.renew_crl()
    one({"crl": path, "ca_chain": chain}, args.format)
