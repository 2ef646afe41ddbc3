"""An archive of a study: all that is to be kept, in files that open without Svar, each with its hash.

It is made whole or not at all: beside the folder that was asked for, then renamed. `sha256sum -c SHA256SUMS` holds
every file against its hash on any machine; the hash of that list is what is kept elsewhere.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest, sha256
from html import escape
from pathlib import Path

from sqlalchemy import ColumnElement, or_, select

from app.core.database import db
from app.core.problems import Conflict
from app.ending.erasing import certificate
from app.ending.models import Erasure
from app.ending.pdf import pdf
from app.ending.sheets import sheet
from app.exports.contents import contents
from app.exports.trail import EntryFilter, trail_csv
from app.participants.models import Participant
from app.responses.models import InstalledWording, Response
from app.schedule.models import Assessment
from app.studies.access import Scope
from app.studies.guarding import allow
from app.studies.models import InstalledInstrument, Protocol, Site, Study
from app.studies.states import Act

SUMS, INDEX = "SHA256SUMS", "index.html"
PART_SUFFIX = ".part"
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}}td{{padding-right:2rem}}</style>
<h1>{title}</h1>
<p>The archive of the study {code}, made on {on} UTC. Nothing of it needs Svar. <code>sha256sum -c SHA256SUMS</code>, in
this folder, holds each file against its hash.</p>
<table>{rows}</table></html>
"""
WHAT = {
    "export": "The data: CSV, Parquet and labelled files, with a codebook and a manifest of their own",
    "protocols": "Each version of the protocol, as it was installed",
    "questionnaires": "The questionnaires that were asked, with scoring and words, and words that the sites installed",
    "answered": "Each answered visit as it was shown, a PDF by participant and visit",
    "audit_trail.csv": "Who changed what, when and why, the newest first",
    "certificates.json": "What was taken away for good",
}


@dataclass(frozen=True)
class Archive:
    """Where it is, how many files it has, and the SHA-256 of the list of their hashes."""

    folder: Path
    files: int
    sha256: str


def archive(study: Study, folder: Path, now: datetime) -> Archive:
    """Write the archive into `folder`, which must be new. Conflict where the state of the study does not allow it."""
    allow(study, Act.ARCHIVE)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is there already, and an archive is made in a new folder. Name another one.")
    part = folder.with_name(f"{folder.name}{PART_SUFFIX}")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)
    contents(study, now, part / "export")
    _protocols(study, part / "protocols")
    _questionnaires(study, part / "questionnaires")
    _answered(study, part / "answered")
    _trail(study, part / "audit_trail.csv")
    _certificates(study, part / "certificates.json")
    rows = "".join(f'<tr><td><a href="{name}">{name}</a><td>{escape(said)}' for name, said in WHAT.items())
    page = PAGE.format(title=escape(study.title), code=study.code, on=f"{now:%Y-%m-%d %H:%M}", rows=rows)
    (part / INDEX).write_text(page, "utf-8")
    files = _sums(part)
    if folder.is_dir():
        folder.rmdir()
    part.rename(folder)
    return Archive(folder, files, sha256((folder / SUMS).read_bytes()).hexdigest())


def _protocols(study: Study, folder: Path) -> None:
    folder.mkdir()
    for version in db.session.scalars(select(Protocol).filter_by(study_id=study.id).order_by(Protocol.id)):
        (folder / f"{_file_name(version.version)}.yaml").write_bytes(version.source.encode())


def _questionnaires(study: Study, folder: Path) -> None:
    """Every version that any version of the protocol asks, as its folder was, and the words of sites."""
    versions = db.session.scalars(select(Protocol).filter_by(study_id=study.id).order_by(Protocol.id))
    hashes = {(code, pin.sha256) for version in versions for code, pin in version.plan.instruments.items()}
    for row in db.session.scalars(select(InstalledInstrument).order_by(InstalledInstrument.id)):
        if (row.code, row.sha256) in hashes:
            for name, words in row.files.items():
                _write(folder / f"{row.code}-{_file_name(row.version)}-{row.sha256[:8]}" / name, words)
    whose = or_(InstalledWording.study_id == study.id, InstalledWording.study_id.is_(None))
    codes = {code for code, _ in hashes}
    for wording in db.session.scalars(select(InstalledWording).where(whose).order_by(InstalledWording.id)):
        if wording.instrument in codes:
            name = f"{wording.instrument}-{wording.language}-{wording.sha256[:8]}.json"
            _write(folder / "words of sites" / name, json.dumps(wording.content, ensure_ascii=False, indent=1))
    folder.mkdir(exist_ok=True)


def _answered(study: Study, folder: Path) -> None:
    folder.mkdir()
    for response in responses_of(Participant.study_id == study.id):
        write_paper(response, folder / response.assessment.participant.code)


def responses_of(*whose: ColumnElement[bool]) -> Iterator[Response]:
    """What was answered, person by person and visit by visit."""
    query = select(Response).join(Response.assessment).join(Assessment.participant).where(*whose)
    query = query.order_by(Participant.code, Assessment.day, Assessment.id)
    yield from db.session.scalars(query.execution_options(yield_per=100))


def write_paper(response: Response, folder: Path) -> Path:
    """The PDF of a response, in this folder, by the code of its visit."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{_file_name(response.assessment.visit)}.pdf"
    path.write_bytes(pdf(sheet(response)))
    return path


def _trail(study: Study, path: Path) -> None:
    sites = tuple(db.session.scalars(select(Site.id).filter_by(study_id=study.id).order_by(Site.id)))
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(trail_csv(Scope(study, sites, frozenset(), whole=True), EntryFilter()))


def _certificates(study: Study, path: Path) -> None:
    done = select(Erasure).where(Erasure.study == study.code, Erasure.done_at.is_not(None)).order_by(Erasure.id)
    rows = [certificate(row) | {"sha256": row.sha256} for row in db.session.scalars(done)]
    _write(path, json.dumps(rows, ensure_ascii=False, indent=1) + "\n")


def _sums(folder: Path) -> int:
    """Write the list of hashes, as sha256sum reads it; returns of how many files."""
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    lines = []
    for name in paths:
        with (folder / name).open("rb") as file:
            lines.append(f"{file_digest(file, 'sha256').hexdigest()}  {name}\n")
    (folder / SUMS).write_text("".join(lines), "utf-8")
    return len(paths)


def _write(path: Path, words: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(words, "utf-8")


def _file_name(words: str) -> str:
    """A name that every system takes, also of a version such as `1/2`."""
    return "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in words)
