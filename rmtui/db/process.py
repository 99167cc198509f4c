"""Recognising a process that has died, so that what it claimed can be had by the next."""

from __future__ import annotations

import os
import socket
from functools import cache
from pathlib import Path

__all__ = ["alive", "host", "process"]


@cache
def host() -> str:
    """This machine since it was started, and the process namespace in it; only here can :func:`alive` tell."""
    parts = [socket.gethostname()]
    try:
        parts += [Path("/proc/sys/kernel/random/boot_id").read_text().strip(), str(Path("/proc/self/ns/pid").readlink())]
    except OSError:
        parts.append("?")
    return "/".join(parts)


def _started(pid: int) -> str | None:
    """When a process began, in ticks; None if there is no such process or no way to tell."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else fields[19]


def process() -> str:
    """This process, so that another with the same number is not taken for it."""
    return _name(os.getpid())


@cache
def _name(pid: int) -> str:
    return f"{pid}/{_started(pid) or '?'}"


def alive(on_host: str, name: str) -> bool:
    """Whether a process may still run: True unless it is known to be gone."""
    pid, _, started = name.partition("/")
    if on_host != host() or "?" in on_host or started == "?" or not pid.isdigit():
        return True
    return _started(int(pid)) == started
