"""What a study may not do in its state is refused, with the sentence that says so."""

from sqlalchemy import ColumnElement

from app.core.problems import Conflict
from app.studies.models import Study
from app.studies.states import Act, may, refusal, states_that


class NotInThisState(Conflict):
    """The study's state does not allow it (`app.studies.states.MAY`)."""

    title = "The study does not do this now"


def allow(study: Study, act: Act) -> None:
    """Nothing if the study may do this in its state, else NotInThisState."""
    if not may(study.state, act):
        raise NotInThisState(refusal(study.code, study.state, act))


def goes_on() -> ColumnElement[bool]:
    """Of studies: that what comes due in them is planned and noted. From the lock on a study's time stands still."""
    return Study.state.in_(states_that(Act.RECORD))
