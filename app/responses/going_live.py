"""A study goes from state to state: what may follow, and all that the next one asks for, said at once."""

from collections.abc import Iterator

from sqlalchemy import func, select

from app.core.database import db, lock
from app.core.problems import Conflict
from app.instruments import Instrument
from app.messages.models import Message, MessageState
from app.participants.grades import LeavingGrade
from app.participants.leaving import coming
from app.participants.models import Departure, Participant, Task
from app.responses.drafts import end_drafts_of
from app.responses.models import Correction, LockSignature, Response, StaffEntry
from app.responses.wordings import Shown, in_installed_words, newest
from app.schedule.models import Assessment
from app.studies.installing import current_protocol
from app.studies.models import Protocol, Site, Study, StudyState
from app.studies.protocol import Protocol as ProtocolFile
from app.studies.questionnaires import asked
from app.studies.spoken import reviewer
from app.studies.states import MEANING, NEXT, PRACTICE, REAL

Missing = Iterator[tuple[str, str]]
SIGNATURES = "signatures"
UNDER_WAY = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN)


class NotReadyForState(Conflict):
    """Each error is keyed by what stands in the way and says what to do."""

    title = "The study is not ready for this"


class NotReadyToGoLive(NotReadyForState):
    """Something is missing that patients need."""

    title = "The study cannot go live yet"


class NotReadyToBeLocked(NotReadyForState):
    """Something is not finished that a lock would leave so."""

    title = "The study cannot be locked yet"


def change_state(study: Study, state: StudyState) -> None:
    """Put the study in `state`. Conflict where that cannot follow; NotReadyForState lists all it lacks."""
    lock(f"enrol:{study.id}")  # nobody is enrolled meanwhile
    db.session.refresh(study, ["state"])
    if state is not study.state and state not in NEXT[study.state]:
        raise Conflict(_no_way(study, state))
    refuse_unready(study, state)
    if state is StudyState.LOCKED:
        end_drafts_of(study)
    study.state = state
    db.session.flush()


def refuse_unready(study: Study, state: StudyState) -> None:
    """Nothing if the study has all that `state` asks for, else NotReadyForState with everything that it lacks."""
    errors = missing(study, state)
    if errors and state in REAL:
        raise NotReadyToGoLive(f"{study.code} cannot be {state} yet.", errors=errors)
    if errors:
        raise NotReadyToBeLocked(f"{study.code} cannot be {state} yet.", errors=errors)


def missing(study: Study, state: StudyState) -> dict[str, str]:
    """All that the study lacks for `state`, each with what to do about it."""
    if state in REAL:
        return dict(_for_patients(study))
    if state in PRACTICE:
        return dict(_for_practice(study))
    if state is StudyState.CLOSED:
        return dict(_for_unlocking(study))
    return dict(_for_lock(study)) if state is StudyState.LOCKED else {}


def _no_way(study: Study, state: StudyState) -> str:
    ways = " or ".join(NEXT[study.state]) or "nothing else"
    return f"{study.code} is {MEANING[study.state]}. From there it can become {ways}, not {state}."


def _for_patients(study: Study) -> Missing:
    for protocol in _in_use(study):
        yield from _unready(study, protocol.plan)
    active = select(func.count()).where(Site.study_id == study.id, Site.active)
    if not db.session.scalar(active):
        yield "sites", "no site is active: flask site activate"
    if study.state not in REAL and (without := _not_approved(study)):
        yield "approvals", f"no day of approval is recorded of site {', '.join(without)}: flask site approve"
    if made_up := _people(study, practice=True):
        yield "practice", f"{made_up} people of the practice are in it: flask study set-aside {study.code}"


def _not_approved(study: Study) -> list[str]:
    """The active sites of which no approval is recorded: they were for practice, or are older than this rule."""
    without = select(Site.code).where(Site.study_id == study.id, Site.active, Site.approved_on.is_(None))
    return list(db.session.scalars(without.order_by(Site.code)))


def _for_practice(study: Study) -> Missing:
    if patients := _people(study, practice=False):
        yield "patients", f"{patients} patients take part in it, and nobody practises among patients"


def _for_lock(study: Study) -> Missing:
    """What is unfinished would stay so."""
    hers = (Participant.study_id == study.id,)
    tasks = select(func.count()).select_from(Task).join(Task.participant).where(*hers, Task.done_at.is_(None))
    if count := db.session.scalar(tasks):
        yield "tasks", f"{count} open: somebody works them off on Today"
    queries = select(func.count()).select_from(Correction).join(Correction.response).join(Response.assessment)
    queries = queries.join(Assessment.participant).where(*hers, Correction.outcome.is_(None))
    if count := db.session.scalar(queries):
        yield "corrections", f"{count} undecided: an investigator signs them, or they are closed"
    typed = select(StaffEntry.assessment_id).join(StaffEntry.assessment).join(Assessment.participant).distinct()
    typed = typed.where(*hers, Assessment.submitted_at.is_(None), Assessment.cancelled_at.is_(None))
    if count := db.session.scalar(select(func.count()).select_from(typed.subquery())):
        yield "papers", f"{count} typed once, or not alike: a second person settles them, or they are begun again"
    texts = select(func.count()).where(Message.study_id == study.id, Message.state.in_(UNDER_WAY))
    if count := db.session.scalar(texts):
        yield "texts", f"{count} of which nobody knows yet what became of them: the clock finds out within a day"
    forbidding = select(func.count()).select_from(Departure).join(Departure.participant)
    forbidding = forbidding.where(*hers, Departure.grade == LeavingGrade.NO_FURTHER_USE, *coming())
    if count := db.session.scalar(forbidding):
        yield (
            "leavings",
            f"{count} forbid the use of their data from a day to come, which no lock lets come: wait, or undo",
        )
    if _signatures(study) < 2:
        yield SIGNATURES, "a data manager and an investigator of the whole study sign the lock on the desk"


def _signatures(study: Study) -> int:
    """How many signatures stand under the study's lock."""
    standing = select(func.count()).where(LockSignature.study_id == study.id, LockSignature.ended_at.is_(None))
    return db.session.scalar(standing) or 0


def _for_unlocking(study: Study) -> Missing:
    if study.state is StudyState.LOCKED and _signatures(study):
        yield SIGNATURES, "the lock is signed: somebody who signed it unlocks it on the desk, with a reason"


def _people(study: Study, *, practice: bool) -> int:
    query = select(func.count()).where(Participant.study_id == study.id, Participant.practice.is_(practice))
    return db.session.scalar(query) or 0


def _in_use(study: Study) -> list[Protocol]:
    followed = (
        select(Participant.protocol_id)
        .where(Participant.study_id == study.id)
        .union(select(Site.protocol_id).where(Site.study_id == study.id, Site.protocol_id.is_not(None)))
    )
    older = db.session.scalars(select(Protocol).where(Protocol.id.in_(followed)).order_by(Protocol.id))
    return list({protocol.id: protocol for protocol in (*older, current_protocol(study))}.values())


def _unready(study: Study, plan: ProtocolFile) -> Missing:
    for language in plan.languages:
        if reviewer(language) is None:
            remedy = "no native reader has seen the words of our pages in it: flask language install --reviewed-by"
            yield f"language {language}", remedy
    for questionnaire in shown_by(study, plan):
        code, pin = questionnaire.code, plan.instruments.get(questionnaire.code)
        for language in plan.languages:
            wanted = pin.wordings.get(language) if pin else None
            if not questionnaire.ready_for_patients(language):
                remedy = "its licence asks for the original words, and they are not installed: flask wording install"
                yield f"{code} ({language})", remedy
            elif wanted not in (None, questionnaire.wording(language).version):
                yield f"{code} ({language})", f"the protocol names words of version {wanted}: flask wording install"
        if questionnaire.safety_items and any(plan.safety_at(site.code) is None for site in plan.sites):
            yield code, "asks about danger to life: name in `safety` who answers, within what time, and the help"


def shown_by(study: Study, plan: ProtocolFile) -> list[Instrument]:
    """Every questionnaire of the protocol, in the words that a new visit of the study would show."""
    last = db.session.scalar(select(newest()))
    codes = dict.fromkeys(code for visit in plan.visits for code in visit.instruments)
    pins = {code: plan.instruments[code].wordings for code in codes if code in plan.instruments}
    return [in_installed_words(asked(plan, code), last, Shown(study.id, pins.get(code, {}))) for code in codes]
