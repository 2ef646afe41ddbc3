"""What goes wrong at a shell is said in a sentence; a traceback is for our own mistakes alone."""

import errno
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import make_url
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app import config, create_app
from app.cli.told import BEHIND, tell
from tests.factories import BACKTOBASIC, backtobasic, command, put_away


def test_what_is_not_there_is_named(app: Flask, session: Session) -> None:
    done = command(app, "protocol", "move", "nowhere", "1.0", "01-001", "--reason", "amended")
    assert (done.exit_code, done.output) == (1, "Error: There is no study nowhere; installed: none yet.\n")


def test_other_content_under_a_version_that_exists_is_refused(app: Flask, session: Session, tmp_path: Path) -> None:
    backtobasic()
    session.commit()
    other = tmp_path / "protocol.yaml"
    other.write_text(BACKTOBASIC.read_text("utf-8").replace("minutes: 40", "minutes: 41"), "utf-8")
    done = command(app, "protocol", "install", str(other))
    assert (done.exit_code, done.output.count("\n")) == (1, 1)
    assert "raise the version" in done.output


def test_a_database_that_is_away_is_said_to_be(settings: config.Settings) -> None:
    app = create_app(replace(settings, database_url="postgresql+psycopg://nobody:x@127.0.0.1:9/nothing"))
    done = command(app, "users", "list")
    assert (done.exit_code, "cannot be reached" in done.output) == (1, True)
    put_away(app)


def test_a_wrong_password_is_told_apart_from_a_server_that_is_dead(settings: config.Settings) -> None:
    url = make_url(settings.database_url)
    outcomes = {}
    for name, changed in (
        ("wrong", url.set(password="x:secret")),
        ("dead", url.update_query_dict({"host": "/nowhere"})),
    ):
        app = create_app(replace(settings, database_url=changed.render_as_string(hide_password=False)))
        done = command(app, "users", "list")
        outcomes[name] = (done.exit_code, done.output.split(".")[0])
        assert "x:secret" not in done.output
        put_away(app)
    assert outcomes == {
        "wrong": (1, "Error: The database server runs, and does not take the password of DATABASE_URL"),
        "dead": (1, "Error: The database cannot be reached"),
    }


@click.command()
def talk() -> None:
    """Say something to somebody who reads no further."""
    raise BrokenPipeError(errno.EPIPE, "Broken pipe")


def test_whoever_reads_no_further_is_told_nothing_of_the_disk() -> None:
    tell(talk)
    done = CliRunner().invoke(talk)
    assert (done.exit_code, done.output) == (1, "")


class Missing(Exception):
    """What PostgreSQL says of a table that is not there."""

    sqlstate = "42P01"


@pytest.mark.parametrize(("error", "code", "said"), [(Missing(), 1, BEHIND), (Exception(), None, "")])
def test_a_database_of_another_shape_is_told_apart_from_our_own_mistake(
    error: Exception, code: int | None, said: str
) -> None:
    @click.command()
    def broken() -> None:
        raise ProgrammingError("SELECT", {}, error)

    tell(broken)
    with pytest.raises(click.ClickException if code else ProgrammingError) as caught:
        broken.main([], standalone_mode=False)
    assert said in getattr(caught.value, "message", "")


def test_a_command_is_taught_once(app: Flask) -> None:
    def act() -> None: ...

    taught = click.Command("one", callback=act)
    tell(taught)
    first = taught.callback
    tell(click.Group("group", {"one": taught}))
    assert taught.callback is first
