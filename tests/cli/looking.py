"""What a look of `flask ops check` says of settings that were changed."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.cli import ops_check
from app.config import Settings
from tests.factories import put_away


@pytest.fixture
def kept_apart(settings: Settings, tmp_path: Path) -> Settings:
    """Settings whose folders nobody else reads."""
    return replace(settings, instance=tmp_path / "instance", exports=tmp_path / "exports")


@pytest.fixture
def complaints_of(kept_apart: Settings) -> Iterator[Callable[..., list[str]]]:
    """What a look says of settings that were changed."""
    made: list[Flask] = []

    def asking(look: ops_check.Looking, **changes: Any) -> list[str]:
        settings = replace(kept_apart, **changes)
        made.append(create_app(settings))
        with made[-1].app_context():
            return list(look(settings))

    yield asking
    for app in made:
        put_away(app)
