"""`python -m migrations.locks`: read the SQL of each migration for what would lock a running trial's tables.

Squawk knows what PostgreSQL locks, and for how long. A migration that is right nevertheless says so itself, by squawk's
name of the rule and with the reason: `LOCKS = {"renaming-column": "the service stands still meanwhile"}`.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path

from alembic.config import Config
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory

from app.core.migrating import configuration
from migrations.limits import LIMITS

SQUAWK = Path(sys.executable).parent / "squawk"
OLDEST_POSTGRESQL = "15.0"
OF_TASTE = (
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-identity",
    "prefer-robust-stmts",
    "prefer-text-field",
    "prefer-timestamptz",
    "ban-drop-constraint",
    "ban-drop-default",
    "ban-drop-function",
)
"""Rules that are not about locks: what is dropped is nobody's but ours, and each column's type is the model's."""


def findings(sql: str) -> set[str]:
    """The names of the rules that the SQL of one transaction breaks."""
    options = [f"--exclude={','.join(OF_TASTE)}", "--reporter=json", f"--pg-version={OLDEST_POSTGRESQL}"]
    ran = subprocess.run([SQUAWK, *options], input=sql, capture_output=True, encoding="utf-8", check=False)
    if ran.returncode not in (0, 1) or not ran.stdout.strip():
        raise RuntimeError(f"squawk could not read the SQL: {ran.stderr}")
    return {str(finding["rule_name"]) for finding in json.loads(ran.stdout)}


def complaints(revision: str, found: set[str], marked: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with a migration: a rule that it breaks unmarked, and a mark that it does not need."""
    for rule in sorted(found - marked.keys()):
        yield f"{revision}: {rule}: write it otherwise, or say in LOCKS why it may stand"
    for rule in sorted(marked.keys() - found):
        yield f"{revision}: LOCKS excuses {rule}, which it does not break"


def statements(script: Script, directory: ScriptDirectory, config: Config) -> str:
    """The SQL of one migration, as it is run: with its limits, in a transaction of its own."""
    written = StringIO()
    with EnvironmentContext(config, directory, as_sql=True) as environment:
        environment.configure(dialect_name="postgresql", output_buffer=written)
        context = environment.get_context()
        with Operations.context(context), context.begin_transaction():
            script.module.upgrade()
    return "".join(f"{limit};\n" for limit in LIMITS) + written.getvalue()


def all_complaints(config: Config) -> Iterator[str]:
    """What is wrong with the migrations of a folder, from the first to the last."""
    config.attributes.setdefault("app_role", "svar_app")
    directory = ScriptDirectory.from_config(config)
    for script in reversed(list(directory.walk_revisions())):
        found = findings(statements(script, directory, config))
        yield from complaints(script.revision, found, getattr(script.module, "LOCKS", {}))


if __name__ == "__main__":
    problems = list(all_complaints(configuration()))
    print("\n".join(problems) or "No migration locks a table for long unless it says so.")
    sys.exit(bool(problems))
