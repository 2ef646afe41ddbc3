"""Run the migrations from Python: for `flask db`, the demo and the tests' template database.

Alembic is loaded where something is migrated, not by every process that has the commands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlalchemy import create_engine

from app.core import dropping
from app.core.exclusive import exclusively
from app.core.problems import Conflict
from app.core.schema import SCRIPTS

if TYPE_CHECKING:
    from alembic.config import Config

HEAD, BASE = "head", "base"
MEANWHILE = (
    "Another command changes the shape of this database just now. Wait until it has ended, then: flask db status"
)


def configuration() -> Config:
    """Alembic's configuration, without an ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    return config


def line() -> dict[str, str]:
    """Every migration of this version in the order in which they are run, with what it does."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(configuration()).walk_revisions()
    return {script.revision: script.doc for script in reversed(list(scripts))}


def between(lower: str | None, upper: str) -> dict[str, str]:
    """The migrations that lead from one shape up to another; Conflict where there is no such way."""
    migrations = line()
    shapes = [BASE, *migrations]
    lower = BASE if lower is None else lower
    upper = shapes[-1] if upper == HEAD else upper
    for shape in (lower, upper):
        if shape not in shapes:
            raise Conflict(f"This version knows no shape {shape} of the database: the newest is {shapes[-1]}.")
    if shapes.index(lower) > shapes.index(upper):
        raise Conflict(f"{upper} is not above {lower}.")
    steps = shapes[shapes.index(lower) + 1 : shapes.index(upper) + 1]
    return {revision: migrations[revision] for revision in steps}


def revision_there(owner_url: str) -> str | None:
    """The shape of the database, as its owner sees it before the application may see anything."""
    from alembic.runtime.migration import MigrationContext

    engine = create_engine(owner_url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def upgrade(owner_url: str, revision: str = HEAD, *, app_role: str | None = None) -> None:
    """Bring the database to `revision`, as its owner; `app_role` (svar_app) may use what it finds there."""
    from alembic import command

    _run(owner_url, lambda config: command.upgrade(config, revision), app_role)


def downgrade(owner_url: str, revision: str, *, app_role: str | None = None, keep_data: bool = False) -> None:
    """Take the database back to `revision`, in one transaction; Conflict where data would go that are to be kept."""
    from alembic import command

    def go_back(config: Config) -> None:
        config.attributes["one_transaction"] = True
        config.attributes["around"] = dropping.nothing if keep_data else dropping.anything
        command.downgrade(config, revision)

    _run(owner_url, go_back, app_role)


def _run(owner_url: str, action: Callable[[Config], None], app_role: str | None = None) -> None:
    engine = create_engine(owner_url)
    config = configuration()
    config.attributes["app_role"] = app_role
    try:
        with exclusively("migrate", MEANWHILE, engine), engine.connect() as connection:
            config.attributes["connection"] = connection
            action(config)
    finally:
        engine.dispose()
