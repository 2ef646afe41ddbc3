"""A receiver, and a study that it listens to."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from app.core.networks import networks
from app.hooks.models import OF_A_STUDY, Hook
from app.hooks.subscribing import subscribe
from app.studies.models import Study
from tests.exports.conftest import NOW
from tests.exports.conftest import study as study
from tests.hooks.receiver import Receiver

__all__ = ["study"]
LOOPBACK = networks("127.0.0.0/8")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    listening = Receiver()
    yield listening
    listening.close()


@pytest.fixture
def hook(study: Study, receiver: Receiver, session: Session) -> Hook:
    """For everything that may happen in the study."""
    made, _ = subscribe(study, None, receiver.url, OF_A_STUDY, LOOPBACK, NOW)
    session.commit()
    return made
