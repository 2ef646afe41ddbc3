"""The models of `docs/exports.md`, two lines from a night's `analysis` table: their figures are those of the plan."""

import ast
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.analysis.report.run import estimate
from app.analysis.trial.plan_schema import read_plan
from app.analysis.trial.snapshot import read_snapshot
from app.config import ROOT
from app.exports.contents import contents
from tests.exports.builders import INFUSED_AT, ODI, answered, make_study, plain_score, take_part, visit
from tests.exports.labelled.test_other_engines import run

NIGHT = datetime(2027, 1, 15, 4, tzinfo=UTC)
DAYS = (56, 154, 278)
ARMS = ("tazzibrund", "vorquelimp")
"""As the example's plan calls them, the reference first."""
BLOCK = re.compile(r"^```(python|r)\n(.*?)^```", re.DOTALL | re.MULTILINE)
NEEDS = {"primary": "lme4", "mmrm": "nlme", "mmrm by mmrm": "mmrm"}
"""What R must have for each model of the page."""


def programs(language: str) -> dict[str, str]:
    """The programs of the page's section, by the model that each fits."""
    section = (ROOT / "docs" / "exports.md").read_text("utf-8").split("## The primary model")[1].split("\n## ")[0]
    return dict(zip(NEEDS, (program for which, program in BLOCK.findall(section) if which == language), strict=False))


@cache
def has_r(package: str) -> bool:
    place = shutil.which("Rscript")
    arguments = [place or "", "-e", f"library({package})"]
    return place is not None and subprocess.run(arguments, capture_output=True, check=False).returncode == 0


@cache
def kept() -> dict[str, Path]:
    """The night, written by the first test that needs it."""
    return {}


@pytest.fixture
def night(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A night of sixteen people, some of whose visits are missing, with their allocation beside it."""
    if not kept():
        session: Session = request.getfixturevalue("session")
        kept()["night"] = written(session, tmp_path_factory.mktemp("trial") / "night")
    return kept()["night"]


def written(session: Session, folder: Path) -> Path:
    study = make_study(datetime(2026, 1, 15, tzinfo=UTC))
    drawn, allocation = np.random.default_rng(2025), ["participant,arm"]
    for number in range(16):
        person = take_part(study, f"{number:03}", at=f"{1 + number % 2:02}")
        allocation.append(f"{person.code},{ARMS[number // 2 % 2]}")
        level = 40 + 8 * drawn.standard_normal()
        for day in (0, *DAYS):
            at = INFUSED_AT + timedelta(days=day, hours=-20 if day == 0 else 2)
            value = level - (day > 0) * (4 + 3 * (number % 2)) + 5 * drawn.standard_normal()
            if day == 0 or drawn.random() < 0.8:
                response = answered(visit(person, f"d{day}"), at, ODI)
                plain_score(response, Decimal(str(round(float(value), 2))))
    session.commit()
    contents(study, NIGHT, folder)
    (folder / "allocation.csv").write_text("\n".join(allocation) + "\n", "utf-8")
    return folder


def by_the_plan(night: Path) -> dict[str, float]:
    """The difference of change at the primary visit, by the analyses of the plan."""
    plan = replace(read_plan(ROOT / "examples" / "backtobasic" / "analysis.yaml"), days=DAYS, outcomes=())
    few = replace(plan, analyses=plan.analyses[:2])
    results = estimate(read_snapshot(night), few, night / "allocation.csv", night, None)
    return {fit.analysis.id: fit.effect(plan.primary_day).estimate for fit in results.done if hasattr(fit, "effect")}


def printed(said: str) -> float:
    """The first of the numbers that stand last, an index before them left out."""
    numbers = [float(word) for word in said.splitlines()[-1].split()]
    return next(number for number in numbers if number != round(number))


@pytest.mark.parametrize("model", ["primary", "mmrm"])
def test_two_lines_of_python_give_the_figure_of_the_plan(
    model: str, night: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(night)
    exec(programs("python")[model], {})  # noqa: S102
    assert printed(capsys.readouterr().out) == pytest.approx(by_the_plan(night)[model], abs=1e-6)


@pytest.mark.parametrize("model", NEEDS)
def test_two_lines_of_r_give_the_figure_of_the_plan(model: str, night: Path) -> None:
    if not has_r(NEEDS[model]):
        pytest.skip(f"R has no {NEEDS[model]} here (lme4 and nlme: apt install r-cran-lme4; mmrm: from CRAN)")
    said = run("Rscript", "-e", programs("r")[model], folder=night)
    assert printed(said) == pytest.approx(by_the_plan(night)[model.split()[0]], abs=1e-4)


def test_each_model_is_two_statements_beside_what_is_loaded_and_the_allocation() -> None:
    bodies = [ast.parse(program).body for program in programs("python").values()]
    bodies = [[each for each in body if not isinstance(each, ast.Import | ast.ImportFrom)] for body in bodies]
    assert [len(statements) for statements in bodies] == [3] * 2
    assert [len(program.splitlines()) for program in programs("r").values()] == [3] * 3
