"""One gateway behind its stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from flask import Flask

    from app.config import Settings
    from tests.messages.gateways.conformance.carriers import Carrier


@pytest.fixture
def carrier(settings: Settings, app: Flask, name: str) -> Iterator[Carrier]:
    """The gateway of this name, and the application with its settings."""
    from tests.messages.gateways.conformance.carriers import CARRIERS

    made = CARRIERS[name](settings)
    kept, app.extensions["settings"] = app.extensions["settings"], made.made
    yield made
    app.extensions["settings"] = kept
    made.close()
