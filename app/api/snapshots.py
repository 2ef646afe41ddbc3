"""The nightly exports: which there are, and their files."""

from pathlib import Path
from typing import Any

from flask import Response, jsonify, send_file, url_for
from sqlalchemy import select

from app.accounts.roles import Permission
from app.api.access import current_token, requires
from app.api.blueprint import blueprint
from app.api.finding import snapshot
from app.api.operations import operation
from app.api.schemas import NothingSchema, SnapshotFileQuery, SnapshotSchema, SnapshotsSchema
from app.core.database import db
from app.core.problems import NotFound
from app.core.time import now
from app.exports.downloading import archive_name, hashes, note_download, opened, packed_together, recorded
from app.exports.labelled.norwegian import of_file
from app.exports.models import Snapshot
from app.exports.nightly import export_snapshot
from app.exports.places import folder_of
from app.permitting import current_scope
from app.studies.states import Act

FOLDER = "/studies/<study>/snapshots"
WITH_CONTENT = (200, 206)
"""Statuses with content; 304 says that the program has the file already."""
TYPES = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xml": "application/xml",
    ".ndjson": "application/x-ndjson",
}


@blueprint.get(FOLDER)
@requires(Permission.DOWNLOAD_EXPORT, whole_study=True)
@operation("The exports of a study, newest first", answer=SnapshotsSchema)
def snapshots() -> dict[str, object]:
    """Every one that was written."""
    query = select(Snapshot).filter_by(study_id=current_scope().study.id).order_by(Snapshot.day.desc())
    return {"items": [_line(written) for written in db.session.scalars(query)]}


@blueprint.post(FOLDER)
@requires(Permission.DOWNLOAD_EXPORT, whole_study=True, act=Act.EXPORT)
@operation("Export the study as it is now, as today's", answer=SnapshotSchema, body=NothingSchema, status=201)
def new_snapshot(body: dict[str, Any]) -> dict[str, object]:
    """A day has one export: where nothing but time has passed since it was made, it stays as it is."""
    return _line(export_snapshot(current_scope().study, now()))


@blueprint.get(f"{FOLDER}/<day>.zip")
@requires(Permission.DOWNLOAD_EXPORT, whole_study=True)
@operation("All files of an export in one archive", media_type="application/zip")
def snapshot_archive(day: str) -> Response:
    """The same export is the same archive."""
    written = snapshot(day)
    _is_here(written)
    name = archive_name(written)
    note_download(written, name, f"user:{current_token().user_id}", now())
    return send_file(packed_together(written), "application/zip", as_attachment=True, download_name=name)


@blueprint.get(f"{FOLDER}/<day>")
@requires(Permission.DOWNLOAD_EXPORT, whole_study=True)
@operation("The manifest of an export: its files with rows, bytes and SHA-256")
def one_snapshot(day: str) -> Response:
    """As it lies in the folder."""
    written = snapshot(day)
    _is_here(written)
    return jsonify(recorded(written))


@blueprint.get(f"{FOLDER}/<day>/<path:name>")
@requires(Permission.DOWNLOAD_EXPORT, whole_study=True)
@operation("One file of an export", query=SnapshotFileQuery, media_type="*/*")
def snapshot_file(day: str, name: str, query: dict[str, str | None]) -> Response:
    """The bytes that the manifest names; its SHA-256 is the ETag, so that nothing is fetched twice."""
    written = snapshot(day)
    _is_here(written)
    digests = hashes(written)
    if name not in digests:
        raise NotFound(f"This export has no such file. It has {', '.join(sorted(digests))}.")
    content, path, etag = opened(written, name, digests[name]), Path(name), digests[name]
    if query["form"] is not None:
        content, etag = of_file(content, name), f"{etag}-{query['form']}"
    media_type = TYPES.get(path.suffix, "application/octet-stream")
    answer = send_file(content, media_type, True, path.name, etag=etag, last_modified=written.as_of)
    if answer.status_code in WITH_CONTENT:
        note_download(written, name, f"user:{current_token().user_id}", now())
    return answer


def _line(written: Snapshot) -> dict[str, object]:
    href = url_for("api.one_snapshot", study=current_scope().study.code, day=written.day.isoformat())
    return {"day": written.day, "as_of": written.as_of, "manifest_sha256": written.manifest_sha256, "href": href}


def _is_here(written: Snapshot) -> None:
    if not folder_of(written).is_dir():
        raise NotFound(f"The folder of the export of {written.day} is no longer on this machine.")
