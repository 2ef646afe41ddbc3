"""The practice of a study is put aside before patients come: into a study of its own, where nothing meets theirs.

Nothing is deleted. The made-up people keep their visits, texts, answers and exports; the study they belong to from now
on is closed, has the same sites and versions of the protocol, and is named after the first: `knee-practice`.
"""

from datetime import datetime

from sqlalchemy import func, select, update

from app.core.database import db, is_any, lock
from app.core.problems import Conflict
from app.exports.models import Snapshot
from app.messages.models import Message
from app.participants.models import Participant
from app.schedule.models import Assessment
from app.studies.models import Protocol, Site, Study, StudyState
from app.studies.states import MEANING, PRACTICE


def set_practice_aside(study: Study, now: datetime) -> Study:
    """Move everybody who is made up, and all that is theirs, into a closed study of their own; returns it."""
    lock(f"enrol:{study.id}")
    db.session.refresh(study, ["state"])
    if study.state not in PRACTICE:
        raise Conflict(f"{study.code} is {MEANING[study.state]}. Practice is put aside before a study goes live.")
    made_up = select(Participant.id).where(Participant.study_id == study.id, Participant.practice)
    if not is_any(made_up):
        raise Conflict(f"Nobody in {study.code} is made up, so there is nothing to put aside.")
    aside = Study(code=_code(study), title=study.title, state=StudyState.CLOSED, created_at=now)
    db.session.add(aside)
    db.session.flush()
    ids = list(db.session.scalars(made_up.order_by(Participant.id)))
    _move_people(ids, _sites(study, aside), _protocols(study, aside), aside)
    db.session.execute(update(Snapshot).where(Snapshot.study_id == study.id).values(study_id=aside.id))
    db.session.expire_all()
    return aside


def _code(study: Study) -> str:
    """A code that no study has: the practice may be put aside more than once."""
    base = f"{study.code[:28]}-practice"
    taken = set(db.session.scalars(select(Study.code).where(Study.code.startswith(base, autoescape=True))))
    return next(code for code in (base, *(f"{base}-{n}" for n in range(2, len(taken) + 3))) if code not in taken)


def _sites(study: Study, aside: Study) -> dict[int, int]:
    """The id of each site's likeness, by its own."""
    likeness = {}
    for site in db.session.scalars(select(Site).filter_by(study_id=study.id).order_by(Site.id)):
        row = Site(study=aside, code=site.code, name=site.name, phone=site.phone, active=False)
        db.session.add(row)
        db.session.flush()
        likeness[site.id] = row.id
    return likeness


def _protocols(study: Study, aside: Study) -> dict[int, int]:
    likeness = {}
    for version in db.session.scalars(select(Protocol).filter_by(study_id=study.id).order_by(Protocol.id)):
        facts = {name: getattr(version, name) for name in ("version", "sha256", "source", "content", "installed_at")}
        row = Protocol(study=aside, **facts)
        db.session.add(row)
        db.session.flush()
        likeness[version.id] = row.id
    return likeness


def _move_people(ids: list[int], sites: dict[int, int], protocols: dict[int, int], aside: Study) -> None:
    made_up = Participant.id.in_(ids)
    visits = Assessment.participant_id.in_(ids)
    unsynchronised = {"synchronize_session": False}
    for was, becomes in protocols.items():
        of_version = update(Assessment).where(visits, Assessment.protocol_id == was).values(protocol_id=becomes)
        db.session.execute(of_version, execution_options=unsynchronised)
        follows = update(Participant).where(made_up, Participant.protocol_id == was).values(protocol_id=becomes)
        db.session.execute(follows, execution_options=unsynchronised)
    texts = update(Message).where(Message.participant_id.in_(ids)).values(study_id=aside.id)
    db.session.execute(texts, execution_options=unsynchronised)
    for was, becomes in sites.items():
        people = update(Participant).where(made_up, Participant.site_id == was)
        moved = people.values(site_id=becomes, study_id=aside.id)
        db.session.execute(moved, execution_options=unsynchronised)


def people_of(study: Study) -> int:
    """How many people a study has."""
    return db.session.scalar(select(func.count()).where(Participant.study_id == study.id)) or 0
