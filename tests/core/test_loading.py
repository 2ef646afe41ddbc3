"""What a web process loads, since it is started often: no commands, no migrations, nothing of files and figures."""

import gc
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import click
import pytest
from flask import Flask

from app.cli import NOUNS
from app.core.loading import UNWANTED, without_sweeping, without_wishes

ROOT = Path(__file__).parents[2]
HEAVY = (
    "alembic", "apscheduler", "authlib", "formulaic", "great_tables", "holidays", "joserfc", "limits", "matplotlib",
    "numpy", "pandas", "pyarrow", "pyreadstat", "requests", "scipy", "twilio", "urllib3", "app.analysis", "app.clock",
    "app.exports.contents", "app.rehearsal", *(f"app.cli.{noun}" for noun in NOUNS),
)  # fmt: skip
LOADING = f"""
import gc, sys
from app import create_app
from app.config import settings
create_app(settings())
print(gc.isenabled(), *(name for name in {HEAVY!r} if name in sys.modules))
"""
LASTING = """
import time
{first}
begun = time.process_time()
{then}
print(time.process_time() - begun)
"""
LIBRARIES = LASTING.format(first="", then="import flask, psycopg, sqlalchemy.orm")
SERVICE = LASTING.format(
    first="from app.config import settings; given = settings()",
    then="from app import create_app; create_app(given)",
)
MOST_TIMES = 3.5
"""So many times what its libraries take by themselves: a ratio, since machines differ and are busy."""
MAPPING = """
from app import create_app
from app.config import settings
from app.core import prepared
from app.core.database import Base
def state():
    mapped = sum(mapper.configured for mapper in Base.registry.mappers)
    compiled = sum("text" in vars(statement) for statement in prepared.Prepared.every)
    return mapped > 50, mapped, len(prepared.Prepared.every) > 5, compiled
create_app(settings())
_, mapped, _, compiled = state()
prepared.ready()
every_mapping, mapped_then, every_statement, compiled_then = state()
print(mapped, compiled, every_mapping and mapped_then == len(list(Base.registry.mappers)),
      every_statement and compiled_then == len(prepared.Prepared.every))
"""


def said_by(program: str, instance: Path) -> str:
    """What a fresh process prints that runs this beside a database that it never asks."""
    environment = {
        "PATH": os.environ["PATH"],
        "SVAR_ENV": "development",
        "SVAR_INSTANCE": str(instance),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
    }
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=True).stdout


def test_a_web_process_loads_no_command_no_migration_and_nothing_of_figures(tmp_path: Path) -> None:
    assert said_by(LOADING, tmp_path) == "True\n"


def test_the_service_starts_in_a_few_times_what_its_libraries_take(tmp_path: Path) -> None:
    """The quickest of five each, in turns, so that whatever else the machine does is on both sides."""
    both = [[float(said_by(program, tmp_path)) for program in (LIBRARIES, SERVICE)] for _ in range(5)]
    libraries, service = map(min, zip(*both, strict=True))
    assert service < MOST_TIMES * libraries


@pytest.mark.parametrize("there", [True, False])
def test_what_nobody_wants_is_hidden_only_meanwhile_and_from_who_has_not_loaded_it(
    there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, module = UNWANTED[0], ModuleType(UNWANTED[0])
    monkeypatch.delitem(sys.modules, name, raising=False)
    if there:
        monkeypatch.setitem(sys.modules, name, module)
    with without_wishes():
        assert sys.modules[name] is (module if there else None)
    assert sys.modules.get(name) is (module if there else None)
    assert (name in sys.modules) is there


def test_mappings_and_statements_wait_until_a_server_is_made_ready(tmp_path: Path) -> None:
    assert said_by(MAPPING, tmp_path) == "0 0 True True\n"


@pytest.mark.parametrize("swept", [True, False])
def test_the_sweeping_is_afterwards_as_it_was_before(swept: bool) -> None:
    before = gc.isenabled()
    (gc.enable if swept else gc.disable)()
    try:
        with without_sweeping():
            assert not gc.isenabled()
        assert gc.isenabled() is swept
    finally:
        (gc.enable if before else gc.disable)()


@pytest.mark.parametrize("noun", sorted(NOUNS))
def test_each_command_is_there_when_it_is_asked_for(app: Flask, noun: str) -> None:
    context = click.Context(app.cli)
    command = app.cli.get_command(context, noun)
    assert command is not None
    assert command.name == noun
    assert noun in app.cli.list_commands(context)


def test_a_command_that_there_is_not_is_refused(app: Flask) -> None:
    done = app.test_cli_runner().invoke(args=["user"])
    assert done.exit_code == 2
    assert "No such command 'user'" in done.output
