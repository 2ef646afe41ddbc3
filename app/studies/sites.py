"""A site begins to enrol and text, follows a version of the protocol, and ends: by hand, as approvals come."""

from app.core.database import db
from app.core.problems import BadInput, Conflict
from app.studies.guarding import allow
from app.studies.models import Protocol, Site
from app.studies.states import Act


def activate(site: Site) -> None:
    """From now on people are enrolled there, and texted as they are due."""
    _become(site, active=True)


def close_site(site: Site) -> None:
    """Nobody is enrolled there any more, and nobody there is texted; who takes part there still answers her links."""
    _become(site, active=False)


def _become(site: Site, *, active: bool) -> None:
    allow(site.study, Act.AMEND)
    if site.active is active:
        raise Conflict(f"Site {site.code} of {site.study.code} is {'active' if active else 'closed'} already.")
    site.active = active
    db.session.flush()


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
