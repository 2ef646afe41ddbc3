"""The commands that people are told of exist, and what git runs before a commit is what `make lint` runs."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE)
TOLD = re.findall(r"^([a-z0-9-]+):.*## \S", MAKEFILE, re.MULTILINE)
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/**/*.md"), ROOT / ".ci" / "run"]
INNER = {"help", "browser", "pooler", "httr2"}
"""`help` lists the others; `browser`, `pooler` and `httr2` are what `test` and others begin with."""


def test_every_command_is_told_of_and_is_no_file() -> None:
    assert sorted(TARGETS) == sorted({*TOLD, *INNER} & set(TARGETS))
    (phony,) = re.findall(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)
    assert sorted(phony.split()) == sorted(TARGETS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_names_commands_of_make_that_exist(page: Path) -> None:
    named = set(re.findall(r"(?:`|^|&& )make ([a-z0-9]+)", page.read_text("utf-8"), re.MULTILINE))
    assert named <= set(TARGETS)


def _hooks() -> list[dict[str, Any]]:
    content = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert [repo["repo"] for repo in content["repos"]] == ["local"]
    return [hook for repo in content["repos"] for hook in repo["hooks"]]


def test_no_hook_fetches_anything() -> None:
    assert {hook["language"] for hook in _hooks()} == {"system", "pygrep"}


def test_before_a_commit_git_runs_what_the_lint_runs() -> None:
    (lint,) = re.findall(r"^lint:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    linted = {
        _tool(command.strip().removeprefix("@").removeprefix("$(RUN) ").removeprefix("$(BIN)/"))
        for command in lint.splitlines()
    }
    hooked = {_tool(hook["entry"].removeprefix(".venv/bin/")) for hook in _hooks() if "stages" not in hook}
    assert hooked == linted


def _tool(command: str) -> str:
    """`ruff check`, `mypy`, `python -m migrations.locks`: without the files and switches."""
    words = command.split()
    return " ".join(words[:3] if words[0] == "python" else words[:2] if words[0] == "ruff" else words[:1])


@pytest.mark.parametrize(
    ("message", "accepted"),
    [
        ("Hear STOP through a rotation of the keys\n", True),
        ("x" * 72 + "\n\n" + "y" * 100 + "\n", True),
        ("x" * 73 + "\n", False),
        ("feat: hear STOP\n", False),
        ("fix(web)!: hear STOP\n", False),
        ("Test the clock: it never runs backwards\n", True),
    ],
)
def test_the_subject_of_a_commit_is_short_and_has_no_prefix(tmp_path: Path, message: str, accepted: bool) -> None:
    (hook,) = (hook for hook in _hooks() if hook["id"] == "subject")
    file = tmp_path / "COMMIT_EDITMSG"
    file.write_text(message, "utf-8")
    command = [sys.executable, "-m", "pre_commit.languages.pygrep", *hook["args"], hook["entry"], str(file)]
    assert (subprocess.run(command, capture_output=True, check=False).returncode == 0) is accepted
