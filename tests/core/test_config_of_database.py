"""Settings of the database: the pool, prepared statements, dead lines; and who may not migrate or start it."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from app import config, create_app
from app.flask_config import flask_config
from tests.core.environment import environment as environment
from tests.factories import command


def test_production_is_not_migrated_as_the_application(production: config.Settings) -> None:
    app = create_app(replace(production, owner_url=production.database_url))
    done = command(app, "db", "upgrade")
    assert (done.exit_code, "DATABASE_OWNER_URL is not set" in done.output) == (1, True)


def test_production_never_starts_the_embedded_database(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from app.core import embedded

    environment.delenv("DATABASE_URL")
    environment.setenv("SVAR_INSTANCE", str(tmp_path))
    environment.setattr(embedded, "start", lambda _: pytest.fail("it was started"))
    with pytest.raises(config.IncompleteSettings, match="DATABASE_URL is not set"):
        config.settings()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("set_to", "sizes"),
    [
        ({}, (10, 10)),
        ({"DATABASE_POOL": "3", "DATABASE_POOL_EXTRA": "0"}, (3, 0)),
        ({"DATABASE_POOL": "200"}, (200, 10)),
    ],
)
def test_the_pool_has_the_size_that_the_operator_says(
    environment: pytest.MonkeyPatch, set_to: dict[str, str], sizes: tuple[int, int]
) -> None:
    for name, value in set_to.items():
        environment.setenv(name, value)
    engines = flask_config(config.settings())["SQLALCHEMY_ENGINES"]
    assert isinstance(engines, dict)
    assert (engines["default"]["pool_size"], engines["default"]["max_overflow"]) == sizes
    assert engines["default"]["pool_use_lifo"], "what one connection has prepared is of use to who comes next"


@pytest.mark.parametrize(("value", "kept"), [(None, True), ("on", True), ("off", False)])
def test_statements_are_prepared_unless_a_pooler_stands_between(
    environment: pytest.MonkeyPatch, settings: config.Settings, value: str | None, kept: bool
) -> None:
    if value is not None:
        environment.setenv("DATABASE_PREPARED", value)
    chosen = replace(settings, prepared_statements=config.settings().prepared_statements)
    engines = flask_config(chosen)["SQLALCHEMY_ENGINES"]
    assert isinstance(engines, dict)
    engine = create_engine(**engines["default"])
    with engine.connect() as connection:
        for _ in range(10):
            connection.execute(text("SELECT 1"))
        prepared = connection.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
    engine.dispose()
    assert (prepared > 0) is kept


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize(
    ("said", "limits"),
    [
        ("", (5, 15_000)),
        ("?connect_timeout=30", (None, 15_000)),
        ("?tcp_user_timeout=0&connect_timeout=9", (None, None)),
    ],
)
def test_a_dead_line_is_given_up_on_unless_the_address_says_when(
    settings: config.Settings, said: str, limits: tuple[int | None, int | None], pooled: bool
) -> None:
    chosen = replace(
        settings, database_url=f"postgresql+psycopg://a:b@db.example/svar{said}", prepared_statements=pooled
    )
    engines = flask_config(chosen)["SQLALCHEMY_ENGINES"]
    assert isinstance(engines, dict)
    given = engines["default"]["connect_args"]
    assert (given.get("connect_timeout"), given.get("tcp_user_timeout")) == limits
    assert (given["keepalives_idle"], given["keepalives_interval"], given["keepalives_count"]) == (10, 5, 2)
