"""How the command line is parsed, and what is told of a mistake in it, in the operator's language."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable
from typing import Any, NoReturn

from rmtui.errors import ConfigurationError
from rmtui.i18n import later, tr

__all__ = ["Parser", "UsageError"]

MISTAKES = (
    later("argument {argument}: {mistake}"),
    later("unrecognized arguments: {arguments}"),
    later("the following arguments are required: {arguments}"),
    later("invalid choice: {value} (choose from {choices})"),
    later("invalid int value: {value}"),
    later("ignored explicit argument {value}"),
    later("expected one argument"),
    later("expected at least one argument"),
    later("expected at most one argument"),
)
"""What argparse says that an operator may meet; what is not among it stays English."""


class UsageError(ConfigurationError):
    """The command line is wrong."""

    title = later("Usage")


class _Help(argparse.HelpFormatter):
    """Help that begins in the operator's language."""

    def add_usage(self, usage: str | None, actions: Iterable[argparse.Action], groups: Any, prefix: str | None = None) -> None:
        """As in argparse, but for the word it begins with."""
        super().add_usage(usage, actions, groups, tr("usage: ") if prefix is None else prefix)


class Parser(argparse.ArgumentParser):
    """An argument parser whose mistakes are errors like any other."""

    intermixed = False
    """Whether options may stand between words of which there are any number."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_Help, **options)
        self._positionals.title, self._optionals.title = tr("positional arguments"), tr("options")
        if self.add_help:
            self._actions[0].help = tr("show this help message and exit")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As in argparse, but for where options may stand."""
        if not self.intermixed:
            return super().parse_known_args(args, namespace)
        self.intermixed = False  # it calls this once more
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self.intermixed = True

    def error(self, message: str) -> NoReturn:
        """Tell how it is used.

        :raises UsageError: always.
        """
        raise UsageError(tr("{message}. See {program} --help.", message=_translated(message), program=self.prog))


def _translated(message: str) -> str:
    """What argparse said, its values put into the operator's language's sentence."""
    for template in MISTAKES:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+?)", re.escape(template))
        found = re.fullmatch(pattern, message, re.DOTALL)
        if found is not None:
            values = found.groupdict()
            return tr(template, **{name: _translated(value) if name == "mistake" else value for name, value in values.items()})
    return message
