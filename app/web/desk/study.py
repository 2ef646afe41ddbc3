"""The study: its state and what the next one asks for, its sites, visits and texts; for everybody who works for it."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from sqlalchemy import select

from app.accounts.roles import Permission
from app.config import current_settings
from app.core.database import db
from app.core.problems import NotFound
from app.permitting import current_scope
from app.responses.going_live import missing
from app.studies.access import sites
from app.studies.installing import current_protocol
from app.studies.models import Protocol
from app.studies.sample_texts import sample_texts
from app.studies.states import MEANING, NEXT, PRACTICE, StudyState
from app.web.language import gettext
from app.web.staff.access import requires

blueprint = Blueprint("desk_study", __name__, url_prefix="/desk/<study>/study")


@dataclass(frozen=True)
class NextState:
    """A state that the study can come to, and all that it lacks for it, each with what to do."""

    state: StudyState
    lacking: dict[str, str]


@blueprint.get("/")
@requires(Permission.VIEW_COMPLIANCE)
def show() -> str:
    """How the study is set up, as it stands now."""
    scope = current_scope()
    versions = db.session.scalars(
        select(Protocol).filter_by(study_id=scope.study.id).order_by(Protocol.installed_at.desc(), Protocol.id.desc())
    ).all()
    plan = current_protocol(scope.study).plan
    return render_template(
        "desk/study.html",
        versions=versions,
        plan=plan,
        sites=sites(scope),
        meaning=MEANING[scope.study.state],
        next_states=_next_states(),
        practises=scope.study.state in PRACTICE,
    )


@blueprint.get("/texts")
@requires(Permission.VIEW_COMPLIANCE)
def texts() -> str:
    """Every text of the protocol in each of its languages, as it will look at one of her sites."""
    scope = current_scope()
    plan = current_protocol(scope.study).plan
    mine = {site.code for site in sites(scope)}
    planned = {site.code: site for site in plan.sites if site.code in mine}
    code = request.args.get("site") or next(iter(planned), "")
    if code not in planned:
        raise NotFound(gettext("There is no such site, or you do not work there."))
    base = current_settings().public_base_url
    samples = {language: list(sample_texts(plan, planned[code], language, base)) for language in plan.languages}
    return render_template("desk/study_texts.html", samples=samples, site=planned[code], sites=list(planned.values()))


def _next_states() -> list[NextState]:
    """What may follow, for whoever sees the whole study: of some sites alone it could not be told."""
    scope = current_scope()
    if not scope.whole:
        return []
    return [NextState(state, missing(scope.study, state)) for state in NEXT[scope.study.state]]
