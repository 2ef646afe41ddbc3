"""A clock that stands, for tests of waits that last for seconds: a slow machine takes longer to ask than they do."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from app.core.time import moved_clock


@pytest.fixture
def standing_clock() -> Iterator[None]:
    """It shows the moment at which the test began; the authenticator's goes on."""
    began_at = datetime.now(UTC)
    with moved_clock(lambda: began_at):
        yield
