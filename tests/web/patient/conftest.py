"""Day 154, and the link that somebody has for it."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app.core.time import moved_clock
from tests.web.patient.pages import D154, made


@pytest.fixture
def on_day_154() -> Iterator[None]:
    """The clock stands on the visit's day."""
    with moved_clock(lambda: D154):
        yield


@pytest.fixture
def link(app: Flask, on_day_154: None) -> str:
    """The address of somebody's visit on day 154."""
    return made(app, "d154")
