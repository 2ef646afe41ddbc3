"""Whom somebody may see: the participants of her study at her sites, said once for every list, count and search."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_

from app.participants.models import Participant
from app.studies.access import Scope
from app.studies.models import Study


def visible(scope: Scope) -> ColumnElement[bool]:
    """That a participant is at the sites of who asks."""
    return at_sites(scope.study, scope.site_ids)


def at_sites(study: Study, site_ids: Iterable[int]) -> ColumnElement[bool]:
    """That a participant is of this study, and at one of these sites; of no site is nobody."""
    return and_(Participant.study_id == study.id, Participant.site_id.in_(list(site_ids)))
