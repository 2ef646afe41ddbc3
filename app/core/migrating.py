"""Run the migrations from Python: for `flask db`, the demo and the tests' template database."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

SCRIPTS = Path(__file__).resolve().parents[2] / "migrations"


def configuration() -> Config:
    """Alembic's configuration, without an ini file."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(owner_url: str, revision: str = "head", *, app_role: str | None = None) -> None:
    """Bring the database to `revision`, as its owner; `app_role` (svar_app) may use what it finds there."""
    _run(owner_url, lambda config: command.upgrade(config, revision), app_role)


def downgrade(owner_url: str, revision: str) -> None:
    """Take the database back to `revision`."""
    _run(owner_url, lambda config: command.downgrade(config, revision))


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
