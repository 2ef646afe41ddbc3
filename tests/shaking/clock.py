"""A plugin of pytest: every worker's clock starts at `SHAKING_CLOCK`, and goes on from there.

The database is taken to show the same time, as to machines that are kept right: two that are apart let everything
wait, which has tests of its own.
"""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

TRUE_TIME = ("tests/core/test_audit.py", "tests/hooks/test_posting.py", "tests/web/test_serving.py")
"""Tests of what has a clock of its own that nobody moves: entries that the database dates, certificates, processes."""


class Moved:
    """The travel of this worker, which leads so far."""

    def __init__(self, to: datetime) -> None:
        self.ahead = to - datetime.now(UTC)
        self.travel = self.begun()

    def begun(self) -> time_machine.travel:
        """Be as far ahead of the true time as ever."""
        travel = time_machine.travel(datetime.now(UTC) + self.ahead, tick=True)
        travel.start()
        return travel

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """The service, once it is loaded, is told the database's time as far ahead; some tests have the true time."""
        is_true = item.nodeid.startswith(TRUE_TIME)
        if one_time := sys.modules.get("app.core.one_time"):
            vars(one_time)["CLOCK"] = clock_ahead(timedelta(0) if is_true else self.ahead)
        if not is_true:
            return (yield)
        self.travel.stop()
        try:
            return (yield)
        finally:
            self.travel = self.begun()


def clock_ahead(ahead: timedelta) -> object:
    """The question for the database's time, so far ahead."""
    from sqlalchemy import DateTime, func, select, type_coerce

    seconds = func.make_interval(0, 0, 0, 0, 0, 0, ahead.total_seconds())
    return select(type_coerce(func.clock_timestamp() + seconds, DateTime(timezone=True)))


def pytest_configure(config: pytest.Config) -> None:
    moved = Moved(datetime.fromisoformat(os.environ["SHAKING_CLOCK"]))
    config.pluginmanager.register(moved)
    config.add_cleanup(lambda: moved.travel.stop())
