"""Alembic's environment: as the owner role, with lock and statement timeouts.

One transaction per migration on the way up, one for all on the way down.
"""

from contextlib import nullcontext
from typing import Literal

from alembic import context
from sqlalchemy import Connection, create_engine, text

from app.core.database import Base
from app.core.time import UTCDateTime
from migrations.env_objects import include_object
from migrations.limits import LIMITS
from migrations.tables import import_models

import_models()


def render_item(kind: str, item: object, _: object) -> str | Literal[False]:
    """Write our column type as what it is in the database, so that a migration stands without the application."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UTCDateTime) else False


def run() -> None:
    """Migrate the database that `-x url=` or the attributes of the configuration name."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        _migrate(connection)
        return
    from app.config import settings

    with create_engine(settings().owner_url).connect() as opened:
        _migrate(opened)


def _migrate(connection: Connection) -> None:
    for limit in LIMITS:
        connection.execute(text(limit))  # of the session: SET LOCAL would hold for the first migration alone
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_schemas=True,
        include_object=include_object,
        render_item=render_item,
        compare_server_default=False,
        transaction_per_migration=not context.config.attributes.get("one_transaction"),
    )
    around = context.config.attributes.get("around", nullcontext)
    with context.begin_transaction(), around(connection):
        context.run_migrations()
    connection.commit()


run()
