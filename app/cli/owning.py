"""The owner's way to the database, for commands that need it: it is there, and leads where the application's leads.

Both addresses are written by hand, in two files, and one of them is forgotten on a bad day: then a restore would hold
the texts of the old database, and what was to be deleted would be deleted in another.
"""

from collections.abc import Iterator

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from app.config import Settings
from app.core import unreachable
from app.core.problems import Conflict, Unavailable

NOT_SET = "DATABASE_OWNER_URL is not set: the application's role must not own its tables, and this needs their owner."
WHICH = text("""
    SELECT system_identifier, (SELECT oid FROM pg_database WHERE datname = current_database()) FROM pg_control_system()
""")
Place = tuple[int, int]


def owner_url(settings: Settings) -> str:
    """The owner's address; Conflict with what to do where there is none, or it leads to another database."""
    if settings.production and settings.owner_url == settings.database_url:
        raise Conflict(NOT_SET)
    for complaint in complaints(settings):
        raise Conflict(complaint)
    return settings.owner_url


def complaints(settings: Settings) -> Iterator[str]:
    """Why the two addresses do not lead to one database; nothing where they do."""
    addresses = {"DATABASE_OWNER_URL": settings.owner_url, "DATABASE_URL": settings.database_url}
    places = {_place(address, name) for name, address in addresses.items()}
    if len(places) > 1:
        owners, ours = (make_url(address).database for address in addresses.values())
        yield (
            f"DATABASE_OWNER_URL leads to another database ({owners}) than DATABASE_URL ({ours}), or to another server."
            " Write the same into both."
        )


def _place(address: str, name: str) -> Place:
    """The server and the database in it, as PostgreSQL tells them: by whatever name or pooler it is reached."""
    engine = create_engine(address)
    try:
        with engine.connect() as connection:
            server, database = connection.execute(WHICH).one()
    except OperationalError as error:
        raise Unavailable(unreachable.in_words(error, name)) from None
    finally:
        engine.dispose()
    return int(server), int(database)
