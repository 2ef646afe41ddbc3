"""Each loader run by its own engine, where it is installed: what it loads is what the table holds, each type kept."""

import importlib.util
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from app.exports.csv_files import csv
from app.exports.loaders.night import loaders
from app.exports.tables import Column, Kind, Shape, table
from tests.exports.labelled.test_other_engines import by_r, has_haven, run
from tests.exports.labelled.things import ROWS, SHAPE, SUBMITTED, things

ODD = Shape(
    "codes", (Column("table", Kind.TEXT, "Tabell", 'It\'s a "table"'), Column("column", Kind.TEXT, "k", "k")), ()
)
"""Names that are words of SQL, and a label with marks."""


@pytest.fixture
def night(tmp_path: Path) -> Path:
    """A folder with two tables and their loaders."""
    tables = (things(), table(ODD, [('say "hi", twice', "a\nb"), (None, "=1+1")]))
    for each in tables:
        (tmp_path / f"{each.name}.csv").write_bytes(csv(each))
    (tmp_path / "loaders").mkdir()
    for name, script in loaders(tables):
        (tmp_path / name).write_bytes(script)
    return tmp_path


def rows(cursor: Any) -> list[tuple[Any, ...]]:
    rows_read: list[tuple[Any, ...]] = cursor.fetchall()
    return rows_read


def test_duckdb_loads_typed_columns_with_their_labels(night: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(night)
    with duckdb.connect() as base:
        base.execute((night / "loaders" / "duckdb.sql").read_text("utf-8"))
        types = dict(
            rows(base.execute("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'scores'"))
        )
        assert types == {
            "participant": "VARCHAR", "site": "VARCHAR", "state": "VARCHAR", "score_value": "DOUBLE",
            "missing_reason": "VARCHAR", "n_answered": "BIGINT", "baseline": "BOOLEAN", "given_on": "DATE",
            "submitted_at": "TIMESTAMP WITH TIME ZONE", "words": "VARCHAR",
        }  # fmt: skip
        first = rows(
            base.execute("SELECT site, score_value, baseline, given_on, epoch(submitted_at) FROM scores LIMIT 2")
        )
        assert first == [("01", 0.806, True, date(2026, 3, 2), SUBMITTED.timestamp()), ("01", None, None, None, None)]
        labels = dict(
            rows(base.execute("SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'codes'"))
        )
        assert labels["table"] == 'It\'s a "table"'
        assert rows(base.execute("SELECT * FROM codes")) == [('say "hi", twice', "a\nb"), (None, "'=1+1")]


def test_python_loads_typed_columns_with_their_labels(night: Path) -> None:
    spec = importlib.util.spec_from_file_location("load", night / "loaders" / "load.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    scores = module.load()["scores"]
    assert list(scores["site"]) == ["01", "01", "02", "02"]
    assert [None if pd.isna(cell) else cell for cell in scores["score_value"]] == [0.806, None, None, 40]
    assert [None if pd.isna(cell) else bool(cell) for cell in scores["baseline"]] == [True, None, False, False]
    assert [None if pd.isna(cell) else int(cell) for cell in scores["n_answered"]] == [10, None, 0, 7]
    assert scores["submitted_at"][0] == pd.Timestamp(SUBMITTED)
    assert str(scores["submitted_at"].dt.tz) == "UTC"
    assert scores["given_on"][2] == pd.Timestamp(2024, 2, 29)
    assert scores.attrs["labels"]["score_value"] == "Value"
    said = run(sys.executable, "loaders/load.py", folder=night)
    assert said == "scores: 4 rows, 10 columns\ncodes: 2 rows, 2 columns\n"


LOADED = [
    ("cat(sapply(scores, function(x) class(x)[1]))",
     "character character character numeric character numeric logical Date POSIXct character"),
    ("cat(scores$site, scores$score_value, scores$baseline)", "01 01 02 02 0.806 NA NA 40 TRUE NA FALSE FALSE"),
    ("cat(format(scores$submitted_at[1], '%H:%M:%S'), attr(scores$submitted_at, 'tzone'))", "01:30:05 UTC"),
    ("cat(format(scores$given_on[3]), attr(scores$score_value, 'label'), scores$words[1])", "2024-02-29 Value æøå"),
    ("cat(codes$table[1], attr(codes$table, 'label'), is.na(codes$table[2]))",
     'say "hi", twice It\'s a "table" TRUE'),
    ("cat(identical(codes$column[1], 'a\\nb'))", "TRUE"),
]  # fmt: skip


def test_r_loads_typed_columns_with_their_labels(night: Path) -> None:
    printed = by_r('source("loaders/load.R")', [script for script, _ in LOADED], night)
    assert printed == [said for _, said in LOADED]


@pytest.mark.parametrize(
    "ask",
    [
        ("-e", 'source("{night}/loaders/load.R"); cat(nrow(scores))'),
        ("-e", 'night <- "{night}"; source("{night}/loaders/load.R"); cat(nrow(scores))'),
        ("-e", 'setwd("{night}/loaders"); source("load.R"); cat(nrow(scores))'),
        ("-e", 'source("{night}/other/loaders/load.R"); source("{night}/loaders/load.R"); cat(nrow(scores))'),
        ("-e", 'setwd("{night}"); source("{night}/other/loaders/load.R"); source("loaders/load.R"); cat(nrow(scores))'),
    ],
    ids=["by its path", "named", "in loaders", "after another night", "in its folder, after another night"],
)
def test_r_loads_the_night_whose_loader_it_is(ask: tuple[str, str], night: Path, tmp_path: Path) -> None:
    if not has_haven():
        pytest.skip("R is not installed (apt install r-base-core r-cran-haven)")
    other = night / "other"
    shutil.copytree(night / "loaders", other / "loaders")
    for path in sorted(night.glob("*.csv")):
        (other / path.name).write_text(path.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    option, words = ask
    assert run("Rscript", option, words.format(night=night), folder=elsewhere) == str(len(ROWS))


def test_pspp_loads_typed_columns_with_their_labels(night: Path) -> None:
    from shutil import which

    if which("pspp") is None:
        pytest.skip("PSPP is not installed (apt install pspp)")
    (night / "codes.csv").write_text("table,column\nx,y\n", "utf-8")  # SPSS reads no text across lines
    (night / "look.sps").write_text(
        "INSERT FILE='loaders/load.sps'.\nDATASET ACTIVATE scores.\nDISPLAY DICTIONARY.\n"
        "LIST /VARIABLES=site score_value n_answered baseline given_on submitted_at.\n",
        "utf-8",
    )
    said = run("pspp", "-O", "format=csv", "look.sps", folder=night)
    assert "score_value,4,Value,Scale,Input,8,Right" in said
    assert "Baseline,0,No\n,1,Yes" in said
    assert "01,.806,10,1,2026/03/02,29-MAR-2026 01:30:05\n01,.   ,.,.,.,." in said


@pytest.mark.parametrize("ending", ["sas", "do"])
def test_every_column_is_declared_to_sas_and_stata_with_its_type_and_label(ending: str, night: Path) -> None:
    script = (night / "loaders" / f"load.{ending}").read_text("utf-8")
    expected = {
        "sas": ["  length site $ 8;", "  length words $ 504;", "  informat given_on e8601da10.;",
                "  informat submitted_at e8601dz20.;", "  if _baseline ne '' then baseline = (_baseline = 'true');",
                "  label table = 'It''s a \"table\"';", "  length score_value 8;",
                "data work.scores (drop=_baseline);"],
        "do": ["destring score_value, replace", "stringcols(_all)", 'generate long _svar = daily(given_on, "YMD")',
               "format submitted_at %tc", "label values baseline svar_flag",
               "label variable table \"It's a 'table'\"", 'save "scores.dta", replace'],
    }[ending]  # fmt: skip
    assert [line for line in expected if line not in script] == []
    labels = {"sas": "  label {} = ", "do": "label variable {} "}[ending]
    assert [name for name in SHAPE.names if labels.format(name) not in script] == []


def test_the_night_has_a_loader_for_each_language(night: Path) -> None:
    names = sorted(path.name for path in (night / "loaders").iterdir())
    assert names == ["duckdb.sql", "load.R", "load.do", "load.py", "load.sas", "load.sps"]


def test_the_python_loader_is_python_that_a_linter_takes(night: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "py_compile", str(night / "loaders" / "load.py")], check=False
    )
    assert done.returncode == 0
