"""The made-up approvals of a rehearsal: each site has one before anybody is enrolled there, as real sites do."""

from datetime import date

from sqlalchemy import select

from app.core.database import db
from app.studies.models import Site, Study
from app.studies.sites import Approval, activate, approve


def approve_sites(study: Study, on: date) -> None:
    """Every site of the study is approved on this day, and active."""
    for site in db.session.scalars(select(Site).filter_by(study_id=study.id).order_by(Site.code)):
        approval = Approval(on, f"Rehearsal {site.code}")
        if site.active:
            approve(site, approval, on)
        else:
            activate(site, approval, on)
