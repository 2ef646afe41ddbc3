"""The questionnaires of an installation: those that ship, and those that a site installed; and which a protocol asks.

What a protocol asks is pinned by hash when it is installed, and kept in the database: a newer definition, of ours or of
the site, reaches no visit of an older protocol. A protocol from before there were pins is
pinned by `flask db upgrade` to what ships then (`pinning.pin_earlier`); until that it asks what ships.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import select

from app.core.database import db
from app.core.problems import Conflict, NotFound
from app.instruments import Instrument, UnknownInstrument, instrument
from app.instruments.folders import Folder, read_files
from app.instruments.library import instrument_codes, shipped_folder, sound_instruments
from app.instruments.problems import BadFolder
from app.studies.models import InstalledInstrument
from app.studies.protocol import Protocol


def install_folder(folder: Folder, now: datetime) -> InstalledInstrument:
    """Keep this questionnaire; protocols that are installed from now on ask it. The same one again changes nothing.

    Conflict where its version is known already with other questions, answers or scores.
    """
    new = folder.instrument
    existing = db.session.scalar(select(InstalledInstrument).filter_by(code=new.code, sha256=new.sha256))
    if existing is not None:
        return existing
    for version in _versions(new.code):
        if version.version == new.version and not same_structure(version, new):
            raise Conflict(f"Version {new.version} of {new.code} is known with other content; raise its version.")
    row = _keep(folder, now, shipped=False)
    db.session.flush()
    return row


def same_structure(before: Instrument, new: Instrument) -> bool:
    """Whether nothing but words is different."""
    return before.structure_sha256 == new.structure_sha256


def _keep(folder: Folder, now: datetime, *, shipped: bool) -> InstalledInstrument:
    new = folder.instrument
    row = InstalledInstrument(
        code=new.code,
        version=new.version,
        sha256=new.sha256,
        shipped=shipped,
        files=dict(folder.files),
        installed_at=now,
    )
    db.session.add(row)
    _read[new.code, new.sha256] = folder
    return row


def newest() -> Mapping[str, Instrument]:
    """By code, what a protocol that names no version asks: the site's newest, else what ships."""
    shipped = {each.code: each for each in sound_instruments()}
    return MappingProxyType({**shipped, **{row.code: folder.instrument for row, folder in _of_site()}})


def newest_folder(code: str) -> Folder:
    """The same of one code, with its vectors; UnknownInstrument says which there are, BadFolder what is wrong."""
    of_site = [folder for row, folder in _of_site() if row.code == code]
    if of_site:
        return of_site[-1]
    if code not in instrument_codes():
        raise UnknownInstrument(code, sorted({*instrument_codes(), *newest()}))
    return shipped_folder(code)


def of_version(code: str, version: str) -> Instrument:
    """The newest questionnaire of this code that calls itself so; NotFound names the versions that there are."""
    every = _versions(code)
    fitting = [each for each in every if each.version == version]
    if not fitting:
        names = ", ".join(sorted({each.version for each in every})) or "none"
        raise NotFound(f"There is no version {version} of {code}; known: {names}.")
    return fitting[-1]


def asked(plan: Protocol, code: str) -> Instrument:
    """The questionnaire of this code as this protocol asks it."""
    pin = plan.instruments.get(code)
    return instrument(code) if pin is None or pin.sha256 is None else by_hash(code, pin.sha256)


def asked_at(plan: Protocol, visit: str) -> tuple[Instrument, ...]:
    """The questionnaires of a visit, in the order of the protocol."""
    return tuple([asked(plan, code) for code in plan.visit(visit).instruments])


def by_hash(code: str, sha256: str) -> Instrument:
    """The questionnaire of this hash: in memory since it was first asked for, else from the database."""
    if (code, sha256) not in _read:
        if code in instrument_codes() and sha256 == _shipped_hash(code):
            _read[code, sha256] = shipped_folder(code)
        else:
            row = db.session.scalar(select(InstalledInstrument).filter_by(code=code, sha256=sha256))
            if row is None:
                raise NotFound(f"The questionnaire {code} {sha256[:12]} is not in this database.")
            _read[code, sha256] = read_files(code, row.files, kept=True)
    return _read[code, sha256].instrument


def keep_for(questionnaires: Collection[Instrument], now: datetime) -> None:
    """The shipped questionnaires that a protocol asks stay as they are now, whatever ships later."""
    codes = [each.code for each in questionnaires]
    query = select(InstalledInstrument.code, InstalledInstrument.sha256).where(InstalledInstrument.code.in_(codes))
    kept = {(code, sha256) for code, sha256 in db.session.execute(query)}
    for questionnaire in questionnaires:
        if (questionnaire.code, questionnaire.sha256) not in kept:
            _keep(shipped_folder(questionnaire.code), now, shipped=True)
    db.session.flush()


def _shipped_hash(code: str) -> str | None:
    try:
        return instrument(code).sha256
    except BadFolder:
        return None


def _versions(code: str) -> list[Instrument]:
    """Every questionnaire of this code that can be asked, the newest last; what ships first."""
    shipped = [each for each in sound_instruments() if each.code == code]
    return [*shipped, *(folder.instrument for row, folder in _of_site() if row.code == code)]


def versions() -> list[Instrument]:
    """Every questionnaire that a protocol may ask."""
    return [*sound_instruments(), *(folder.instrument for _, folder in _of_site())]


def _of_site() -> list[tuple[InstalledInstrument, Folder]]:
    """What the site installed, in its order; what a newer Svar does not read any more is left out."""
    rows = db.session.scalars(select(InstalledInstrument).filter_by(shipped=False).order_by(InstalledInstrument.id))
    folders = []
    for row in rows:
        try:
            by_hash(row.code, row.sha256)
        except BadFolder:
            continue
        folders.append((row, _read[row.code, row.sha256]))
    return folders


_read: dict[tuple[str, str], Folder] = {}
