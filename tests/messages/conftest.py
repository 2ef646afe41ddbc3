"""The sandbox gateway of a test."""

import pytest

from app.config import Settings
from app.messages.sandbox import SandboxGateway


@pytest.fixture
def gateway(settings: Settings) -> SandboxGateway:
    return SandboxGateway(settings)
