"""Who acts at a shell is asked by every command that changes something, and the audit trail says it."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.users import add_user, disable
from app.cli import NOUNS, who
from app.config import settings_of
from app.core.audit import AuditEntry
from tests.factories import NOW, command

CLI = Path(__file__).parents[2] / "app" / "cli"
READING = {
    "analyse", "api describe", "api list", "audit head", "audit verify", "corrections verify", "db status",
    "export diff", "export list", "export verify", "hooks deliveries", "hooks list",
    "instrument check", "instrument fhir", "instrument list",
    "instrument score", "instrument show", "instrument test", "language check", "language list", "ledger",
    "messages upcoming", "ops check", "ops check-keys", "ops new-keys", "protocol check", "protocol diff",
    "protocol simulate", "site list", "study erasures", "study show", "users list", "value-set list", "wording proof",
}  # fmt: skip
"""These change nothing."""
BY_MACHINES = {"alert try", "clock", "db downgrade", "db upgrade", "export run", "ops backup", "ops restore"}
"""What cron or an upgrade runs, or works where there is no account; migrations name themselves in the trail."""
OF_FILES = {
    "export norwegian",
    "instrument import-redcap",
    "instrument import-xlsform",
    "language install",
    "study new",
}
"""These write files, and nothing that the trail holds."""
OF_NOBODY = {"ops drill", "ops stand-in", "rehearse", "sandbox link"}
"""Made-up people in databases of their own, or no database at all."""
ACTORS = {"who.person()", "who.system_user()", "by", "f'user:{user.id}'"}
OF_MODULES = {"clock.py": {"ACTOR"}, "users.py": {"f'{who.SHELL}: user:{user.id}'"}}
"""The clock is not a person; a new second factor is asked for by an administrator, always."""


def commands(app: Flask) -> Iterator[tuple[str, click.Command]]:
    """Every command there is, by the words that call it."""
    context = click.Context(app.cli)
    for noun in app.cli.list_commands(context):
        group = app.cli.get_command(context, noun)
        assert group is not None
        if isinstance(group, click.Group):
            yield from ((f"{noun} {name}", verb) for name, verb in group.commands.items())
        else:
            yield noun, group


def asks(command: click.Command) -> bool:
    return any("--as" in option.opts and option.envvar == "SVAR_AS" for option in command.params)


def test_every_command_that_changes_something_asks_who_acts(app: Flask) -> None:
    verbs = dict(commands(app))
    silent = {words for words, verb in verbs.items() if not asks(verb)}
    assert silent == READING | BY_MACHINES | OF_FILES | OF_NOBODY
    assert len(verbs) - len(silent) >= 35


def test_no_command_gives_the_trail_another_name(app: Flask) -> None:
    actors_named = {
        (file.name, ast.unparse(call.args[0]))
        for file in CLI.glob("*.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "acting"
    }
    assert len(actors_named) >= len(NOUNS) / 2
    assert {(file, actor) for file, actor in actors_named if actor not in ACTORS | OF_MODULES.get(file, set())} == set()


@pytest.fixture
def production(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same commands, on a service that patients use."""
    monkeypatch.setitem(app.extensions, "settings", replace(settings_of(app), production=True))


def actors(session: Session) -> set[str]:
    session.rollback()
    return set(session.scalars(select(AuditEntry.actor).where(AuditEntry.table_name == "public.breakers").distinct()))


def hold(app: Flask, *words: str, **environment: str) -> tuple[int, str]:
    done = app.test_cli_runner(env=environment).invoke(args=["messages", "hold", "--because", "a drill", *words])
    return done.exit_code, done.output


@pytest.fixture
def user(session: Session) -> User:
    made = add_user("operator@hospital.example", "correct-horse-battery-staple-7", "Operator", NOW)
    session.commit()
    return made


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("said", ["", "   "])
def test_in_production_who_acts_must_say_it(app: Flask, session: Session, user: User, said: str) -> None:
    assert hold(app, "--as", said) == (1, f"Error: {who.WHO_ARE_YOU}\n")
    assert hold(app, SVAR_AS=said) == (1, f"Error: {who.WHO_ARE_YOU}\n")
    assert actors(session) == set()


@pytest.mark.usefixtures("production")
def test_before_there_is_an_account_the_systems_user_acts(app: Flask, session: Session) -> None:
    assert hold(app)[0] == 0
    assert actors(session) == {who.system_user()}


@pytest.mark.usefixtures("production")
def test_an_account_that_is_disabled_asks_nobody_who_acts(app: Flask, session: Session, user: User) -> None:
    disable(user, NOW)
    session.commit()
    assert hold(app)[0] == 0
    assert actors(session) == {who.system_user()}


@pytest.mark.usefixtures("production")
@pytest.mark.parametrize("by", ["option", "environment"])
def test_the_trail_has_who_said_her_address(app: Flask, session: Session, user: User, by: str) -> None:
    name = f"command line: user:{user.id}"
    done = hold(app, "--as", user.email) if by == "option" else hold(app, SVAR_AS=user.email)
    assert done[0] == 0
    assert actors(session) == {name}


@pytest.mark.parametrize(
    ("active", "address", "sentence"),
    [
        (True, "nobody@hospital.example", "nobody@hospital.example"),
        (False, "operator@hospital.example", "operator@hospital.example is disabled, and acts no more."),
    ],
)
def test_who_is_nobody_here_changes_nothing(
    app: Flask, session: Session, user: User, active: bool, address: str, sentence: str
) -> None:
    if not active:
        disable(user, NOW)
        session.commit()
    code, output = hold(app, "--as", address)
    assert (code, sentence in output) == (1, True)
    assert actors(session) == set()


def test_in_development_the_systems_user_acts(app: Flask, session: Session, user: User) -> None:
    assert hold(app)[0] == 0
    assert actors(session) == {who.system_user()}


@pytest.mark.parametrize(
    ("sudo", "login", "named"),
    [("vidar", "root", "vidar"), ("", "svar", "svar"), ("", "a" * 40, "a" * 32)],
)
def test_the_systems_user_is_who_she_was_before_sudo(
    monkeypatch: pytest.MonkeyPatch, sudo: str, login: str, named: str
) -> None:
    monkeypatch.setenv("SUDO_USER", sudo)
    monkeypatch.setenv("LOGNAME", login)
    assert who.system_user() == f"command line: {named} of this machine"


def test_what_is_asked_in_vain_is_said(app: Flask, session: Session) -> None:
    assert "Who you are" in command(app, "site", "close", "--help").output
