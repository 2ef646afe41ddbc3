"""Words that a site installed for an instrument, in place of the demonstration wording that ships.

They are rows, so that every process of an installation shows the same; each process reads them once and again when
there are newer ones, whose highest id every page's one question to the database brings along.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ScalarSelect, String, cast, select

from app.core.database import db
from app.instruments import Instrument, Wording, instrument
from app.instruments.wording_building import Heading, build_wording
from app.responses.models import InstalledWording

Words = Mapping[tuple[str, str], Wording]


def install_wording(wording: Wording, now: datetime) -> InstalledWording:
    """Show this wording from now on, also one that was shown before. Installing the newest again changes nothing."""
    key = {"instrument": wording.instrument, "language": wording.language}
    latest = db.session.scalar(select(InstalledWording).filter_by(**key).order_by(InstalledWording.id.desc()).limit(1))
    facts = {"version": wording.version, "source": wording.source, "sha256": wording.sha256}
    if latest is not None and all(getattr(latest, name) == value for name, value in facts.items()):
        return latest
    row = InstalledWording(**key, **facts, content=dict(wording.strings), installed_at=now)
    db.session.add(row)
    db.session.flush()
    return row


def newest() -> ScalarSelect[str | None]:
    """Number and hash of the wording installed last, null where there is none, to be asked for with something else."""
    mark = cast(InstalledWording.id, String) + ":" + InstalledWording.sha256
    return select(mark).order_by(InstalledWording.id.desc()).limit(1).scalar_subquery()


def in_installed_words(questionnaire: Instrument, last: str | None) -> Instrument:
    """The instrument with its installed words, if there are any; `last` is what `newest` found."""
    for (code, _), wording in installed(last).items():
        if code == questionnaire.code:
            questionnaire = questionnaire.with_wording(wording)
    return questionnaire


def installed(last: str | None) -> Words:
    """The latest installed wording of each instrument and language, read when there is a newer one."""
    if last is None:
        return {}
    if last not in _read:
        _read.clear()
        _read[last] = _latest()
    return _read[last]


def not_original(codes: Iterable[str], languages: Iterable[str]) -> list[tuple[str, str]]:
    """Instruments and languages whose original words a live study would need, and that are not installed."""
    last = db.session.scalar(select(newest()))
    shown = [in_installed_words(instrument(code), last) for code in dict.fromkeys(codes)]
    return [(each.code, language) for each in shown for language in languages if not each.ready_for_patients(language)]


def _latest() -> dict[tuple[str, str], Wording]:
    rows = select(InstalledWording).order_by(InstalledWording.id)
    return {(row.instrument, row.language): _wording(row) for row in db.session.scalars(rows)}


def _wording(row: InstalledWording) -> Wording:
    return build_wording(instrument(row.instrument), Heading(row.language, row.version, False, row.source), row.content)


_read: dict[str, Words] = {}
