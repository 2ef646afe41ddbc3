"""Each file opened by the programs it is for, where they are installed: R's haven, and PSPP for SPSS."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from app.exports.labelled.sas import xpt5, xpt8
from app.exports.labelled.sheets import Sheet
from app.exports.labelled.spss import sav
from app.exports.labelled.stata import dta
from tests.exports.labelled.things import ready

WRITERS: dict[str, Callable[[Sheet], bytes]] = {"sav": sav, "dta": dta, "xpt": xpt5, "v8.xpt": xpt8}


NEXT = "<next>"
"""Printed before the answer to each of several scripts."""


def run(*command: str, folder: Path) -> str:
    """What the command says, in UTF-8 whatever this machine's locale is; it must end well."""
    spoken = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command, cwd=folder, env=spoken, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@cache
def has_haven() -> bool:
    place = shutil.which("Rscript")
    if place is None:
        return False
    tried = subprocess.run([place, "-e", "library(haven)"], capture_output=True, timeout=60, check=False)
    return tried.returncode == 0


def by_r(first: str, scripts: Sequence[str], folder: Path) -> list[str]:
    """What R prints for each script, in one process: it takes many times longer to start than to answer."""
    if not has_haven():
        pytest.skip("R's haven is not installed (apt install r-base-core r-cran-haven)")
    marked = [f"cat('{NEXT}'); invisible(local({{ {script} }}))" for script in scripts]
    return run("Rscript", "-e", "; ".join([first, *marked]), folder=folder).split(NEXT)[1:]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The four files of one table."""
    made = tmp_path_factory.mktemp("labelled")
    for ending, write in WRITERS.items():
        (made / f"scores.{ending}").write_bytes(write(ready()))
    return made


HAVEN: list[tuple[str, list[str]]] = [
    ("d <- read_sav('scores.sav', user_na = TRUE); cat(as.character(as_factor(d$score_value)), sep = '\\n')",
     ["0.806", "skipped: seen, left empty", "withdrawn: withdrew", "40"]),
    ("d <- read_sav('scores.sav'); cat(d$score_value)", ["0.806 NA NA 40"]),
    ("d <- read_sav('scores.sav'); cat(as.character(as_factor(d$state)), sep = '\\n')",
     ["completed: answered in time", "missed: without an answer", *["completed: answered in time"] * 2]),
    ("d <- read_sav('scores.sav'); cat(attr(d$score_value, 'label'), class(d$given_on), class(d$submitted_at)[1])",
     ["Value (%) Date POSIXct"]),
    ("d <- read_sav('scores.sav'); cat(format(d$submitted_at[1]), format(d$given_on[3]), d$site[1], d$words[1])",
     ["2026-03-29 03:30:05 2024-02-29 01 æøå"]),
    ("d <- read_dta('scores.dta'); cat(na_tag(d$score_value), is.na(d$score_value))",
     ["NA a b NA FALSE TRUE TRUE FALSE"]),
    ("d <- read_dta('scores.dta'); cat(as.character(as_factor(d$score_value_why))[2:3], sep = '\\n')",
     ["skipped: seen, left empty", "withdrawn: withdrew"]),
    ("d <- read_dta('scores.dta'); cat(format(d$submitted_at[1]), class(d$given_on), d$site[1], nchar(d$words[4]))",
     ["2026-03-29 03:30:05 Date 01 500"]),
    ("d <- read_xpt('scores.xpt'); cat(names(d)); cat('', d$SCRVLWHY, d$SITE[1], format(d$GIVEN_ON[3]))",
     ["PRTCPNT SITE STATE SCRVL SCRVLWHY MSSNGRSN NANSWRD BASELINE GIVEN_ON SBMTTDAT WORDS"
      "  skipped withdrawn  01 2024-02-29"]),
    ("d <- read_xpt('scores.v8.xpt'); cat(d$words[1], attr(d$score_value, 'label'), class(d$submitted_at)[1])",
     ["æøå Value (%) POSIXct"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def printed(folder: Path) -> list[str]:
    """What R prints for each of `HAVEN`."""
    return by_r("suppressMessages(library(haven))", [script for script, _ in HAVEN], folder)


@pytest.mark.parametrize("number", range(len(HAVEN)))
def test_haven_reads_values_labels_and_reasons(number: int, printed: list[str]) -> None:
    assert printed[number].splitlines() == HAVEN[number][1]


def test_pspp_takes_absent_numbers_for_missing_and_shows_why(folder: Path) -> None:
    if shutil.which("pspp") is None:
        pytest.skip("PSPP is not installed (apt install pspp)")
    syntax = (
        "GET FILE='scores.sav'.\nDISPLAY DICTIONARY /VARIABLES=score_value.\n"
        "FREQUENCIES /VARIABLES=score_value state.\nDESCRIPTIVES /VARIABLES=score_value.\n"
        "LIST /VARIABLES=site given_on submitted_at score_value.\n"
    )
    (folder / "look.sps").write_text(syntax, "utf-8")
    said = run("pspp", "-O", "format=csv", "look.sps", folder=folder)
    assert "score_value,4,Value (%),Scale,Input,8,Right,F9.3,F9.3,-999 THRU -900" in said
    assert 'Missing,withdrawn: withdrew,1,25.0%,,\n,"skipped: seen, left empty",1,25.0%,,' in said
    assert "Valid,completed: answered in time,3,75.0%,75.0%,75.0%\n,missed: without an answer,1,25.0%" in said
    assert "Value (%),2,20.40" in said
    assert "01,2026/03/02,29-MAR-2026 03:30:05,.806" in said
