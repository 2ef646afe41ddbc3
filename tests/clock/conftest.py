"""A gateway for the clock's jobs."""

import pytest
from flask import Flask

from app.messages.gateways.sandbox import SandboxGateway


@pytest.fixture
def gateway(app: Flask) -> SandboxGateway:
    return SandboxGateway(app.extensions["settings"])
