"""What a study may not do in its state is refused, with the sentence that says so."""

from app.core.problems import Conflict
from app.studies.models import Study
from app.studies.states import Act, may, refusal


class NotInThisState(Conflict):
    """The study's state does not allow it (`app.studies.states.MAY`)."""

    title = "The study does not do this now"


def allow(study: Study, act: Act) -> None:
    """Nothing if the study may do this in its state, else NotInThisState."""
    if not may(study.state, act):
        raise NotInThisState(refusal(study.code, study.state, act))
