"""DATABASE_OWNER_URL stands beside DATABASE_URL: one that leads elsewhere, or is not there, changes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.cli import owning
from app.core import incarnation
from app.core.embedded import Embedded
from app.messages import breaker
from tests.factories import backtobasic, command

COMMANDS = (
    ("ops", "backup", "{folder}/night.backup"),
    ("ops", "restored", "--since", "2026-01-01"),
    ("db", "upgrade"),
    ("db", "downgrade", "base", "--yes"),
    ("study", "forget-contacts", "backtobasic", "--reason", "all is over now", "--confirm", "backtobasic"),
)
"""Each that works as the owner; a restore is tried in `test_ops.py`."""


@contextmanager
def with_owner(app: Flask, **settings: object) -> Iterator[None]:
    before = app.extensions["settings"]
    app.extensions["settings"] = replace(before, **settings)
    yield
    app.extensions["settings"] = before


@pytest.mark.parametrize("given", COMMANDS, ids=" ".join)
def test_an_owners_address_that_leads_to_another_database_is_refused(
    app: Flask, session: Session, server: Embedded, tmp_path: Path, given: tuple[str, ...]
) -> None:
    backtobasic()
    session.commit()
    lives = incarnation.marks()
    with with_owner(app, owner_url=server.url("svar_owner", "postgres")):
        done = command(app, *(word.format(folder=tmp_path) for word in given))
    assert (done.exit_code, "leads to another database (postgres) than DATABASE_URL" in done.output) == (1, True)
    session.rollback()
    assert (incarnation.marks(), breaker.halts(), list(tmp_path.iterdir())) == (lives, (), [])


@pytest.mark.parametrize("given", COMMANDS, ids=" ".join)
def test_in_production_without_an_owners_address_nothing_is_begun(
    app: Flask, session: Session, tmp_path: Path, given: tuple[str, ...]
) -> None:
    backtobasic()
    session.commit()
    with with_owner(app, owner_url=app.extensions["settings"].database_url, production=True):
        done = command(app, *(word.format(folder=tmp_path) for word in given))
    assert (done.exit_code, "DATABASE_OWNER_URL is not set" in done.output) == (1, True), done.output
    session.rollback()
    assert (breaker.halts(), list(tmp_path.iterdir())) == ((), [])


@pytest.mark.parametrize("is_wrong", [True, False])
def test_the_check_says_whose_address_is_wrong(app: Flask, server: Embedded, database: str, is_wrong: bool) -> None:
    address = server.url("svar_owner", database)
    spoilt = address.replace(server.passwords["svar_owner"], "wrong") if is_wrong else address
    with with_owner(app, owner_url=spoilt):
        done = command(app, "ops", "check", "--inside")
    said = [line for line in done.output.splitlines() if "does not take the password of DATABASE_OWNER_URL" in line]
    assert len(said) == is_wrong


def test_two_names_of_one_database_are_one(app: Flask, server: Embedded, database: str) -> None:
    """As where the application goes through a pooler, which the owner does not."""
    settings = app.extensions["settings"]
    assert list(owning.complaints(replace(settings, owner_url=f"{settings.owner_url}&application_name=owner"))) == []
