"""An amended protocol: for whom the coming texts change, before anything is applied; and who moves to it.

What was sent stays. Moving a participant re-plans what nobody has been asked yet; visits already asked for keep the
version under which they were asked.
"""

from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, delete, select, update

from app.core.database import db
from app.core.problems import Conflict
from app.messages.kinds import MessageKind
from app.messages.models import has_text
from app.messages.outlook.simulation import prompts
from app.participants.events import follow_anchor
from app.participants.models import Participant
from app.schedule.dating import planned, visits_of
from app.schedule.models import Assessment, base_visit
from app.schedule.planning import anchored, plan
from app.studies.guarding import allow
from app.studies.installing import current_protocol
from app.studies.models import Protocol as ProtocolRow
from app.studies.models import Site, Study
from app.studies.protocol import Protocol
from app.studies.sites import refuse_not_approved
from app.studies.states import Act


@dataclass(frozen=True)
class TextChange:
    """A coming text that is added (no `before`), dropped (no `after`) or moved."""

    participant: str
    zone: str
    visit: str
    kind: MessageKind
    before: datetime | None
    after: datetime | None

    def __str__(self) -> str:
        """One line, in the participant's own time."""
        before, after = (_local(at, self.zone) for at in (self.before, self.after))
        return f"{self.participant:<8} {self.visit:<6} {self.kind:<11} {before} -> {after}"


def coming_changes(study: Study, new: Protocol, now: datetime, site: Site | None = None) -> list[TextChange]:
    """What would change in the texts to come, if all who take part (at this site, if one is named) moved to `new`.

    As in `move`: what has been asked keeps the version under which it was asked. Conflict for a protocol of another
    study.
    """
    named = current_protocol(study).plan.study
    if new.study != named:
        raise Conflict(f"This is a protocol of {new.study}, not of {named}.")
    people = select(Participant).where(Participant.study_id == study.id, Participant.withdrawn_at.is_(None))
    people = people if site is None else people.where(Participant.site_id == site.id)
    changes: list[TextChange] = []
    for participant in db.session.scalars(people.order_by(Participant.code)):
        kept = set(db.session.scalars(_asked_of(participant)))
        before = _texts(participant, participant.protocol.plan, kept, now)
        after = _texts(participant, new, kept, now)
        for visit, kind in dict.fromkeys((*before, *after)):
            was, will = before.get((visit, kind)), after.get((visit, kind))
            if was != will:
                changes.append(TextChange(participant.code, participant.zone, visit, kind, was, will))
    return changes


def _asked_of(participant: Participant) -> Select[str]:
    """The visits that follow the version under which they were asked, whatever comes."""
    touched = has_text() | Assessment.opened_at.is_not(None) | Assessment.submitted_at.is_not(None)
    return select(Assessment.visit).where(Assessment.participant_id == participant.id, touched)


def others(protocol: ProtocolRow) -> list[Participant]:
    """Those who take part in the study of this version and follow another one."""
    present = select(Participant).where(Participant.study_id == protocol.study_id, Participant.withdrawn_at.is_(None))
    return list(db.session.scalars(present.where(Participant.protocol_id != protocol.id).order_by(Participant.code)))


def move(participant: Participant, protocol: ProtocolRow, now: datetime) -> list[str]:
    """Let a participant follow another version from now on; returns the visits that were dropped from the plan."""
    if protocol.study_id != participant.study_id:
        raise Conflict("This version belongs to another study.")
    allow(participant.study, Act.AMEND)
    refuse_not_approved(participant.site, protocol)
    unasked = (Assessment.participant_id == participant.id, Assessment.opened_at.is_(None), ~has_text())
    codes = [visit.code for visit in protocol.plan.visits]
    dropped = delete(Assessment).where(*unasked, base_visit().not_in(codes)).returning(Assessment.visit)
    dropped_visits = sorted(db.session.scalars(dropped, execution_options={"synchronize_session": False}))
    kept = update(Assessment).where(*unasked).values(protocol_id=protocol.id)
    db.session.execute(kept, execution_options={"synchronize_session": False})
    db.session.expire_all()
    participant.protocol = protocol
    follow_anchor(participant)
    plan(participant, now)
    return dropped_visits


def _texts(
    participant: Participant, protocol: Protocol, kept: Container[str], now: datetime
) -> dict[tuple[str, MessageKind], datetime]:
    """The coming texts of a participant under a protocol, but for the visits `kept`."""
    person = anchored(participant)
    texts: dict[tuple[str, MessageKind], datetime] = {}
    for due in visits_of(person, protocol):
        if due.code in kept:
            continue
        for kind, at in prompts(planned(person, due, protocol)):
            if at > now:
                texts[due.code, kind] = at
    return texts


def _local(at: datetime | None, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if at else "(none)"
