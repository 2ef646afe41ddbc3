"""What the staff type for a visit, by telephone or from paper: the patient's questions and checks, another hand.

The day of answering decides whether it came in time, not the day of typing. Where two type the same paper, each by
herself, the answers are taken once both agree, or once the second has settled what differs with the paper before her.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select

from app.accounts.models import User
from app.core.crypto import keyring
from app.core.database import db
from app.core.problems import BadInput, Conflict, Forbidden
from app.instruments import Instrument
from app.instruments.scores import score_checked
from app.responses.admission import REFUSALS, admit_by_window
from app.responses.answering import check, held, new_score, refuse_wrong
from app.responses.attention import look_at, read_later
from app.responses.checking import CheckedVisit
from app.responses.earlier import settings_for
from app.responses.fields import not_asked_here, understood
from app.responses.models import Answerer, Mode, Presentation, Response, StaffEntry
from app.responses.problems import Closed
from app.responses.questionnaire import questionnaire, refuse_demonstration, shown
from app.responses.wordings import newest
from app.responses.writing import Closing, NewResponse, NewSubmission, write
from app.schedule.calendar import instant, local_day
from app.schedule.models import Assessment
from app.studies.guarding import allow
from app.studies.states import Act

MOMENT = timedelta(seconds=1)
LONGEST_SCAN = 120
BY_STAFF = (Mode.TELEPHONE, Mode.PAPER)


@dataclass(frozen=True)
class AboutEntry:
    """What is known of an entry beside the answers: how, whose, of which day and hour, where the paper is kept."""

    mode: Mode
    answered_by: Answerer
    answered_on: date
    answered_time: time | None = None
    scan: str = ""
    twice: bool = False


def enter(assessment: Assessment, about: AboutEntry, fields: Mapping[str, str], user: User, now: datetime) -> bool:
    """Take the first entry of a visit. False where a second person types it too: then it waits for her.

    Refused is what the patient's page would refuse, by the day of answering; nothing is kept then.
    """
    _still_unanswered(assessment)
    if entries(assessment):
        raise Conflict("Somebody has typed this visit already. Type it as the second, or begin again.")
    if about.mode not in BY_STAFF:
        raise BadInput("Say how she answered.", errors={"mode": "Choose telephone or paper."})
    if len(about.scan) > LONGEST_SCAN:
        raise BadInput("The reference is too long.", errors={"scan": f"Keep it below {LONGEST_SCAN} characters."})
    at = answered_at(assessment, about, now)
    checked = _checked(assessment, about.mode, fields, at)
    twice = about.twice and about.mode is Mode.PAPER
    row = StaffEntry(assessment=assessment, number=1, mode=about.mode, answered_by=about.answered_by, answered_at=at)
    row.scan, row.twice = about.scan.strip() or None, twice
    _keep(row, fields, user, now)
    if twice:
        assessment.paused_until = assessment.grace_until  # what she has answered on paper she is not asked for
        db.session.flush()
    else:
        _take(row, checked, now)
    return not twice


def enter_again(assessment: Assessment, fields: Mapping[str, str], user: User, now: datetime) -> bool:
    """Take the second entry, typed by somebody else who did not see the first; False where the two differ."""
    _still_unanswered(assessment)
    first = _first_of(entries(assessment))
    if first.typed_by_id == user.id:
        raise Forbidden("You typed the first entry. Somebody else types the second.")
    checked = _checked(assessment, first.mode, fields, first.answered_at)
    second = StaffEntry(
        assessment=assessment,
        number=2,
        mode=first.mode,
        answered_by=first.answered_by,
        answered_at=first.answered_at,
        scan=first.scan,
        twice=True,
    )
    _keep(second, fields, user, now)
    if differences(assessment):
        return False
    _take(second, checked, now)
    return True


def settle(assessment: Assessment, fields: Mapping[str, str], user: User, now: datetime) -> None:
    """Take the answers as they are after the second looked at the paper again, where the two entries differed."""
    _still_unanswered(assessment)
    both = entries(assessment)
    if len(both) < 2:
        raise Conflict("The second entry is not typed yet.")
    if both[0].typed_by_id == user.id:
        raise Forbidden("You typed the first entry. Somebody else settles what differs.")
    _take(both[1], _checked(assessment, both[1].mode, fields, both[1].answered_at), now)


def begin_again(assessment: Assessment) -> None:
    """Forget what was typed and not taken yet; the audit trail keeps that it was."""
    _still_unanswered(assessment)
    if not entries(assessment):
        raise Conflict("Nothing is typed for this visit.")
    db.session.execute(delete(StaffEntry).where(StaffEntry.assessment_id == assessment.id))
    assessment.paused_until = None
    db.session.flush()


def entries(assessment: Assessment) -> list[StaffEntry]:
    """What was typed for the visit, the first entry first."""
    query = select(StaffEntry).filter_by(assessment_id=assessment.id).order_by(StaffEntry.number)
    return list(db.session.scalars(query))


def typed_fields(entry: StaffEntry) -> dict[str, str]:
    """The fields as they were typed."""
    opened = keyring().decrypt(entry.answers_sealed, "staff_entries", "answers_sealed", entry.assessment_id)
    fields: dict[str, str] = json.loads(opened)
    return fields


def differences(assessment: Assessment) -> dict[str, tuple[str, str]]:
    """By field, what the first and the second typed where it is not the same answer."""
    both = entries(assessment)
    if len(both) < 2:
        return {}
    questions = questionnaires_of(assessment)
    read = [understood(typed_fields(entry), questions) for entry in both]
    written = [typed_fields(entry) for entry in both]
    names = (f"{each.code}.{item.code}" for each in questions for item in each.items)
    return {
        name: (written[0].get(name, ""), written[1].get(name, ""))
        for name in names
        if _value(read[0], name) != _value(read[1], name)
    }


def questionnaires_of(assessment: Assessment) -> tuple[Instrument, ...]:
    """What the visit asks, in the words installed last."""
    return questionnaire(assessment, db.session.scalar(select(newest())))


def answered_at(assessment: Assessment, about: AboutEntry, now: datetime) -> datetime:
    """The instant of answering: now, of today; else the hour that is known, or the day's noon, within the window."""
    zone = ZoneInfo(assessment.participant.zone)
    on = about.answered_on
    if on == local_day(now, zone) and about.answered_time is None:
        at = now
    else:
        at = instant(on, about.answered_time or time(12), zone)
        if about.answered_time is None:
            at = _within(assessment, at, on, zone)
    if at > now:
        raise _wrong_day("This day has not come yet. Write the day on which she answered.")
    if at < assessment.opens_at:
        day = local_day(assessment.opens_at, zone)
        raise _wrong_day(f"This visit opened on {day:%d.%m.%Y}, so it cannot have been answered before.")
    return at


def _within(assessment: Assessment, noon: datetime, on: date, zone: ZoneInfo) -> datetime:
    """Of a day on which the window opens or closes, an instant at which it was open."""
    if local_day(assessment.opens_at, zone) == on:
        noon = max(noon, assessment.opens_at)
    if local_day(assessment.closes_at, zone) == on:
        noon = min(noon, assessment.closes_at - MOMENT)
    return noon


def _wrong_day(sentence: str) -> BadInput:
    return BadInput(sentence, errors={"answered_on": sentence})


def _still_unanswered(assessment: Assessment) -> None:
    """Hold the visit, and look: the study must be one in which something is recorded."""
    allow(assessment.participant.study, Act.RECORD)
    if held(assessment).submitted_at is not None:
        raise Conflict("This visit is answered already. What is wrong in it is corrected by a query.")
    db.session.refresh(assessment, ["not_done_at", "closes_at", "grace_until", "opened_at"])
    if assessment.not_done_at is not None:
        raise Conflict("It is noted that this visit is not done. Take that back first, then type the answers.")


def _checked(assessment: Assessment, mode: Mode, fields: Mapping[str, str], at: datetime) -> CheckedVisit:
    """The answers, checked as those of the patient's page; a paper may have gaps."""
    try:
        admit_by_window(assessment, at)
    except Closed:
        raise _wrong_day("On this day the visit was closed, so these answers are not taken.") from None
    except tuple(REFUSALS.values()):
        raise _wrong_day("On this day she took part no longer, or the visit was called off.") from None
    questions = questionnaires_of(assessment)
    refuse_demonstration(assessment, questions, assessment.participant.language)
    unknown = not_asked_here(fields, questions)
    checked = check(assessment, understood(fields, questions), at, unknown)
    refuse_wrong(checked, gaps=mode is Mode.PAPER or not assessment.protocol.plan.answers.refuses_gaps)
    return checked


def _keep(row: StaffEntry, fields: Mapping[str, str], user: User, now: datetime) -> None:
    typed = {name: value for name, value in sorted(fields.items()) if value.strip()}
    number = row.assessment.id
    row.answers_sealed = keyring().encrypt(json.dumps(typed), "staff_entries", "answers_sealed", number)
    row.typed_by_id, row.typed_at = user.id, now
    db.session.add(row)
    db.session.flush()


def _take(entry: StaffEntry, checked: CheckedVisit, now: datetime) -> Response:
    """The one response of the visit, of the day on which she answered; whoever must see something in it is told now."""
    assessment, at = entry.assessment, entry.answered_at
    language = assessment.participant.language
    questions = questionnaires_of(assessment)
    seen = shown(questions, language, Presentation.TYPED)
    new = NewResponse(assessment.id, at, entry.mode, language, checked.canonical, checked.sha256, seen)
    closing = Closing(at, min(assessment.opened_at or at, at), bool(checked.missing))
    scores = [
        new_score(score, now)
        for each in questions
        for score in score_checked(each, checked.instruments[each.code].scorable, settings_for(each, assessment, at))
    ]
    response = write(assessment, NewSubmission(new, closing, checked.rows(), scores))
    look_at(assessment, questions, checked.said, now)
    read_later(assessment, questions, checked.said, now)
    return response


def _first_of(both: list[StaffEntry]) -> StaffEntry:
    if not both:
        raise Conflict("The first entry is not typed yet.")
    if len(both) > 1:
        raise Conflict("Both entries are typed. What differs is to be settled.")
    return both[0]


def _value(read: Mapping[str, Mapping[str, object]], name: str) -> object:
    code, _, item = name.partition(".")
    return read.get(code, {}).get(item)
