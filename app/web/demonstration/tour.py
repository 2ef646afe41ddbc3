"""The tour of a demonstration: six steps, each with a picture, one click away with the fitting role signed in.

It exists where texts go to the sandbox, never in production, and signs in as the demonstration's own logins alone:
accounts with the password that anybody can read in the code, in studies of made-up people.
"""

from dataclasses import dataclass
from enum import StrEnum

from flask import Blueprint, abort, redirect, url_for
from flask_babel import lazy_gettext as later
from flask_security.utils import login_user, verify_password
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from werkzeug.wrappers import Response

from app.accounts.demonstration import PASSWORD, login_of
from app.accounts.models import User
from app.accounts.roles import Role
from app.config import current_settings
from app.core.database import db
from app.core.problems import NotFound
from app.core.time import now
from app.exports.models import Snapshot
from app.participants.models import Participant
from app.schedule.demonstrations import open_visits
from app.schedule.models import Assessment
from app.studies.access import memberships
from app.studies.confining import seeing_everybody
from app.studies.models import Membership
from app.studies.states import PRACTICE
from app.web.demonstration import sandbox
from app.web.language import gettext
from app.web.staff.signing_in import csrf

blueprint = Blueprint("tour", __name__, url_prefix="/tour")


class TourStep(StrEnum):
    """Where the tour leads."""

    PHONE = "phone"
    TODAY = "today"
    PARTICIPANT = "participant"
    COMPLIANCE = "compliance"
    EXPORTS = "exports"
    REPORT = "report"


@dataclass(frozen=True)
class TourStop:
    """A step of the tour: what is seen there, in whose role."""

    step: TourStep
    title: object
    words: object
    role: Role | None = None
    endpoint: str = ""


STOPS = (
    TourStop(
        TourStep.PHONE,
        later("The patient's phone"),
        later("Open the newest text, follow its link, answer, and ask to be called."),
    ),
    TourStop(
        TourStep.TODAY,
        later("Today"),
        later("Who waits for a call, and why. What you asked for on the phone is here."),
        Role.COORDINATOR,
        "desk_today.today",
    ),
    TourStop(
        TourStep.PARTICIPANT,
        later("A participant"),
        later("Everything that happened to her, in one line of time."),
        Role.COORDINATOR,
        "desk_participants.show",
    ),
    TourStop(
        TourStep.COMPLIANCE,
        later("Compliance"),
        later("How many answered, by visit and site, and why others did not."),
        Role.DATA_MANAGER,
        "desk.overview",
    ),
    TourStop(
        TourStep.EXPORTS,
        later("Exports"),
        later("A night's files, labelled for every program, each with its check sum."),
        Role.STATISTICIAN,
        "desk_exports.listing",
    ),
    TourStop(
        TourStep.REPORT,
        later("Report"),
        later("The mixed model of the protocol, fitted on what was exported."),
        Role.STATISTICIAN,
        "report.front",
    ),
)
NEEDS_EXPORT = (TourStep.EXPORTS, TourStep.REPORT)


@blueprint.before_request
def never_for_real() -> None:
    """There is no tour where texts go to real telephones."""
    if not sandbox.is_offered(current_settings()):
        abort(404)


def stops() -> tuple[TourStop, ...]:
    """The steps, where the demonstration has somebody to lead; none elsewhere, nor while the database is away."""
    if not sandbox.is_offered(current_settings()):
        return ()
    try:
        return STOPS if _guide(Role.COORDINATOR) is not None else ()
    except OperationalError:
        return ()


@blueprint.post("/<step>")
def enter(step: str) -> Response:
    """Sign in as who works there, and go there."""
    csrf.protect()
    stop = next((each for each in STOPS if each.step == step), None)
    if stop is None:
        raise NotFound(gettext("The tour has no such step."))
    with seeing_everybody():
        address = _phone() if stop.role is None else _desk(stop, stop.role)
    return redirect(address, 303)


def _desk(stop: TourStop, role: Role) -> str:
    guide = _guide(role)
    held = _place(guide, stop.step) if guide is not None else None
    if guide is None or held is None or not verify_password(PASSWORD, guide.password):
        raise NotFound(gettext("This demonstration has nobody to show it. Begin a new one with: make demo"))
    code = _somebody(held) if stop.step is TourStep.PARTICIPANT else None
    login_user(guide, authn_via=["demonstration"])
    return url_for(stop.endpoint, study=held.study.code, code=code)


def _guide(role: Role) -> User | None:
    """The demonstration's login of this role, where she works for studies of made-up people alone."""
    user: User | None = db.session.scalar(select(User).filter_by(email=login_of(role), active=True))
    if user is None or user.tf_primary_method or not user.password:
        return None
    held = memberships(user)
    return user if held and all(membership.study.state in PRACTICE for membership in held) else None


def _place(guide: User, step: TourStep) -> Membership | None:
    """Where she shows it: in the study that is played just now, or the one that has an export."""
    held = sorted(memberships(guide), key=lambda membership: membership.study_id, reverse=True)
    if step in NEEDS_EXPORT:
        exported = set(db.session.scalars(select(Snapshot.study_id).distinct().order_by(Snapshot.study_id)))
        held = [membership for membership in held if membership.study_id in exported] or held
    return held[0] if held else None


def _somebody(held: Membership) -> str:
    """The first participant whom the guide sees."""
    codes = select(Participant.code).where(Participant.study_id == held.study_id)
    codes = codes if held.site_id is None else codes.where(Participant.site_id == held.site_id)
    code = db.session.scalar(codes.order_by(Participant.code).limit(1))
    if code is None:
        raise NotFound(gettext("Nobody takes part in this demonstration yet."))
    return code


def _phone() -> str:
    """A phone at the coordinator's own site whose visit is open, so that what comes of it is seen on her Today."""
    guide = _guide(Role.COORDINATOR)
    held = _place(guide, TourStep.TODAY) if guide is not None else None
    if held is not None:
        there = open_visits(now()).where(
            Participant.study_id == held.study_id, Participant.site_id == held.site_id, Assessment.opened_at.is_(None)
        )
        visit = db.session.scalars(there.order_by(Assessment.day.desc(), Participant.code).limit(1)).first()
        if visit is not None:
            code = visit.participant.code
            return url_for("sandbox.phone", study=held.study.code, code=code, _anchor="newest")
    return url_for("sandbox.phones")
