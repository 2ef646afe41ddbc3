"""The parameters of the shipped synthetic trial."""

from pathlib import Path

import pytest

from app.rehearsal.parameters import Parameters
from app.rehearsal.simulation_file import read_parameters

SIMULATION = Path(__file__).parents[2] / "examples" / "backtobasic" / "simulation.yaml"


@pytest.fixture(scope="session")
def parameters() -> Parameters:
    return read_parameters(SIMULATION)
