"""A site begins to enrol and text, and ends: by hand, since ethics and contracts come site by site."""

from app.core.database import db
from app.core.problems import Conflict
from app.studies.guarding import allow
from app.studies.models import Site
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
