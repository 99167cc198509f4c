"""From where the program is used: the user of the operating system, the host, the far end of SSH."""

from __future__ import annotations

import functools
import os
import pwd
import socket
from dataclasses import dataclass
from ipaddress import ip_address

from rmtui.text import plain

__all__ = ["Origin", "origin"]

LONGEST = 120
"""Characters kept of what the environment says."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an act comes from. The user is the operating system's word; the rest is the environment's, which its user can change."""

    os_user: str
    """Name of the effective user; with the one who used ``sudo``, where the environment tells."""
    host: str
    account: str
    """Name of the effective user alone."""
    ssh: str
    """``SSH_CONNECTION``: address and port of the client, then of the server; empty without SSH."""

    @property
    def address(self) -> str:
        """Address of the SSH client; empty without SSH, or where it is no address."""
        first = self.ssh.partition(" ")[0]
        try:
            return str(ip_address(first.partition("%")[0])) if first else ""
        except ValueError:
            return ""


def origin() -> Origin:
    """Of this process."""
    name = _user()
    before = plain(os.environ.get("SUDO_USER", "").strip(), LONGEST)
    told = f"{name} (sudo: {before})" if before and before != name else name
    return Origin(told, _host(), name, plain(os.environ.get("SSH_CONNECTION", "").strip(), LONGEST))


def _user() -> str:
    number = os.geteuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:  # a container's user need not have a name
        name = f"uid {number}"
    return plain(name, LONGEST)


@functools.cache
def _host() -> str:
    return plain(socket.gethostname(), LONGEST)
