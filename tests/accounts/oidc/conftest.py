"""The identity provider of these tests, over real HTTP."""

from collections.abc import Iterator

import pytest

from app.core import bounded_http
from tests.fake_oidc.server import Provider


@pytest.fixture
def provider() -> Iterator[Provider]:
    """An identity provider that does as it should until it is told otherwise."""
    made = Provider()
    yield made
    made.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time limits of less than a second, so that a test of them takes no longer."""
    monkeypatch.setattr(bounded_http, "READ_SECONDS", 0.4)
    monkeypatch.setattr(bounded_http, "TOTAL_SECONDS", 0.4)
