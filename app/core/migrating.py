"""Run the migrations from Python: for `flask db`, the demo and the tests' template database."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from app.core import dropping
from app.core.problems import Conflict

SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"
HEAD, BASE = "head", "base"


def configuration() -> Config:
    """Alembic's configuration, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    return config


def line() -> dict[str, str]:
    """Every migration of this version in the order in which they are run, with what it does."""
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
    engine = create_engine(owner_url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def upgrade(owner_url: str, revision: str = HEAD, *, app_role: str | None = None) -> None:
    """Bring the database to `revision`, as its owner; `app_role` (svar_app) may use what it finds there."""
    _run(owner_url, lambda config: command.upgrade(config, revision), app_role)


def downgrade(owner_url: str, revision: str, *, app_role: str | None = None, keep_data: bool = False) -> None:
    """Take the database back to `revision`, in one transaction; Conflict where data would go that are to be kept."""

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
        with engine.connect() as connection:
            config.attributes["connection"] = connection
            action(config)
    finally:
        engine.dispose()
