"""One act for many: the people who are ticked on a list are reminded, noted about, or written into a file.

What will come of it is shown first, each person's refusal by name; what is done is done for each of the others alone,
with an entry of its own in the audit trail. Sent twice, it changes nothing more: each act knows its own.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.config import current_settings
from app.core.audit import start_acting
from app.core.database import db
from app.core.problems import BadInput, Conflict, Problem
from app.core.time import now
from app.messages.outlook.slips import of_notes
from app.messages.queueing.reminding import next_reminder, remind
from app.participants.enrolment import find_at
from app.participants.following import check_note, has_noted, write_note_once
from app.participants.models import Participant, StaffNote
from app.participants.undoing import UndoableAct
from app.permitting import current_scope
from app.responses.locked import data_at
from app.schedule.standing import Progress, standings
from app.studies.states import Act
from app.web.desk.changing import Answer
from app.web.desk.filters import words
from app.web.desk.table_file import Row, table_file
from app.web.desk.telling import titled
from app.web.desk.undoing import flash_slip
from app.web.language import gettext
from app.web.staff.access import actor, requires
from app.web.staff.resuming import refuse_resumed

blueprint = Blueprint("desk_many", __name__, url_prefix="/desk/<study>/many")
MOST_PEOPLE = 100
NOBODY = "Tick somebody on the list first."
TOO_MANY = "These are more people than one act may be for. Tick at most 100."
NOT_HERE = "There is nobody of this code at your sites."
FOR_NOBODY = "It can be done for none of them."
NOTED_ALREADY = "You have noted this about {code} already."
FILE_HEADS = (
    "participant",
    "site",
    "standing",
    "day_0",
    "answered",
    "expected",
    "open_now",
    "next_visit",
    "next_opens_at",
)


@dataclass(frozen=True)
class ForOne:
    """What will come of the act for one of them: done, as `what` says, or refused."""

    code: str
    person: Participant | None
    what: str = ""
    refused: str = ""


@blueprint.post("/reminder")
@requires(Permission.MANAGE_MESSAGES, act=Act.TEXT)
def reminders() -> Answer:
    """Each one's next reminder leaves now."""
    real = current_settings().texts_are_real

    def look(person: Participant) -> str:
        assessment, kind = next_reminder(person, now(), real=real)
        return f"{titled(assessment.protocol.plan, assessment.visit)}: {words(kind.value)}"

    return _for_each("reminder", look, lambda person, _: remind(person, now(), real=real))


@blueprint.post("/note")
@requires(Permission.RECORD_EVENTS, act=Act.RECORD)
def notes() -> Answer:
    """The same note about each of them."""

    def look(person: Participant) -> str:
        if has_noted(person, request.form.get("words", ""), actor(), now()):
            raise Conflict(NOTED_ALREADY.format(code=person.code))
        return ""

    at = now()
    kept: list[StaffNote] = []
    answer = _for_each("note", look, lambda person, words: kept.append(write_note_once(person, words, actor(), at)))
    if kept:
        sentence = gettext("The notes can be taken back.")
        flash_slip(sentence, UndoableAct.NOTE, kept[0].participant, of_notes(kept), at)
    return answer


@blueprint.post("/file")
@requires(Permission.VIEW_PARTICIPANT)
def file() -> Response:
    """How each of them stands, as CSV."""
    people = [each.person for each in _chosen() if each.person is not None]
    at = data_at(current_scope().study, now())
    return table_file("chosen participants", FILE_HEADS, map(_line, standings(people, at)))


def _for_each(act: str, look: Callable[[Participant], str], do: Callable[[Participant, str], object]) -> Answer:
    """Show what comes of the act for each, or do it for those for whom it can be done."""
    refuse_resumed()
    words, people = request.form.get("words", "").strip(), [_looked_at(each, look) for each in _chosen()]
    if "confirmed" not in request.form:
        return _preview(act, people)
    try:
        _check(act, words)
        start_acting(actor(), words)
        done = [each for each in people if each.person and not each.refused and _done(each.person, words, do)]
        if act == "note" and not done and not _has_all(people):  # what she wrote would be gone
            raise Conflict(FOR_NOBODY)
    except Problem as problem:
        return _preview(act, [_looked_at(each, look) for each in _chosen()], problem), problem.status
    refused = [each.code for each in people if each not in done]
    said = {"number": len(done), "codes": ", ".join(each.code for each in done) or "–"}
    flash(gettext("Done for %(number)s: %(codes)s.", **said))
    if refused:
        flash(gettext("Not done for: %(codes)s.", codes=", ".join(refused)))
    back = "desk_today.today" if request.form.get("back") == "today" else "desk_participants.listing"
    return redirect(url_for(back, study=current_scope().study.code), 303)


def _preview(act: str, people: Sequence[ForOne], problem: Problem | None = None) -> str:
    return render_template("desk/many.html", act=act, people=people, problem=problem, sent=request.form)


def _has_all(people: Sequence[ForOne]) -> bool:
    """Whether each of them has this note already: the form was sent twice."""
    return all(each.refused == NOTED_ALREADY.format(code=each.code) for each in people)


def _done(person: Participant, words: str, do: Callable[[Participant, str], object]) -> bool:
    """Whether it was done for her: somebody else may have been quicker, and then hers alone is left."""
    try:
        with db.session.begin_nested():
            do(person, words)
            db.session.flush()
    except Problem:
        return False
    return True


def _check(act: str, words: str) -> None:
    if act == "note":
        check_note(words)
    elif not words:
        raise BadInput("Say why.", errors={"words": "Say why."})


def _looked_at(each: ForOne, look: Callable[[Participant], str]) -> ForOne:
    if each.person is None:
        return each
    try:
        return ForOne(each.code, each.person, look(each.person))
    except Problem as problem:
        return ForOne(each.code, each.person, refused=problem.detail)


def _chosen() -> Sequence[ForOne]:
    """Whom the list ticked, each once; who is not at my sites is refused."""
    codes = list(dict.fromkeys(code.replace("\0", "").strip() for code in request.form.getlist("who")))
    if not codes:
        raise BadInput(NOBODY)
    if len(codes) > MOST_PEOPLE:
        raise BadInput(TOO_MANY)
    return list(_found(sorted(codes)))


def _found(codes: Sequence[str]) -> Iterator[ForOne]:
    for code in codes:
        person = find_at(current_scope(), code)
        yield ForOne(code, person, refused="" if person else NOT_HERE)


def _line(progress: Progress) -> Row:
    person, coming = progress.participant, progress.next if progress.participant.withdrawn_at is None else None
    return [
        person.code,
        person.site.code,
        progress.standing.value,
        progress.anchor.on.isoformat() if progress.anchor else "",
        progress.visits.answered,
        progress.visits.expected,
        " ".join(visit.visit for visit in progress.open),
        coming.visit if coming else "",
        coming.opens_at.isoformat() if coming else "",
    ]
