"""Somebody in the table for the statistician, and her rows in it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.exports.dataset import dataset
from app.participants.models import Participant
from app.studies.models import Study
from tests.exports.builders import INFUSED_AT, answered, take_part, visit
from tests.exports.conftest import NOW

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BEFORE = INFUSED_AT - DAY
Cells = Mapping[str, Any]


def analysed(study: Study, participant: str = "01-700", now: datetime = NOW) -> dict[tuple[str, str], Cells]:
    """The rows of a participant, by visit and outcome."""
    table = dataset(study, now).table("analysis")
    rows = [dict(zip(table.shape.names, row, strict=True)) for row in table.rows]
    return {(str(row["visit"]), str(row["outcome"])): row for row in rows if row["participant"] == participant}


@pytest.fixture
def person(study: Study) -> Participant:
    return take_part(study, "700")


def sent(code: str, answers: Mapping[str, int | None], questionnaire: str = "odi", **how: Any) -> Any:
    return lambda person: answered(visit(person, code), visit(person, code).due_at, answers, questionnaire, **how)
