"""What in a patient's answers, or beside them, a person must see: safety items, free text, "call me", "not able today".

A task is made once per kind and visit while it is open; its note names fields, never what was answered.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from app.instruments import Instrument
from app.participants.models import TaskKind
from app.participants.tasks import name_more, open_task
from app.responses.admission import admit
from app.schedule.models import Assessment

READ_WITHIN = timedelta(days=1)
"""Free text is read daily."""


def not_able_today(assessment: Assessment, now: datetime) -> None:
    """She cannot answer today: the coordinator is told, and reminders wait as the protocol says."""
    admit(assessment, now)
    _pause(assessment, now)
    needs_a_person(assessment, TaskKind.NOT_ABLE_TODAY, now)


def call_me(assessment: Assessment, now: datetime) -> None:
    """She asks for a call: the coordinator is told, and reminders wait. Taken also when the visit is closed."""
    _pause(assessment, now)
    needs_a_person(assessment, TaskKind.CALL_ME, now)


def _pause(assessment: Assessment, now: datetime) -> None:
    assessment.paused_until = now + timedelta(days=assessment.protocol.plan.answers.pause_days)


def look_at(
    assessment: Assessment,
    questionnaires: tuple[Instrument, ...],
    answers: Mapping[str, Mapping[str, object]],
    now: datetime,
) -> bool:
    """Make the tasks that these answers ask for; true if one is a matter of safety."""
    fields = safety_fields(questionnaires, answers)
    if fields:
        safety_task(assessment, fields, now)
    return bool(fields)


def safety_task(assessment: Assessment, fields: list[str], now: datetime) -> None:
    """The task to look at these answers within the time that the protocol promises."""
    plan = assessment.protocol.plan.safety_at(assessment.participant.site.code)
    within = timedelta(hours=plan.within_hours) if plan else timedelta()
    needs_a_person(assessment, TaskKind.SAFETY, now, fields, now + within)


def safety_answer(questionnaire: Instrument, item: str, value: str | None) -> bool:
    """Whether this value, as it is kept, must reach a person at once."""
    return bool(safety_fields((questionnaire,), {questionnaire.code: {item: kept_number(value)}}))


def kept_number(value: str | None) -> Decimal | None:
    """An answer as the number as which it is kept; a date, a time and words are none."""
    try:
        number = Decimal(value or "")
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def read_later(
    assessment: Assessment,
    questionnaires: tuple[Instrument, ...],
    answers: Mapping[str, Mapping[str, object]],
    now: datetime,
) -> None:
    """A task to read what was written in her own words, if she wrote anything."""
    written = written_fields(questionnaires, answers)
    if written:
        needs_a_person(assessment, TaskKind.FREE_TEXT, now, written, now + READ_WITHIN)


def written_fields(questionnaires: tuple[Instrument, ...], answers: Mapping[str, Mapping[str, object]]) -> list[str]:
    """The items answered in her own words, whether the answer before asked for them or not."""
    return [
        f"{each.code}.{item}" for each in questionnaires for item in each.texts if answers.get(each.code, {}).get(item)
    ]


def safety_fields(questionnaires: tuple[Instrument, ...], answers: Mapping[str, Mapping[str, object]]) -> list[str]:
    """The safety items whose answer must reach a person at once."""
    return [
        f"{each.code}.{safety.item}"
        for each in questionnaires
        for safety in each.safety_items
        if isinstance(value := answers.get(each.code, {}).get(safety.item), int | Decimal) and value >= safety.at_least
    ]


def needs_a_person(
    assessment: Assessment,
    kind: TaskKind,
    now: datetime,
    fields: list[str] | None = None,
    due_at: datetime | None = None,
) -> None:
    """Make the task, unless the same is open: that one names these fields too."""
    note = ", ".join(fields) if fields else None
    of, visit = assessment.participant_id, assessment.visit
    if not open_task(of, kind, now, note=note, visit=visit, due_at=due_at) and fields:
        name_more(of, kind, visit, fields)
