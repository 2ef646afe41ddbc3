"""The fake, by itself."""

from collections.abc import Iterator

import pytest

from tests.fake_twilio.server import Server


@pytest.fixture
def provider() -> Iterator[Server]:
    """A fake Twilio at an address of its own."""
    server = Server()
    yield server
    server.close()
