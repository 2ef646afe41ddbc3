"""What a study's state asks of its questionnaires: it goes live only in words that its patients may be shown."""

from collections.abc import Iterator

from sqlalchemy import select

from app.core.database import db
from app.core.problems import Conflict
from app.instruments import instrument
from app.participants.models import Participant
from app.responses.wordings import not_original
from app.studies.installing import current_protocol
from app.studies.models import Protocol, Study, StudyState
from app.studies.protocol import Protocol as ProtocolFile


class NotReadyToGoLive(Conflict):
    """Each error is keyed by what lacks something and says what to do."""

    title = "The study cannot go live yet"


def change_state(study: Study, state: StudyState) -> None:
    """Put the study in `state`. NotReadyToGoLive lists all that is missing for `live`."""
    if state is StudyState.LIVE:
        check_live(study)
    study.state = state


def check_live(study: Study) -> None:
    """Nothing if every protocol version in use may be shown to patients, else NotReadyToGoLive."""
    errors = {key: remedy for protocol in _in_use(study) for key, remedy in _missing(protocol.plan)}
    if errors:
        raise NotReadyToGoLive(f"{study.code} cannot be live yet.", errors=errors)


def _in_use(study: Study) -> list[Protocol]:
    followed = select(Participant.protocol_id).where(Participant.study_id == study.id)
    older = db.session.scalars(select(Protocol).where(Protocol.id.in_(followed)).order_by(Protocol.id))
    return list({protocol.id: protocol for protocol in (*older, current_protocol(study))}.values())


def _missing(plan: ProtocolFile) -> Iterator[tuple[str, str]]:
    codes = dict.fromkeys(code for visit in plan.visits for code in visit.instruments)
    for code, language in not_original(codes, plan.languages):
        remedy = "its licence asks for the original words, and they are not installed: flask wording install"
        yield f"{code} ({language})", remedy
    for code in codes:
        if instrument(code).safety_items and plan.safety is None:
            yield code, "asks about danger to life: name in `safety` who answers, within what time, and the help"
