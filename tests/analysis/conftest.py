"""A synthetic export, the shipped plan, the allocation, and the report of them; made when a test asks for one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from app.analysis.report import Results
    from app.analysis.trial.plan import Plan
    from app.analysis.trial.snapshot import Snapshot
    from app.rehearsal.parameters import Parameters
    from tests.analysis.exported import Exported

EXAMPLE = Path(__file__).parents[2] / "examples" / "backtobasic"


@pytest.fixture(scope="session")
def parameters() -> Parameters:
    from app.rehearsal.simulation_file import read_parameters

    return read_parameters(EXAMPLE / "simulation.yaml")


@pytest.fixture(scope="session")
def exported(parameters: Parameters, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    from tests.analysis.exported import write_export

    return write_export(tmp_path_factory.mktemp("trial"), parameters)


@pytest.fixture(scope="session")
def snapshot(exported: Exported) -> Snapshot:
    from app.analysis.trial.snapshot import read_snapshot

    return read_snapshot(exported.snapshot)


@pytest.fixture(scope="session")
def plan() -> Plan:
    from app.analysis.trial.plan_schema import read_plan

    return read_plan(EXAMPLE / "analysis.yaml")


@pytest.fixture(scope="session")
def short_plan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of the shipped plan with its primary analysis and the MMRM alone."""
    import yaml

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
    from app.analysis.report import analyse
    from app.rehearsal.population import true_difference

    out = tmp_path_factory.mktemp("report")
    return analyse(exported.snapshot, plan, exported.allocation, out, truth=true_difference(parameters))
