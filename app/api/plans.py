"""What a study asks: its protocol and questionnaires; and whether the service is well."""

from sqlalchemy import select

from app.accounts.roles import Permission
from app.api.access import any_token, requires
from app.api.blueprint import blueprint
from app.api.operations import operation
from app.api.result_schemas import HealthSchema, InstalledProtocolSchema, InstrumentsSchema
from app.core.database import db
from app.core.time import now
from app.instruments import Instrument
from app.messages.monitoring import heartbeats
from app.messages.monitoring.measures import complaints, measure
from app.permitting import current_scope
from app.studies.confining import seeing_everybody
from app.studies.installing import current_protocol
from app.studies.models import Protocol
from app.studies.questionnaires import asked_at


@blueprint.get("/studies/<study>/protocol")
@requires(Permission.VIEW_COMPLIANCE)
@operation("The protocol that new participants follow", answer=InstalledProtocolSchema)
def protocol() -> dict[str, object]:
    """The newest version, and the names of all."""
    study = current_scope().study
    newest = current_protocol(study)
    names = select(Protocol.version).filter_by(study_id=study.id).order_by(Protocol.installed_at, Protocol.id)
    facts = {name: getattr(newest, name) for name in ("version", "sha256", "installed_at", "source")}
    return {**facts, "versions": db.session.scalars(names).all()}


@blueprint.get("/studies/<study>/instruments")
@requires(Permission.VIEW_COMPLIANCE)
@operation("The questionnaires that the protocol asks, without their words", answer=InstrumentsSchema)
def instruments() -> dict[str, object]:
    """Each once, by code: what can be answered, and which scores come of it."""
    plan = current_protocol(current_scope().study).plan
    by_code = {each.code: each for visit in plan.visits for each in asked_at(plan, visit.code)}
    return {"items": [_instrument(by_code[code]) for code in sorted(by_code)]}


@blueprint.get("/health")
@any_token
@operation("Whether all is as it should be", answer=HealthSchema)
def well() -> dict[str, object]:
    """What is not, in words; nothing of any person."""
    at = now()
    with seeing_everybody():
        wrong = complaints(measure(at), heartbeats.last(), at)
    return {"status": "not ready" if wrong else "ready", "complaints": wrong}


def _instrument(each: Instrument) -> dict[str, object]:
    facts = {"code": each.code, "version": each.version, "sha256": each.sha256, "languages": each.languages}
    return {**facts, "items": each.items, "scores": [score.name for score in each.scores]}
