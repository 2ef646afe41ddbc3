"""What `docs/exports.md` says of reading a night: each snippet of its table is run, or held against the files."""

import re
import shutil
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyreadstat
import pytest
from sqlalchemy.orm import Session

from app.config import ROOT
from app.exports.shapes import SHAPES
from app.studies.models import Study
from tests.exports.builders import exported
from tests.exports.conftest import NOW
from tests.exports.labelled.test_other_engines import has_haven, run

SPAN, PLACE = re.compile(r"`([^`]+)`"), re.compile(r"[\w./]*\w\.(?:csv|parquet|sav|dta|xpt|xlsx|R|py|sas|do|sps|sql)\b")


def snippets() -> list[tuple[str, str]]:
    """The programs of the table, each with each thing that one may say there."""
    page = (ROOT / "docs" / "exports.md").read_text("utf-8")
    table = page.split("## How to read this")[1].split("\n\n")[2]
    rows = [line.strip("|").split("|") for line in table.splitlines()[2:]]
    return [(row[0].strip(), span) for row in rows for span in SPAN.findall(row[1])]


@cache
def kept() -> dict[str, bytes]:
    """A night's files, written by the first test that needs them."""
    return {}


@pytest.fixture
def night(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The folder of a night."""
    if not kept():
        study: Study = request.getfixturevalue("study")
        session: Session = request.getfixturevalue("session")
        session.commit()
        kept().update(exported(study, NOW).files)
    for name, content in kept().items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def rows(night: Path) -> int:
    return len((night / "scores.csv").read_text("utf-8").splitlines()) - 1


def by_r(snippet: str, night: Path) -> int:
    if not has_haven():
        pytest.skip("R is not installed (apt install r-base-core r-cran-haven)")
    read = f"scores <- {snippet}" if "read_sav" in snippet else snippet
    return int(run("Rscript", "-e", f"{read}; stopifnot(scores$site[1] == '01'); cat(nrow(scores))", folder=night))


def by_python(snippet: str, night: Path) -> int:
    if snippet.startswith("from load"):
        return int(run(sys.executable, "-c", f"{snippet}; print(len(tables['scores']))", folder=night / "loaders"))
    return int(run(sys.executable, "-c", f"import pandas; print(len({snippet}))", folder=night))


def by_pspp(snippet: str, night: Path) -> int:
    if shutil.which("pspp") is None:
        pytest.skip("PSPP is not installed (apt install pspp)")
    chosen = "DATASET ACTIVATE scores.\n" if "INSERT" in snippet else ""
    (night / "look.sps").write_text(f"{snippet}\n{chosen}LIST /VARIABLES=site.\n", "utf-8")
    return run("pspp", "-O", "format=csv", "look.sps", folder=night).splitlines().count("01")


def by_duckdb(snippet: str, night: Path) -> int:
    statement = (night / snippet.removeprefix(".read ")).read_text("utf-8") if snippet.startswith(".read ") else snippet
    with duckdb.connect() as base:
        base.execute(f"SET file_search_path = '{night}'")
        done = base.execute(statement)
        return len((base.execute("SELECT * FROM scores") if snippet.startswith(".read ") else done).fetchall())


def by_excel(snippet: str, night: Path) -> int:
    return int(openpyxl.load_workbook(night / snippet)["scores"].max_row) - 1


READERS: dict[str, Callable[[str], tuple[Any, Any]]] = {
    ".dta": pyreadstat.read_dta, ".xpt": pyreadstat.read_xport,
}  # fmt: skip


def by_reading(snippet: str, night: Path) -> int:
    """Of programs that nobody has here: the file is there, and is one of theirs, or loads every table."""
    (place,) = PLACE.findall(snippet)
    if (read := READERS.get(Path(place).suffix)) is not None:
        return len(read(str(night / place))[0])
    script = (night / place).read_text("utf-8")
    assert [shape.name for shape in SHAPES if f"{shape.name}.csv" not in script] == []
    return rows(night)


ENGINES: dict[str, Callable[[str, Path], int]] = {
    "R": by_r, "R, with codes and reasons": by_r, "Python": by_python, "SPSS, PSPP": by_pspp, "Stata": by_reading,
    "SAS": by_reading, "Excel": by_excel, "DuckDB": by_duckdb,
}  # fmt: skip


def test_every_program_of_the_page_has_a_way_to_be_tried() -> None:
    assert {program for program, _ in snippets()} == set(ENGINES)
    assert len(snippets()) >= 13


@pytest.mark.parametrize(("program", "snippet"), snippets())
def test_what_the_page_says_reads_every_row(
    program: str, snippet: str, night: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if snippet == "loaders/":
        assert (night / snippet / "load.py").is_file()
        return
    monkeypatch.chdir(night)
    assert ENGINES[program](snippet, night) == rows(night) > 0


@pytest.mark.parametrize(("program", "snippet"), snippets())
def test_what_the_page_names_lies_in_a_night(program: str, snippet: str, night: Path) -> None:
    assert [place for place in PLACE.findall(snippet) if not (night / place).is_file()] == []
