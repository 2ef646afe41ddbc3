"""What an act at the desk left, and how it was before: enough to take it back within ten minutes. One way for all acts.

The button carries what stood there before, signed, and no identifier: nothing more is stored. Where that is a number or
an address, it is kept closed for half an hour, as a form is that outlives its session (`app.accounts.kept_forms`), and
the button carries where.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from app.accounts import kept_forms
from app.accounts.models import User
from app.core.database import db
from app.core.problems import Conflict
from app.messages.outlook.correcting import correct
from app.messages.outlook.noting import note_event
from app.participants.correcting import EventCorrection, RecordCorrection
from app.participants.following import forget_call, forget_notes, give_back
from app.participants.former_contact import Pairs, put_back
from app.participants.going_on import transfer
from app.participants.models import CallMade, Event, EventState, Owner, Participant, StaffNote, Task
from app.participants.undoing import KEPT_NO_LONGER, UndoableAct
from app.studies.models import Site

Before = dict[str, Any]
"""What the button carries: plain values, no identifier."""
REASON = "Undone within ten minutes, by who did it."


@dataclass(frozen=True)
class SlipRule:
    """How to see that an act still stands as it was left, and how to take it back."""

    stands: Callable[[Participant, Before], bool]
    take_back: Callable[[Participant, Before, datetime], None]


def of_call(call: CallMade) -> Before:
    """A call and what came of it."""
    return {"call": call.id}


def of_notes(notes: Sequence[StaffNote]) -> Before:
    """Notes for colleagues, about one or many."""
    return {"notes": [note.id for note in notes]}


def of_owner(participant: Participant) -> Before:
    """Whose she is before somebody takes her or lets her go, and who has taken what is open about her."""
    owner = db.session.scalar(select(Owner).filter_by(participant_id=participant.id))
    tasks = select(Task).filter_by(participant_id=participant.id, done_at=None).order_by(Task.id)
    return {
        "owner": [owner.user_id, owner.taken_at.isoformat()] if owner else None,
        "tasks": {str(task.id): [_written(task.taken_at), task.taken_by] for task in db.session.scalars(tasks)},
    }


def of_events(participant: Participant) -> Before:
    """The events of hers, before one is noted."""
    return {
        str(event.id): [event.state.value, event.on.isoformat(), _written(event.at)] for event in participant.events
    }


def of_event(event: Event, events_before: Before) -> Before:
    """What was just noted of an event, and what it was before, if it was there."""
    return {"event": event.id, "now": _of_event(event), "before": events_before.get(str(event.id))}


def of_transfer(participant: Participant, site_before: Site) -> Before:
    """At which site she was."""
    return {"site": site_before.id, "now": participant.site_id}


def of_contact(participant: Participant, former: Pairs, by: User, now: datetime) -> Before:
    """A corrected number or address, and where what stood there before is kept, for whoever corrected it alone."""
    row = kept_forms.keep(by.id, _place(participant), former, now)
    db.session.refresh(participant.contact, ["version"])
    return {"kept": row.id if row else 0, "by": by.id, "version": participant.contact.version}


def _call_stands(participant: Participant, before: Before) -> bool:
    query = select(CallMade.id).filter_by(participant_id=participant.id)
    last = db.session.scalar(query.order_by(CallMade.made_at.desc(), CallMade.id.desc()).limit(1))
    return bool(last == before["call"])


def _call_back(participant: Participant, before: Before, now: datetime) -> None:
    forget_call(db.session.get_one(CallMade, before["call"]), now)


def _notes_stand(_: Participant, before: Before) -> bool:
    query = select(StaffNote.id).where(StaffNote.id.in_(before["notes"]))
    return bool(len(db.session.scalars(query).all()) == len(before["notes"]))


def _notes_back(_: Participant, before: Before, __: datetime) -> None:
    forget_notes(before["notes"])


def _owner_stands(participant: Participant, before: Before) -> bool:
    return bool(of_owner(participant) == before["now"])


def _owner_back(participant: Participant, before: Before, _: datetime) -> None:
    owner = before["before"]["owner"]
    tasks = {int(key): (_read(at), by) for key, (at, by) in before["before"]["tasks"].items()}
    give_back(participant, (owner[0], datetime.fromisoformat(owner[1])) if owner else None, tasks)


def _event_stands(participant: Participant, before: Before) -> bool:
    event = db.session.get(Event, before["event"])
    return event is not None and event.participant_id == participant.id and _of_event(event) == before["now"]


def _event_back(participant: Participant, before: Before, now: datetime) -> None:
    event, was = db.session.get_one(Event, before["event"]), before["before"]
    state = EventState(was[0]) if was else EventState.CANCELLED
    on, at = (date.fromisoformat(was[1]), _read(was[2])) if was else (event.on, None)
    if event.state is EventState.HAPPENED:
        put = EventCorrection(event.kind, event.on, state, None if state is EventState.CANCELLED else on, at)
        correct(participant, RecordCorrection(event=put), REASON, now)
    else:
        note_event(participant, event.kind, state, on, at, now)


def _site_stands(participant: Participant, before: Before) -> bool:
    return bool(participant.site_id == before["now"])


def _site_back(participant: Participant, before: Before, now: datetime) -> None:
    transfer(participant, db.session.get_one(Site, before["site"]), now)


def _contact_stands(participant: Participant, before: Before) -> bool:
    db.session.refresh(participant.contact, ["version"], with_for_update={"key_share": True})
    return bool(participant.contact.version == before["version"])


def _contact_back(participant: Participant, before: Before, now: datetime) -> None:
    former = kept_forms.kept(before["by"], before["kept"], _place(participant), now)
    if former is None:
        raise Conflict(KEPT_NO_LONGER)
    put_back(participant, former)


def _place(participant: Participant) -> str:
    return f"contact of {participant.id}"


def _of_event(event: Event) -> list[str | None]:
    return [event.state.value, event.on.isoformat(), _written(event.at)]


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _read(at: str | None) -> datetime | None:
    return datetime.fromisoformat(at) if at else None


SLIPS: Mapping[UndoableAct, SlipRule] = {
    UndoableAct.CALL: SlipRule(_call_stands, _call_back),
    UndoableAct.NOTE: SlipRule(_notes_stand, _notes_back),
    UndoableAct.TAKING: SlipRule(_owner_stands, _owner_back),
    UndoableAct.EVENT: SlipRule(_event_stands, _event_back),
    UndoableAct.TRANSFER: SlipRule(_site_stands, _site_back),
    UndoableAct.CONTACT: SlipRule(_contact_stands, _contact_back),
}
