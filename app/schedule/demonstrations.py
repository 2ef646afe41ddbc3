"""Visits that somebody who tries the service may answer: of studies in practice alone, whose people are made up."""

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from app.participants.models import Participant
from app.schedule.models import Assessment, open_at
from app.studies.models import Study
from app.studies.states import PRACTICE


def open_visits(now: datetime) -> Select[Assessment]:
    """Those that take an answer at `now`, joined with their participants and studies; in no order yet."""
    return (
        select(Assessment)
        .join(Assessment.participant)
        .join(Study, Study.id == Participant.study_id)
        .options(contains_eager(Assessment.participant))
        .where(Study.state.in_(PRACTICE), open_at(now))
    )
