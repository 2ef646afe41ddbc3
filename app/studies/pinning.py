"""Fix what a protocol asks at the moment of its installation: each questionnaire by version and hash."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from app.core.database import db
from app.instruments import Instrument
from app.instruments.value_set_files import value_set_ids
from app.studies.models import ImportedValueSet
from app.studies.protocol import Protocol
from app.studies.protocol.known import Known, known_questionnaires
from app.studies.protocol.pins import Pin
from app.studies.questionnaires import by_hash, keep_for, newest_folder, of_version, versions


def facts(brought: Iterable[Instrument] = ()) -> Known:
    """What a protocol may refer to here: what ships, what the site brought, and what is `brought` with the protocol."""
    imported = db.session.scalars(select(ImportedValueSet.name))
    return Known(known_questionnaires([*versions(), *brought]), frozenset({*value_set_ids(), *imported}))


def pin(plan: Protocol, now: datetime) -> Protocol:
    """The plan with the version and the hash of each questionnaire that it asks, which the database keeps."""
    codes = dict.fromkeys(code for visit in plan.visits for code in visit.instruments)
    pins = {code: _pin(code, plan.instruments.get(code) or Pin()) for code in codes}
    for code, pinned in pins.items():
        if pinned.sha256:
            keep_for(code, pinned.sha256, now)
    return replace(plan, instruments=pins)


def _pin(code: str, said: Pin) -> Pin:
    questionnaire = _meant(code, said)
    return replace(said, version=questionnaire.version, sha256=questionnaire.sha256)


def _meant(code: str, said: Pin) -> Instrument:
    if said.sha256:
        return by_hash(code, said.sha256)
    return of_version(code, said.version) if said.version else newest_folder(code).instrument


def pinned_as(plan: Protocol, before: Protocol) -> Protocol:
    """A file's plan, with the pins of an installed plan wherever the file leaves them open."""
    pins = {code: _filled(plan.instruments.get(code) or Pin(), pinned) for code, pinned in before.instruments.items()}
    return replace(plan, instruments={**plan.instruments, **pins})


def _filled(said: Pin, before: Pin) -> Pin:
    return replace(said, version=said.version or before.version, sha256=said.sha256 or before.sha256)
