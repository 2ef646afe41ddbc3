"""The nightly exports: which there are, and their files."""

from collections.abc import Mapping, Sequence
from hashlib import file_digest
from os import SEEK_END
from pathlib import Path
from typing import IO, Any

from flask import Response, jsonify, request, send_file, url_for
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from app.accounts.roles import Permission
from app.api.access import current_token, requires
from app.api.blueprint import blueprint
from app.api.finding import snapshot
from app.api.operations import operation
from app.api.schemas import NothingSchema
from app.api.snapshot_schemas import SnapshotFileQuery, SnapshotQuery, SnapshotSchema, SnapshotsSchema
from app.core.problems import NotFound
from app.core.time import now
from app.exports.downloading import archive_name, hashes, note_download, opened, packed_together, recorded
from app.exports.labelled.norwegian import of_file
from app.exports.models import Snapshot
from app.exports.nightly import export_snapshot
from app.exports.replaced import Export, chosen, newest_first, standing, taken_before
from app.permitting import current_scope
from app.studies.states import Act

SNAPSHOTS_PATH = "/studies/<study>/snapshots"
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


@blueprint.get(SNAPSHOTS_PATH)
@requires(Permission.DOWNLOAD_EXPORT, whole_study=True)
@operation("The exports of a study, newest first", answer=SnapshotsSchema)
def snapshots() -> dict[str, object]:
    """Every one that was written."""
    written = newest_first(current_scope().study)
    taken = taken_before(written)
    return {"items": [_line(each, taken.get(each.id, [])) for each in written]}


@blueprint.post(SNAPSHOTS_PATH)
@requires(Permission.DOWNLOAD_EXPORT, whole_study=True, act=Act.EXPORT)
@operation("Export the study as it is now, as today's", answer=SnapshotSchema, body=NothingSchema, status=201)
def new_snapshot(body: dict[str, Any]) -> dict[str, object]:
    """A day has one export: where nothing but time has passed since it was made, it stays as it is. Where another
    takes its place, it stays for whoever downloaded it, by the hash of its manifest."""
    written = export_snapshot(current_scope().study, now())
    return _line(written, taken_before([written]).get(written.id, []))


@blueprint.get(f"{SNAPSHOTS_PATH}/<day>.zip")
@requires(Permission.DOWNLOAD_EXPORT, whole_study=True)
@operation("All files of an export in one archive", query=SnapshotQuery, media_type="application/zip")
def snapshot_archive(day: str, query: dict[str, str | None]) -> Response:
    """The same export is the same archive."""
    written = _here(day, query)
    name, packed = archive_name(written), packed_together(written)
    etag = file_digest(packed, "sha256").hexdigest()  # type: ignore[arg-type]  # typed for files of other classes
    packed.seek(0)
    return _sent(written, name, packed, "application/zip", etag)


@blueprint.get(f"{SNAPSHOTS_PATH}/<day>")
@requires(Permission.DOWNLOAD_EXPORT, whole_study=True)
@operation("The manifest of an export: its files with rows, bytes and SHA-256", query=SnapshotQuery)
def one_snapshot(day: str, query: dict[str, str | None]) -> Response:
    """As it lies in the folder."""
    written = _here(day, query)
    return jsonify(recorded(written))


@blueprint.get(f"{SNAPSHOTS_PATH}/<day>/<path:name>")
@requires(Permission.DOWNLOAD_EXPORT, whole_study=True)
@operation("One file of an export", query=SnapshotFileQuery, media_type="*/*")
def snapshot_file(day: str, name: str, query: dict[str, str | None]) -> Response:
    """The bytes that the manifest names; its SHA-256 is the ETag, so that nothing is fetched twice."""
    written = _here(day, query)
    digests = hashes(written)
    if name not in digests:
        raise NotFound(f"This export has no such file. It has {', '.join(sorted(digests))}.")
    content, path, etag = opened(written, name, digests[name]), Path(name), digests[name]
    if query["form"] is not None:
        content, etag = of_file(content, name), f"{etag}-{query['form']}"
    return _sent(written, name, content, TYPES.get(path.suffix, "application/octet-stream"), etag)


def _sent(written: Export, name: str, content: IO[bytes], media_type: str, etag: str) -> Response:
    """The file, whole or the range that is asked for, so that a download that broke off goes on where it was; nothing
    of it where the program has it. What leaves is on the record."""
    size = content.seek(0, SEEK_END)
    content.seek(0)
    answer = send_file(
        content, media_type, True, Path(name).name, conditional=False, etag=etag, last_modified=written.as_of
    )
    answer.content_length = size
    try:
        answer.make_conditional(request, accept_ranges=True, complete_length=size)
    except RequestedRangeNotSatisfiable:
        content.close()
        raise
    if answer.status_code in WITH_CONTENT and request.method != "HEAD":
        note_download(written, name, f"user:{current_token().user_id}", now())
    return answer


def _line(written: Snapshot, taken: Sequence[Export]) -> dict[str, object]:
    return {"day": written.day, **_described(standing(written)), "replaced": [_described(each) for each in taken]}


def _described(export: Export) -> dict[str, object]:
    day, digest = export.snapshot.day.isoformat(), export.manifest_sha256
    manifest = None if digest == export.snapshot.manifest_sha256 else digest
    href = url_for("api.one_snapshot", study=current_scope().study.code, day=day, manifest=manifest)
    return {"as_of": export.as_of, "manifest_sha256": digest, "href": href}


def _here(day: str, query: Mapping[str, str | None]) -> Export:
    """The day's export, or that of the manifest which is asked for; NotFound where it is not on this machine."""
    export = chosen(snapshot(day), query["manifest"])
    if not export.is_on_this_machine:
        raise NotFound(f"The folder of the export of {export.snapshot.day} is no longer on this machine.")
    return export
