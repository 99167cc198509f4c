"""Peewee based database abstraction: the documented data layer of a RASENMAEHER deployment, on SQLite and PostgreSQL.

Usable alone::

    from rmtui.db import Person, bind_config

    with bind_config().connection_context():
        print([person.callsign for person in Person.list()])
"""

from rmtui.db.base import bind_config, db, init_db
from rmtui.db.config import DBConfig
from rmtui.db.enrollments import Enrollment, EnrollmentPool, EnrollmentState
from rmtui.db.logincodes import LoginCode
from rmtui.db.nonces import SeenToken
from rmtui.db.people import Person, Role

__all__ = [
    "DBConfig",
    "Enrollment",
    "EnrollmentPool",
    "EnrollmentState",
    "LoginCode",
    "Person",
    "Role",
    "SeenToken",
    "bind_config",
    "db",
    "init_db",
]
