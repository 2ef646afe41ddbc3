"""The lines of a night that are looked at, from its tables."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from app.exports.in_step import by_participant
from app.exports.quality.answers import AnswerLine, AnswerReview, review_answers
from app.exports.quality.forms import FormReview, review_forms
from app.exports.quality.remarks import Remarks
from app.exports.quality.visits import VisitLine, VisitReview, review_visits
from app.exports.tables import Cell, Dataset
from app.responses.models import Mode
from app.schedule.states import State


@dataclass(frozen=True)
class Quality:
    """What is known of the quality of a night's data."""

    answers: AnswerReview
    forms: FormReview
    visits: VisitReview

    @property
    def remarks(self) -> Remarks:
        """Everything to look at."""
        return Remarks.together(self.answers.remarks, self.forms.remarks, self.visits.remarks)


def quality(data: Dataset) -> Quality:
    """Look at a night's answers and visits: an answer is read once, by itself and then in its form."""
    answers = AnswerReview()
    forms = review_forms(review_answers(answer_lines(data), data.instruments, answers), data.instruments)
    return Quality(answers, forms, review_visits(visit_lines(data)))


def answer_lines(data: Dataset) -> Iterator[AnswerLine]:
    """Every answer, with the day on which it was given where the participant lives."""
    zones = _zones(data)
    names = ("participant", "visit", "instrument", "instrument_version", "item", "value", "missing_reason")
    for row in _rows(data, "answers", *names, "submitted_at"):
        participant, visit, instrument, version, item = map(str, row[:5])
        value, missing_reason = (None if cell is None else str(cell) for cell in row[5:7])
        day = _day(row[7], zones[participant])
        yield AnswerLine(participant, visit, instrument, version, item, value, missing_reason, day)


def visit_lines(data: Dataset) -> Iterator[VisitLine]:
    """Every visit, with the number of questions that its answer answers."""
    zones = _zones(data)
    names = ("participant", "site", "visit", "day", "state", "mode", "minutes_late", "opened_at", "submitted_at")
    tables = {
        "assessments": _rows(data, "assessments", *names),
        "answers": _rows(data, "answers", "participant", "visit", "value"),
    }
    for participant, hers in by_participant(zones, tables, lambda row: str(row[0])):
        answered = Counter(visit for _, visit, value in hers["answers"] if value is not None)
        for _, site, visit, day, state, mode, minutes_late, opened_at, submitted_at in hers["assessments"]:
            yield VisitLine(
                participant, str(site), str(visit), cast(int, day), State(str(state)),
                Mode(str(mode)) if mode is not None else None, cast("int | None", minutes_late),
                cast("datetime | None", opened_at), cast("datetime | None", submitted_at),
                _day(submitted_at, zones[participant]), answered[visit],
            )  # fmt: skip


def _zones(data: Dataset) -> dict[str, ZoneInfo]:
    return {str(code): ZoneInfo(str(zone)) for code, zone in _rows(data, "participants", "participant", "zone")}


def _rows(data: Dataset, table: str, *names: str) -> Iterator[tuple[Cell, ...]]:
    for part in data.parts(table):
        yield from zip(*(part.column(name) for name in names), strict=True)


def _day(at: Cell, zone: ZoneInfo) -> date | None:
    return at.astimezone(zone).date() if isinstance(at, datetime) else None
