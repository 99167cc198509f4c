"""Health of the database: reachable, of today, taking writes, in UTC, its clock, our own tables and the end of the audit trail."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator

from rmtui import clock, settings
from rmtui.db import schema, trail
from rmtui.db.base import db
from rmtui.db.config import DBConfig
from rmtui.db.engine import is_sqlite
from rmtui.db.own import Audit
from rmtui.i18n import tr
from rmtui.services.doctor.types import Finding
from rmtui.text import plain

__all__ = ["checks"]

MOST_SKEW = dt.timedelta(seconds=5)
"""How far the clocks of host and database may be apart; a measurement over a slow line is not exact."""


def writes() -> Iterator[Finding]:
    """Whether it takes writes, where this was not started to read only."""
    if settings.current().read_only:
        return
    place = plain(DBConfig.singleton().place())
    if is_sqlite(db):
        sentence = tr(
            "The database file {place} may not be written, so nobody can be approved or revoked. Check its owner and mode, and "
            "whether its disk takes writes.",
            place=place,
        )
        good = os.access(DBConfig.singleton().database, os.W_OK)
    else:
        sentence = tr(
            "The database {place} takes no writes, so nobody can be approved or revoked: it is a standby, or set to be only read. See "
            "that RM_DB_DSN names the primary; among several hosts target_session_attrs=read-write finds it.",
            place=place,
        )
        good = db.execute_sql("SELECT current_setting('transaction_read_only')").fetchone()[0] == "off"
    yield Finding("writes", "ok", "", tr("The database takes writes.")) if good else Finding("writes", "error", "", sentence)


def own_tables() -> Iterator[Finding]:
    """Whether our own tables are there."""
    if schema.own_tables_ready():
        yield Finding("own-tables", "ok", "", tr("The tables of rmtui are there, and of this version."))
    else:
        yield Finding(
            "own-tables", "warning", "", tr("The tables of rmtui are not made or not of this version yet; the first change makes them.")
        )


def time_zone() -> Iterator[Finding]:
    """Whether times without zone mean UTC, to us and to those who do not ask for it."""
    if is_sqlite(db):
        yield Finding("time-zone", "ok", "", tr("SQLite keeps times in UTC as they were written."))
        return
    zone = str(db.execute_sql("SELECT current_setting('TimeZone')").fetchone()[0])
    if not _utc(zone):
        yield Finding(
            "time-zone",
            "error",
            "session",
            tr("The time zone of our own session is {zone}, not UTC: times read wrong.", zone=plain(zone, 40)),
        )
    theirs = _default_zone()
    if not _utc(theirs):
        sentence = tr(
            "The server's time zone is {theirs}: what another program writes in a session that does not ask for UTC "
            "is read with the wrong time. Set timezone to UTC for the server or the database.",
            theirs=plain(theirs, 40),
        )
        yield Finding("time-zone", "warning", "server", sentence)
    if _utc(zone) and _utc(theirs):
        yield Finding("time-zone", "ok", "", tr("Session and server are in UTC."))


def _utc(zone: str) -> bool:
    return zone.upper() in {"UTC", "ETC/UTC", "GMT", "ETC/GMT", "ZULU", "UCT", "ETC/UCT", "UNIVERSAL"}


def _default_zone() -> str:
    """The zone of a session that asks for none."""
    import psycopg2

    params = DBConfig.singleton().connect_params()
    params["options"] = params["options"].replace("-c timezone=UTC", "")
    connection = psycopg2.connect(**params)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('TimeZone')")
            return str(cursor.fetchone()[0])
    finally:
        connection.close()


def clocks() -> Iterator[Finding]:
    """Whether host and database agree what time it is."""
    if is_sqlite(db):
        yield Finding("clock", "ok", "", tr("The database has this host's clock."))
        return
    before = clock.utcnow()
    there = db.execute_sql("SELECT clock_timestamp()").fetchone()[0].astimezone(dt.UTC)
    after = clock.utcnow()
    skew = max(before - there, there - after, dt.timedelta())
    if skew > MOST_SKEW:
        seconds = round(skew.total_seconds())
        yield Finding(
            "clock",
            "warning",
            "",
            tr("The clocks of this host and of the database are {seconds} seconds apart. Set them right.", seconds=seconds),
        )
    else:
        yield Finding("clock", "ok", "", tr("The clocks of this host and of the database agree."))


def audit() -> Iterator[Finding]:
    """Whether the trail ends where its head says; all of it is for ``rmtui audit verify``."""
    if not schema.own_tables_ready():
        return
    head = trail.chain_row()
    last = Audit.select(Audit.id, Audit.hash).order_by(Audit.id.desc()).limit(1).tuples().first()
    if head is None or (last is not None and (head.entries, head.head) != tuple(last)) or (last is None and head.entries):
        yield Finding("audit", "error", "", tr("The audit trail does not end where its head says. Run rmtui audit verify."))
    else:
        yield Finding("audit", "ok", "", tr("The audit trail ends where its head says; rmtui audit verify checks all of it."))


checks = (("writes", writes), ("own-tables", own_tables), ("time-zone", time_zone), ("clock", clocks), ("audit", audit))
"""Each needs an open connection."""
