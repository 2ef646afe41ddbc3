"""Who knows a time zone by its name: this machine, and the database, which has names and rules of its own."""

from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.exc import DataError

from app.core.database import db

NOT_THERE = (LookupError, ValueError, OSError)


def machine_knows(zone: str) -> bool:
    """Whether this machine can reckon by it: a database may have come from one with newer rules."""
    try:
        ZoneInfo(zone)
    except NOT_THERE:
        return False
    return True


def database_knows(zone: str) -> bool:
    """Whether PostgreSQL has it. By its days books and exports are kept: a name that it lacks stops them for all."""
    try:
        with db.session.begin_nested():
            db.session.execute(select(func.timezone(zone, func.now())))
    except DataError:
        return False
    return True
