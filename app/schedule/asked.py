"""Which visits ask which questionnaire, by the version of the protocol that each visit was planned by."""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import ColumnElement, select, tuple_

from app.core.database import db
from app.schedule.models import Assessment, base_visit
from app.studies.models import Protocol, Study

Places = frozenset[tuple[int, str]]
"""Versions of the protocol, by id, with the codes of their visits."""


def asking(study: Study) -> Mapping[str, Places]:
    """For each questionnaire of the study, in the order in which they are asked, the visits that ask it."""
    places: dict[str, set[tuple[int, str]]] = defaultdict(set)
    versions = select(Protocol).filter_by(study_id=study.id).order_by(Protocol.id.desc())
    for version in db.session.scalars(versions):
        for visit in version.plan.visits:
            for code in visit.instruments:
                places[code].add((version.id, visit.code))
    return {code: frozenset(visits) for code, visits in places.items()}


def is_asked_at(places: Places) -> ColumnElement[bool]:
    """That a visit is one of these."""
    return tuple_(Assessment.protocol_id, base_visit()).in_(sorted(places))
