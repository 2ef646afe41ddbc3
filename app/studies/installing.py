"""Install a protocol: the study, its sites, and one version of its plan."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import Select, select

from app.core.database import db
from app.core.problems import BadInput, Conflict, NotFound
from app.core.zone_names import database_knows
from app.studies.guarding import allow
from app.studies.models import Protocol, Site, Study, StudyState
from app.studies.pinning import facts, pin, pinned_as
from app.studies.protocol import Protocol as ProtocolFile
from app.studies.protocol import read_protocol
from app.studies.states import PRACTICE, Act, states_that


def install(
    source: Path | str, now: datetime, *, state: StudyState = StudyState.SETUP, code: str | None = None
) -> Protocol:
    """Install the protocol file (or its text) as a version of its study; ProtocolErrors lists all that is wrong.

    The same content twice is the same version, and asks what it asked. Other content under a version that exists is
    refused.
    """
    text = source.read_text("utf-8") if isinstance(source, Path) else source
    plan = read_protocol(text, facts=facts())
    if strange := [zone for zone in sorted({plan.zone, *plan.zones}) if not database_knows(zone)]:
        named = ", ".join(strange)
        raise BadInput(
            f"The database does not know the time zone {named}. Write an older name of it, or renew its zones first."
        )
    study = _study(plan, code or plan.study, state, now)
    existing = db.session.scalar(select(Protocol).filter_by(study_id=study.id, version=plan.version))
    if existing is not None:
        if existing.sha256 != pinned_as(plan, existing.plan).sha256:
            raise Conflict(f"Version {plan.version} of {study.code} has other content; raise the version.")
        return existing
    allow(study, Act.AMEND)
    plan = pin(plan, now)
    _sites(study, plan)
    protocol = Protocol(
        study=study, version=plan.version, sha256=plan.sha256, source=text, content=plan.to_dict(), installed_at=now
    )
    db.session.add(protocol)
    db.session.flush()
    return protocol


def study(code: str) -> Study:
    """The study with this code; NotFound names the ones there are."""
    existing = db.session.scalar(select(Study).filter_by(code=code))
    if existing is None:
        installed = ", ".join(db.session.scalars(select(Study.code).order_by(Study.code))) or "none yet"
        raise NotFound(f"There is no study {code}; installed: {installed}.")
    return existing


def current_protocol(study: Study) -> Protocol:
    """The version that was installed last: new participants follow it."""
    query = select(Protocol).filter_by(study_id=study.id).order_by(Protocol.installed_at.desc(), Protocol.id.desc())
    protocol = db.session.scalar(query.limit(1))
    if protocol is None:
        raise NotFound(f"{study.code} has no protocol installed.")
    return protocol


def protocol_at(site: Site) -> Protocol:
    """The version that new participants of the site follow: the one approved there, else the newest."""
    return site.protocol or current_protocol(site.study)


def version(study: Study, name: str) -> Protocol:
    """A version of the study's protocol; NotFound names those that there are."""
    query = select(Protocol).filter_by(study_id=study.id).order_by(Protocol.installed_at, Protocol.id)
    versions = {protocol.version: protocol for protocol in db.session.scalars(query)}
    if name not in versions:
        raise NotFound(f"{study.code} has no version {name}; it has {', '.join(versions) or 'none yet'}.")
    return versions[name]


def running_plans() -> list[ProtocolFile]:
    """The newest version of each study that texts its patients."""
    query = select(Protocol).join(Protocol.study).where(Study.state.in_(states_that(Act.TEXT)))
    in_time = db.session.scalars(query.order_by(Protocol.installed_at, Protocol.id))
    return [protocol.plan for protocol in {protocol.study_id: protocol for protocol in in_time}.values()]


def site(study: Study, code: str) -> Site:
    """The study's site with this code."""
    row = db.session.scalar(select(Site).filter_by(study_id=study.id, code=code))
    if row is None:
        raise NotFound(f"{study.code} has no site {code}.")
    return row


def _study(plan: ProtocolFile, code: str, state: StudyState, now: datetime) -> Study:
    existing = db.session.scalar(select(Study).filter_by(code=code))
    if existing is None:
        title = plan.title[plan.default_language]
        existing = Study(code=code, title=plan.title.get("en", title), state=state, created_at=now)
        db.session.add(existing)
        db.session.flush()
    return existing


def _sites(study: Study, plan: ProtocolFile) -> None:
    existing = {site.code: site for site in db.session.scalars(select(Site).filter_by(study_id=study.id))}
    for planned in plan.sites:
        row = existing.get(planned.code)
        if row is None:
            row = Site(study=study, code=planned.code, active=study.state in PRACTICE)  # else it begins by its approval
            db.session.add(row)
        row.name, row.phone = planned.name, planned.phone


def with_protocol() -> Select[Study]:
    """How to ask for the studies that have a protocol: one without has nobody, and no calendar."""
    return select(Study).where(Study.id.in_(select(Protocol.study_id)))
