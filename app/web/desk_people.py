"""Find a participant for a page: within the sites of whoever looks, else she does not exist."""

from flask import g

from app.core.problems import NotFound
from app.participants.enrolment import find
from app.participants.models import Participant


def participant(code: str) -> Participant:
    """The participant of `g.scope`'s study; NotFound alike for nobody and for somebody of another site."""
    nobody = NotFound(f"There is no participant {code} at your sites. Check the code.")
    try:
        found = find(g.scope.study, code)
    except NotFound:
        raise nobody from None
    if found.site_id not in g.scope.site_ids:
        raise nobody
    return found
