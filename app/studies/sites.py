"""A site begins to enrol and text, follows a version of the protocol, and ends: by hand, as approvals come."""

from dataclasses import dataclass
from datetime import date

from app.core.database import db
from app.core.problems import BadInput, Conflict
from app.studies.guarding import allow
from app.studies.models import Protocol, Site
from app.studies.states import Act

LONGEST_REFERENCE = 200
FIRST_APPROVAL = date(1975, 1, 1)
"""Committees have approved trials since the Declaration of Tokyo (1975); a day before that is mistyped."""
WRONG_DAY = "Write the day of the approval: not one to come, nor before 1975."
WRONG_REFERENCE = "Write the committee's reference, in at most 200 characters."
NEEDS_APPROVAL = "A site is active only with its ethics approval: say its day, and the committee's reference."


@dataclass(frozen=True)
class Approval:
    """The ethics approval by which a site takes part: its day, and the committee's reference."""

    on: date
    reference: str


def activate(site: Site, approval: Approval | None, today: date) -> None:
    """From now on people are enrolled there, and texted as they are due.

    BadInput where no approval is recorded of it, and none comes with this.
    """
    allow(site.study, Act.AMEND)
    if approval is None and site.approved_on is None:
        raise BadInput(NEEDS_APPROVAL, errors={"approved_on": NEEDS_APPROVAL})
    _refuse_same(site, active=True)
    if approval is not None:
        approve(site, approval, today)
    site.active = True
    db.session.flush()


def approve(site: Site, approval: Approval, today: date) -> None:
    """Record the site's approval, or what it is in truth; whether the site is active stays as it is."""
    allow(site.study, Act.AMEND)
    reference, errors = " ".join(approval.reference.split()), dict[str, str]()
    if not FIRST_APPROVAL <= approval.on <= today:
        errors["approved_on"] = WRONG_DAY
    if not 0 < len(reference) <= LONGEST_REFERENCE:
        errors["approval_reference"] = WRONG_REFERENCE
    if errors:
        raise BadInput(" ".join(errors.values()), errors=errors)
    site.approved_on, site.approval_reference = approval.on, reference
    db.session.flush()


def close_site(site: Site) -> None:
    """Nobody is enrolled there any more, and nobody there is texted; who takes part there still answers her links."""
    allow(site.study, Act.AMEND)
    _refuse_same(site, active=False)
    site.active = False
    db.session.flush()


def _refuse_same(site: Site, *, active: bool) -> None:
    if site.active is active:
        raise Conflict(f"Site {site.code} of {site.study.code} is {'active' if active else 'closed'} already.")


def follow(site: Site, protocol: Protocol | None) -> None:
    """From now on new participants of the site follow this version; with none, the newest that there is.

    Who takes part follows the version that she has until she is moved. BadInput where the site is not in the version.
    """
    if protocol is not None and site.code not in {planned.code for planned in protocol.plan.sites}:
        raise BadInput(f"Version {protocol.version} has no site {site.code}.")
    site.protocol = protocol
    db.session.flush()


def refuse_not_approved(site: Site, protocol: Protocol) -> None:
    """Conflict where another version is approved at the site."""
    if site.protocol is not None and site.protocol_id != protocol.id:
        raise Conflict(
            f"Site {site.code} follows version {site.protocol.version}. When {protocol.version} is approved there: "
            f"flask site follow {site.study.code} {site.code} {protocol.version}"
        )
