"""Somebody whose text is due at a clock that has a folder of its own."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.time import moved_clock
from app.messages.models import Message, MessageState
from app.participants.models import Participant
from tests.messages.people import INVITED


@pytest.fixture
def due(session: Session, participant: Participant, app: Flask) -> Path:
    """Somebody has a text that is due, and the clock has a folder of its own, in which nothing is."""
    with moved_clock(lambda: INVITED):
        session.commit()
    instance: Path = app.extensions["settings"].instance
    return instance


def texts(session: Session) -> list[MessageState]:
    session.rollback()
    return list(session.scalars(select(Message.state).order_by(Message.id)))
