"""A synthetic export, the shipped plan, and the allocation."""

from pathlib import Path

import pytest
import yaml

from app.analysis.report import Results, analyse
from app.analysis.trial.plan import Plan
from app.analysis.trial.plan_schema import read_plan
from app.analysis.trial.snapshot import Snapshot, read_snapshot
from app.rehearsal.parameters import Parameters
from app.rehearsal.population import true_difference
from app.rehearsal.simulation_file import read_parameters
from tests.analysis.report.exported import Exported, write_export

EXAMPLE = Path(__file__).parents[3] / "examples" / "backtobasic"


@pytest.fixture(scope="session")
def parameters() -> Parameters:
    return read_parameters(EXAMPLE / "simulation.yaml")


@pytest.fixture(scope="session")
def exported(parameters: Parameters, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    return write_export(tmp_path_factory.mktemp("trial"), parameters)


@pytest.fixture(scope="session")
def snapshot(exported: Exported) -> Snapshot:
    return read_snapshot(exported.snapshot)


@pytest.fixture(scope="session")
def plan() -> Plan:
    return read_plan(EXAMPLE / "analysis.yaml")


@pytest.fixture(scope="session")
def short_plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the shipped plan with its primary analysis and the MMRM alone."""
    content = yaml.safe_load((EXAMPLE / "analysis.yaml").read_text(encoding="utf-8"))
    content["analyses"] = content["analyses"][:2]
    del content["tipping_of"], content["tipping_deltas"]
    target = tmp_path_factory.mktemp("plan") / "analysis.yaml"
    target.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return target


@pytest.fixture(scope="session")
def results(
    exported: Exported, plan: Plan, parameters: Parameters, tmp_path_factory: pytest.TempPathFactory
) -> Results:
    """The whole report of the synthetic trial, with the truth."""
    out = tmp_path_factory.mktemp("report")
    return analyse(exported.snapshot, plan, exported.allocation, out, truth=true_difference(parameters))
