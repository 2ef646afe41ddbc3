"""Fix what a protocol asks at the moment of its installation: each questionnaire by version and hash."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from app.core.database import db
from app.instruments import Instrument
from app.instruments.value_set_files import value_set_ids
from app.studies.models import ImportedValueSet, Protocol
from app.studies.protocol import Protocol as ProtocolFile
from app.studies.protocol.known import Known, known_questionnaires
from app.studies.protocol.pins import Pin
from app.studies.questionnaires import asked, by_hash, keep_for, newest, newest_folder, of_version, versions
from app.studies.spoken import languages


def facts(brought: Iterable[Instrument] = ()) -> Known:
    """What a protocol may refer to here: what ships, what the site brought, and what is `brought` with the protocol."""
    imported = db.session.scalars(select(ImportedValueSet.name))
    value_sets = frozenset({*value_set_ids(), *imported})
    return Known(known_questionnaires([*versions(), *brought]), value_sets, languages())


def pin(plan: ProtocolFile, now: datetime) -> ProtocolFile:
    """The plan with the version and the hash of each questionnaire that it asks, which the database keeps."""
    codes = _asked(plan)
    newest_of = newest()
    meant = {code: _meant(code, plan.instruments.get(code) or Pin(), newest_of) for code in codes}
    keep_for(meant.values(), now)
    pins = {
        code: replace(plan.instruments.get(code) or Pin(), version=questionnaire.version, sha256=questionnaire.sha256)
        for code, questionnaire in meant.items()
    }
    return replace(plan, instruments=pins)


def pin_earlier(now: datetime) -> list[str]:
    """Pin the protocols from before there were pins to what ships now, which they have asked until now; name them.

    From then on what ships later reaches none of their visits. A second time there is nothing to pin.
    """
    pinned = []
    for row in db.session.scalars(select(Protocol).order_by(Protocol.id)):
        open_ones = [code for code in _asked(row.plan) if (row.plan.instruments.get(code) or Pin()).sha256 is None]
        if open_ones:
            plan = _as_shipped(row.plan, open_ones, now)
            row.content, row.sha256 = plan.to_dict(), plan.sha256
            pinned.append(f"{row.study.code} {row.version}")
    db.session.flush()
    return pinned


def _asked(plan: ProtocolFile) -> list[str]:
    return list(dict.fromkeys(code for visit in plan.visits for code in visit.instruments))


def _as_shipped(plan: ProtocolFile, codes: Iterable[str], now: datetime) -> ProtocolFile:
    ships = {code: asked(plan, code) for code in codes}
    keep_for(ships.values(), now)
    pins = {
        code: replace(plan.instruments.get(code) or Pin(), version=each.version, sha256=each.sha256)
        for code, each in ships.items()
    }
    return replace(plan, instruments={**plan.instruments, **pins})


def _meant(code: str, said: Pin, newest_of: Mapping[str, Instrument]) -> Instrument:
    if said.sha256:
        return by_hash(code, said.sha256)
    if said.version:
        return of_version(code, said.version)
    return newest_of[code] if code in newest_of else newest_folder(code).instrument


def pinned_as(plan: ProtocolFile, before: ProtocolFile) -> ProtocolFile:
    """A file's plan, with the pins of an installed plan wherever the file leaves them open."""
    pins = {code: _filled(plan.instruments.get(code) or Pin(), pinned) for code, pinned in before.instruments.items()}
    return replace(plan, instruments={**plan.instruments, **pins})


def _filled(said: Pin, before: Pin) -> Pin:
    return replace(said, version=said.version or before.version, sha256=said.sha256 or before.sha256)
