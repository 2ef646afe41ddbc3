"""Words that a site installed for an instrument, in place of the wording that ships.

They are rows, so that every process of an installation shows the same; each process reads them once and again when
there are newer ones, whose highest id every page's one question to the database brings along. Words for one study are
shown to that study alone, and before those for all; a protocol may name the version that it shows. In a live study a
visit keeps the words that were the newest when it opened.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ScalarSelect, String, cast, extract, select

from app.core.database import db
from app.instruments import Instrument, Wording
from app.instruments.problems import BadWording
from app.instruments.wording_building import Heading, build_wording
from app.responses.models import InstalledWording
from app.studies.models import Study


@dataclass(frozen=True)
class Shown:
    """For whom words are chosen: a study, the versions that its protocol names by language, and since when."""

    study_id: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    opened_at: datetime | None = None
    """The visit's opening, in a study that is live."""


SHOWN_TO_EVERYBODY = Shown()


@dataclass(frozen=True)
class WordingRow:
    """An installed wording as this process read it."""

    id: int
    study_id: int | None
    heading: Heading
    content: Mapping[str, str]
    installed_at: datetime


Rows = Mapping[str, tuple[WordingRow, ...]]
"""By instrument, the oldest first."""


def install_wording(wording: Wording, now: datetime, study: Study | None = None) -> InstalledWording:
    """Show this wording from now on, also one that was shown before. Installing the newest again changes nothing."""
    study_id = None if study is None else study.id
    key = {"instrument": wording.instrument, "language": wording.language, "study_id": study_id}
    latest = db.session.scalar(select(InstalledWording).filter_by(**key).order_by(InstalledWording.id.desc()).limit(1))
    facts = {
        "version": wording.version,
        "source": wording.source,
        "sha256": wording.sha256,
        "reviewed_by": wording.reviewed_by or None,
    }
    if latest is not None and all(getattr(latest, name) == value for name, value in facts.items()):
        return latest
    row = InstalledWording(**key, **facts, content=dict(wording.strings), installed_at=now)
    db.session.add(row)
    db.session.flush()
    return row


def newest() -> ScalarSelect[str | None]:
    """A mark of the wording installed last, null where there is none, to be asked for with something else."""
    since = extract("epoch", InstalledWording.installed_at)  # the same in every session, whatever its zone
    parts = (cast(InstalledWording.id, String), InstalledWording.sha256, cast(since, String))
    mark = parts[0] + ":" + parts[1] + ":" + parts[2]
    return select(mark).order_by(InstalledWording.id.desc()).limit(1).scalar_subquery()


def in_installed_words(questionnaire: Instrument, last: str | None, shown: Shown = SHOWN_TO_EVERYBODY) -> Instrument:
    """The instrument with its installed words, if there are any; `last` is what `newest` found."""
    rows = installed(last).get(questionnaire.code, ())
    chosen = _chosen(questionnaire, rows, shown) if rows else {}
    if not chosen:
        return questionnaire
    key = (questionnaire.sha256, tuple(sorted(row.id for row in chosen.values())))
    if key not in _worded:
        worded = questionnaire
        for row in chosen.values():
            if wording := _built(questionnaire, row):
                worded = worded.with_wording(wording)
        _worded[key] = worded
    return _worded[key]


def _chosen(questionnaire: Instrument, rows: Iterable[WordingRow], shown: Shown) -> dict[str, WordingRow]:
    """By language, the row whose words are shown."""
    chosen: dict[str, WordingRow] = {}
    for row in rows:
        language = row.heading.language
        before = chosen.get(language)
        if (
            row.study_id not in (None, shown.study_id)
            or shown.versions.get(language, row.heading.version) != row.heading.version
        ):
            continue
        if before and shown.opened_at and row.installed_at > shown.opened_at:
            continue
        if before and before.study_id is not None and row.study_id is None:
            continue
        if _built(questionnaire, row) is not None:
            chosen[language] = row
    return chosen


def installed(last: str | None) -> Rows:
    """The installed wordings, read when there is a newer one."""
    if last is None:
        return {}
    if last not in _read:
        for kept in (_read, _worded, _wordings):
            kept.clear()
        _read[last] = _rows()
    return _read[last]


def _rows() -> Rows:
    rows: dict[str, tuple[WordingRow, ...]] = {}
    for row in db.session.scalars(select(InstalledWording).order_by(InstalledWording.id)):
        heading = Heading(row.language, row.version, False, row.source, row.reviewed_by or "")
        read = WordingRow(row.id, row.study_id, heading, row.content, row.installed_at)
        rows[row.instrument] = (*rows.get(row.instrument, ()), read)
    return rows


def _built(questionnaire: Instrument, row: WordingRow) -> Wording | None:
    """The words for this version of the questionnaire; None where they were made for another one and do not fit."""
    key = (questionnaire.sha256, row.id)
    if key not in _wordings:
        try:
            _wordings[key] = build_wording(questionnaire, row.heading, row.content)
        except BadWording:
            _wordings[key] = None
    return _wordings[key]


def as_asked(questionnaire: Instrument, language: str, sha256: str, last: str | None) -> Wording | None:
    """The wording with this hash, as it shipped or was installed at some time; nothing where nobody has it any more."""
    shipped = questionnaire.wording(language)
    built = (_built(questionnaire, row) for row in installed(last).get(questionnaire.code, ()))
    return next((words for words in (shipped, *built) if words is not None and words.sha256 == sha256), None)


_read: dict[str, Rows] = {}
_worded: dict[tuple[str, tuple[int, ...]], Instrument] = {}
_wordings: dict[tuple[str, int], Wording | None] = {}
