"""The pseudonym of somebody who is enrolled: the site's code and a number, `01-017`, that nobody else ever had.

A restored database has forgotten who was enrolled since its back-up, and her number stands on paper and in letters.
So from a restore on, numbers of a site go on far beyond those that the database knows, as sequences do: 01-2001. A site
may always write a code itself: she who is enrolled anew keeps the one on her papers.
"""

from collections.abc import Sequence

from sqlalchemy import Integer, cast, func, select

from app.core import incarnation
from app.core.database import db
from app.core.problems import Conflict
from app.participants.models import Participant
from app.studies.confining import seeing_everybody
from app.studies.models import Site

FAR = 1000
"""More people than a site enrols in the time that a back-up does not cover."""
HIGHEST = 999_999
"""A longer number is no count, but a date or something else that a site wrote."""


def next_number(highest: int, at_restores: Sequence[int] = ()) -> int:
    """The number after the highest, and beyond any that was given out and forgotten; `at_restores` has the highest that
    was left at each restore. Each goes on more than a thousand farther, from a whole one: nobody takes 2018 for 18."""
    floor = 0
    for left in at_restores:
        floor = -(-(max(left, floor) + FAR) // FAR) * FAR
    return max(highest, floor) + 1


def free_code(site: Site, given: str) -> str:
    """The given pseudonym if it is free and of this site, else the site's next number.

    A code stays with whoever has moved to a site that one does not see, so this looks at everybody of the study.
    Conflict where that has more than six digits: then somebody writes a code that is on no paper of the site.
    """
    if given:
        taken = select(Participant.code).where(Participant.study_id == site.study_id, Participant.code == given)
        with seeing_everybody():
            is_taken = db.session.scalar(taken) is not None
        if is_taken:
            raise Conflict(f"{given} is taken.")
        return given
    with seeing_everybody():
        at_restores = [_highest(site, last_id) for last_id in incarnation.last_participants()]
        number = next_number(_highest(site), at_restores)
    if number > HIGHEST:
        sentence = f"Site {site.code} has no number of six digits left. Write a code that was never given to anybody."
        raise Conflict(sentence, errors={"code": sentence})
    return f"{site.code}-{number:03d}"


def _highest(site: Site, last_id: int | None = None) -> int:
    """The highest number of the site, also of who has moved to another since; of people up to this id."""
    prefix, number = (func.split_part(Participant.code, "-", part) for part in (1, 2))
    numbers = select(func.max(cast(number, Integer))).where(number.regexp_match("^[0-9]{1,6}$"))
    ours = numbers.where(Participant.study_id == site.study_id, prefix == site.code)
    if last_id is not None:
        ours = ours.where(Participant.id <= last_id)
    return db.session.scalar(ours) or 0


def forget_numbers() -> None:
    """From now on numbers go on far beyond those that are here: some may have been given out and forgotten."""
    incarnation.present().last_participant_id = db.session.scalar(select(func.max(Participant.id))) or 0
    db.session.flush()
