"""A plugin of pytest: every worker's clock starts at `SHAKING_CLOCK`, and goes on from there."""

import os
from datetime import datetime

import pytest
import time_machine


def pytest_configure(config: pytest.Config) -> None:
    travel = time_machine.travel(datetime.fromisoformat(os.environ["SHAKING_CLOCK"]), tick=True)
    travel.start()
    config.add_cleanup(travel.stop)
