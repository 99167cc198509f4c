"""Several hosts in one URL: the one that takes writes is found, and one that is gone holds nobody up for long."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import ExitStack
from dataclasses import replace

import pytest

from rmtui import settings
from rmtui.db import DBConfig, Person, db
from rmtui.db.errors import DatabaseUnreachable, ReadOnlyError
from rmtui.db.middleware import connection
from wires import Wire


@pytest.fixture
def wire(make_database):
    """A database that is reached by TCP."""
    made = Wire(make_database("current"))
    yield made
    made.close()


@pytest.fixture
def vanished():
    """``host:port`` of a host that answers nothing, not even that nobody listens."""
    with ExitStack() as held:
        listener = held.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(8):  # its queue is full then, and who comes next is not answered
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield "127.0.0.1:{1}".format(*listener.getsockname())


def beside(dsn, other, **options):
    """The URL with another host before its own, and more options."""
    return dsn.replace("@", f"@{other},", 1) + "".join(f"&{name}={value}" for name, value in options.items())


def test_of_several_hosts_each_says_why(wire):
    """One that may come back makes it worth a retry."""
    DBConfig.singleton(dsn=beside(wire.dsn, "127.0.0.1:1").replace("//postgres@", "//nobody_at_all@"), retry_limit=0)
    with pytest.raises(DatabaseUnreachable) as caught, connection():
        pass
    assert "127.0.0.1:1: Connection refused; " in caught.value.sentence
    assert 'role "nobody_at_all" does not exist' in caught.value.sentence
    assert caught.value.exit_code == 3


def test_a_host_that_has_vanished_is_passed_over(wire, vanished):
    DBConfig.singleton(dsn=beside(wire.dsn, vanished, connect_timeout=2, target_session_attrs="read-write"))
    began = time.monotonic()
    with connection():
        assert db.execute_sql("SELECT 1").fetchone() == (1,)
    assert 1 < time.monotonic() - began < 5
    with connection():
        assert db.execute_sql("SELECT 1").fetchone() == (1,)
    assert time.monotonic() - began < 5, "what works is kept"


def test_who_waited_for_a_failure_shares_it(vanished):
    DBConfig.singleton(dsn=f"postgresql://u@{vanished}/d?connect_timeout=2", retry_limit=0)
    told = []

    def ask():
        with pytest.raises(DatabaseUnreachable) as caught, connection():
            pass
        told.append(caught.value.sentence)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    began = time.monotonic()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert time.monotonic() - began < 6
    assert len(told) == 4
    assert all("timeout expired" in sentence for sentence in told)


def test_read_only_is_content_with_the_host_that_takes_writes(wire):
    """libpq does not count a session as read-write that is read-only by our own wish."""
    settings.configure(replace(settings.current(), read_only=True))
    DBConfig.singleton(dsn=beside(wire.dsn, "127.0.0.1:1", target_session_attrs="read-write"), retry_limit=0)
    with connection():
        assert Person.list() == []
        with pytest.raises(ReadOnlyError), connection():
            Person.create(callsign="Kettu", certspath="x")
