"""Take care of somebody: a call and what came of it, whose she is just now, and notes for the colleagues."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from app.accounts.models import User
from app.core.batches import table
from app.core.database import db, lock
from app.core.problems import BadInput, Conflict
from app.participants.models import CallMade, CallOutcome, Owner, Participant, StaffNote, Task, TaskKind
from app.participants.tasks import open_task

WAITS: Mapping[CallOutcome, timedelta] = {
    CallOutcome.REACHED: timedelta(hours=20),
    CallOutcome.VOICEMAIL: timedelta(hours=20),
    CallOutcome.NO_ANSWER: timedelta(hours=3),
}
"""How long her row can wait then: until tomorrow's round, or until this afternoon."""
LONGEST_CALL_WAIT = timedelta(days=60)
LONGEST_CALL_NOTE = 1000
SAME_NOTE = timedelta(minutes=10)
SAME_CALL = timedelta(minutes=1)
"""What comes again within this is a second press of the button. Two calls in vain may follow soon upon each other."""
WRONG_NUMBER = "Somebody else answered the telephone. Find her number, and correct it."


def note_call(
    participant: Participant, outcome: CallOutcome, by: str, now: datetime, *, again_at: datetime | None, note: str
) -> CallMade:
    """`by` (an actor) called her. BadInput where "call again" lacks an hour to come; a wrong number makes a task."""
    if outcome is CallOutcome.CALL_AGAIN:
        if again_at is None or not now < again_at <= now + LONGEST_CALL_WAIT:
            sentence = "Say when to call again: an hour that is still to come, within 60 days."
            raise BadInput(sentence, errors={"again_on": sentence})
    else:
        again_at = now + WAITS[outcome] if outcome in WAITS else None
    if outcome is CallOutcome.WRONG_NUMBER:
        open_task(participant.id, TaskKind.NUMBER_UNUSABLE, now, note=WRONG_NUMBER)
    row = CallMade(
        participant=participant, made_by=by, made_at=now, outcome=outcome, again_at=again_at, note=_short(note) or None
    )
    db.session.add(row)
    db.session.flush()
    return row


def note_call_once(
    participant: Participant, outcome: CallOutcome, by: str, now: datetime, *, again_at: datetime | None, note: str
) -> CallMade:
    """The same, unless `by` noted just this call within a minute: then Conflict."""
    lock(f"call:{participant.id}")
    same = CallMade.participant_id == participant.id, CallMade.made_by == by, CallMade.outcome == outcome
    if db.session.scalar(select(select(CallMade.id).where(*same, CallMade.made_at > now - SAME_CALL).exists())):
        raise Conflict(f"You have noted this call to {participant.code} already.")
    return note_call(participant, outcome, by, now, again_at=again_at, note=note)


def take(participant: Participant, user: User, now: datetime) -> None:
    """From now on `user` takes care of her and of what is open about her, whoever did before."""
    mine = {"user_id": user.id, "taken_at": now}
    taken = insert(table(Owner)).values(participant_id=participant.id, **mine)
    db.session.execute(taken.on_conflict_do_update(index_elements=["participant_id"], set_=mine))
    _tasks_are(participant, now, f"user:{user.id}")


def let_go(participant: Participant, user: User) -> None:
    """Nobody in particular takes care of her any more, nor of what is open about her. Conflict where another does."""
    hers = delete(Owner).where(Owner.participant_id == participant.id)
    db.session.execute(hers.where(Owner.user_id == user.id))
    if owners([participant.id]):
        raise Conflict(f"Somebody else takes care of {participant.code} since. She can let go herself.")
    _tasks_are(participant, None, None)


def _tasks_are(participant: Participant, taken_at: datetime | None, taken_by: str | None) -> None:
    hers = Task.participant_id == participant.id, Task.done_at.is_(None), Task.taken_by.is_distinct_from(taken_by)
    db.session.execute(update(Task).where(*hers).values(taken_at=taken_at, taken_by=taken_by))


def write_note(participant: Participant, words: str, by: str, now: datetime) -> StaffNote:
    """Tell the colleagues this about her."""
    check_note(words)
    note = StaffNote(participant=participant, written_by=by, written_at=now, words=_short(words))
    db.session.add(note)
    db.session.flush()
    return note


def forget_call(call: CallMade, now: datetime) -> None:
    """It was a slip: nobody called, and the task that a wrong number made is done. The audit trail keeps both."""
    made_by_it = Task.participant_id == call.participant_id, Task.created_at == call.made_at, Task.done_at.is_(None)
    if call.outcome is CallOutcome.WRONG_NUMBER:
        closed = {"done_at": now, "done_by": call.made_by, "outcome": "The call was noted by mistake."}
        db.session.execute(update(Task).where(*made_by_it, Task.kind == TaskKind.NUMBER_UNUSABLE).values(closed))
    db.session.delete(call)
    db.session.flush()


def forget_notes(note_ids: Sequence[int]) -> None:
    """They were a slip; the audit trail keeps them."""
    db.session.execute(delete(StaffNote).where(StaffNote.id.in_(note_ids)))


def give_back(
    participant: Participant,
    owner: tuple[int, datetime] | None,
    tasks: Mapping[int, tuple[datetime | None, str | None]],
) -> None:
    """Whose she was before (user and since when), and who had taken each of her open tasks."""
    db.session.execute(delete(Owner).where(Owner.participant_id == participant.id))
    if owner is not None:
        row = {"participant_id": participant.id, "user_id": owner[0], "taken_at": owner[1]}
        db.session.execute(insert(table(Owner)).values(row))
    for task_id, (taken_at, taken_by) in tasks.items():
        hers = Task.id == task_id, Task.participant_id == participant.id
        db.session.execute(update(Task).where(*hers).values(taken_at=taken_at, taken_by=taken_by))


def check_note(words: str) -> None:
    """BadInput for a note that says nothing, or too much."""
    if not words.strip():
        sentence = "Write a few words."
        raise BadInput(sentence, errors={"words": sentence})
    _short(words)


def write_note_once(participant: Participant, words: str, by: str, now: datetime) -> StaffNote:
    """The same, unless `by` noted just this about her within ten minutes: then Conflict."""
    lock(f"note:{participant.id}")
    if has_noted(participant, words, by, now):
        raise Conflict(f"You have noted this about {participant.code} already.")
    return write_note(participant, words, by, now)


def has_noted(participant: Participant, words: str, by: str, now: datetime) -> bool:
    """Whether `by` noted just this about her within ten minutes."""
    same = StaffNote.participant_id == participant.id, StaffNote.written_by == by, StaffNote.words == words.strip()
    query = select(StaffNote.id).where(*same, StaffNote.written_at > now - SAME_NOTE)
    return bool(db.session.scalar(select(query.exists())))


def owners(participant_ids: Iterable[int]) -> dict[int, Owner]:
    """Who takes care of each of these, if somebody does."""
    rows = select(Owner).where(Owner.participant_id.in_(list(participant_ids))).order_by(Owner.id)
    return {owner.participant_id: owner for owner in db.session.scalars(rows)}


def last_calls(participant_ids: Iterable[int]) -> dict[int, CallMade]:
    """The last call to each of these."""
    rows = select(CallMade).where(CallMade.participant_id.in_(list(participant_ids)))
    newest = rows.ext(distinct_on(CallMade.participant_id))
    newest = newest.order_by(CallMade.participant_id, CallMade.made_at.desc(), CallMade.id.desc())
    return {call.participant_id: call for call in db.session.scalars(newest)}


def _short(words: str) -> str:
    words = words.strip()
    if len(words) > LONGEST_CALL_NOTE:
        sentence = f"This is too long: at most {LONGEST_CALL_NOTE} signs."
        raise BadInput(sentence, errors={"note": sentence})
    return words
