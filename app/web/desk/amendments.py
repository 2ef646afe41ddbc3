"""Versions of the protocol: what one changes, whose coming texts move with it, and its application site by site."""

from collections import Counter
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import func, select, tuple_
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.core.audit import start_acting
from app.core.database import db
from app.core.problems import BadInput, Problem
from app.core.time import now
from app.messages.outlook.amending import coming_changes, move, others
from app.participants.models import Participant
from app.permitting import current_scope
from app.studies.access import sites
from app.studies.installing import version as find_version
from app.studies.models import Protocol, Site
from app.studies.protocol.difference import difference
from app.studies.sites import follow
from app.studies.states import Act
from app.web.desk.as_shown import Facts, hold_as_shown, marked
from app.web.desk.changing import Answer
from app.web.desk.finding import site_of
from app.web.language import gettext
from app.web.staff.access import actor, confirmed, requires

blueprint = Blueprint("desk_amendments", __name__, url_prefix="/desk/<study>/study/versions/<version>")
SHOWN_CHANGES = 200


@dataclass(frozen=True)
class SiteVersions:
    """A site, the version that is approved there, and how many who take part follow this one and others."""

    site: Site
    on_this: int
    on_others: int


@blueprint.get("/")
@requires(Permission.VIEW_COMPLIANCE)
def show(version: str) -> str:
    """What a version changes, against the one before it."""
    return _page(version)


@blueprint.get("/sites/<site>")
@requires(Permission.MANAGE_STUDY, whole_study=True)
def dry_run(version: str, site: str) -> str:
    """Whose coming texts would change if the site followed this version; nothing is changed."""
    return _page(version, site_of(site))


@blueprint.post("/sites/<site>")
@requires(Permission.MANAGE_STUDY, whole_study=True, act=Act.AMEND)
@confirmed
def apply(version: str, site: str) -> Answer:
    """The site follows this version from now on, its new participants and those who take part."""
    row, place, reason = find_version(current_scope().study, version), site_of(site), request.form.get("reason", "")
    start_acting(actor(), reason)
    try:
        keep = url_for("desk_amendments.show", study=place.study.code, version=version)
        hold_as_shown([place], lambda: _facts(place), keep=keep, zone=row.plan.zone)
        if not reason.strip():
            sentence = "Say why: the approval by which this version is in effect at the site."
            raise BadInput(sentence, errors={"reason": sentence})
        follow(place, row)
        people = [person for person in others(row) if person.site_id == place.id]
        for person in people:
            move(person, row, now())
    except Problem as problem:
        return _page(version, place, problem), problem.status
    sentence = "Site %(site)s follows version %(version)s; %(number)s participants were moved to it."
    flash(gettext(sentence, site=place.code, version=row.version, number=len(people)))
    return _back(version)


def _page(version: str, chosen: Site | None = None, problem: Problem | None = None) -> str:
    study = current_scope().study
    row = find_version(study, version)
    before = _before(row)
    coming = coming_changes(study, row.plan, now(), chosen) if chosen else []
    return render_template(
        "desk/amendment.html",
        version=row,
        before=before,
        changes=difference(before.plan, row.plan) if before else (),
        places=_places(row),
        chosen=chosen,
        coming=coming[:SHOWN_CHANGES],
        total=len(coming),
        people=len({change.participant for change in coming}),
        problem=problem,
        sent=request.form,
        seen=marked(_facts(chosen), problem) if chosen else "",
    )


def _facts(site: Site) -> Facts:
    return {"Approved there": [site.protocol.version if site.protocol else "the newest"]}


def _before(row: Protocol) -> Protocol | None:
    """The version that was installed before this one."""
    place = tuple_(Protocol.installed_at, Protocol.id)
    earlier = select(Protocol).where(Protocol.study_id == row.study_id, place < (row.installed_at, row.id))
    newest = earlier.order_by(Protocol.installed_at.desc(), Protocol.id.desc())
    return db.session.scalars(newest.limit(1)).first()


def _places(row: Protocol) -> list[SiteVersions]:
    """Her sites, and who follows which version there."""
    takes_part = select(Participant.site_id, Participant.protocol_id, func.count())
    takes_part = takes_part.where(Participant.study_id == row.study_id, Participant.withdrawn_at.is_(None))
    this: Counter[int] = Counter()
    other: Counter[int] = Counter()
    for site_id, protocol_id, number in db.session.execute(
        takes_part.group_by(Participant.site_id, Participant.protocol_id).order_by(Participant.site_id)
    ):
        (this if protocol_id == row.id else other)[site_id] += number
    return [SiteVersions(site, this[site.id], other[site.id]) for site in sites(current_scope())]


def _back(version: str) -> Response:
    return redirect(url_for("desk_amendments.show", study=current_scope().study.code, version=version), 303)
