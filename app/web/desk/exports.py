"""The nightly exports of a study, to look at and to download."""

from pathlib import PurePosixPath

from flask import Blueprint, render_template, request, send_file
from werkzeug.wrappers import Response

from app.accounts.roles import Permission
from app.core.problems import NotFound
from app.core.time import now
from app.exports.downloading import archive_name, downloads, files, hashes, note_download, opened, packed_together
from app.exports.labelled.norwegian import TABLES, of_file
from app.exports.replaced import Export, chosen, newest_first, snapshot_of, taken_before
from app.instruments.written_days import written_day
from app.permitting import current_scope
from app.web.staff.access import actor, confirmed, requires

blueprint = Blueprint("desk_exports", __name__, url_prefix="/desk/<study>/exports")
NO_SUCH_FILE = "There is no such file in this export. Go back to the list."
NORWEGIAN = "norwegian"
"""Asked for as `?form=norwegian`."""


@blueprint.get("/")
@requires(Permission.DOWNLOAD_EXPORT, whole_study=True)
def listing() -> str:
    """Every export, newest first, with its files."""
    every = newest_first(current_scope().study)
    snapshots = [(snapshot, files(snapshot)) for snapshot in every]
    return render_template(
        "desk/exports.html", snapshots=snapshots, downloads=downloads(every), replaced=taken_before(every),
        tables={f"{name}.csv" for name in TABLES},
    )  # fmt: skip


@blueprint.get("/<day>.zip")
@requires(Permission.DOWNLOAD_EXPORT, whole_study=True)
@confirmed
def archive(day: str) -> Response:
    """One export as an archive."""
    export = _export(day)
    packed, name = packed_together(export), archive_name(export)
    note_download(export, name, actor(), now())
    return _unkept(send_file(packed, "application/zip", as_attachment=True, download_name=name))


@blueprint.get("/<day>/<path:name>")
@requires(Permission.DOWNLOAD_EXPORT, whole_study=True)
@confirmed
def file(day: str, name: str) -> Response:
    """One file of an export, if it is what was exported. Names of the manifest alone: none leads out of the folder."""
    export = _export(day)
    digest = hashes(export).get(name)
    if digest is None:
        raise NotFound(NO_SUCH_FILE)
    content = opened(export, name, digest)
    if request.args.get("form") == NORWEGIAN:
        content = of_file(content, name)
    note_download(export, name, actor(), now())
    return _unkept(send_file(content, as_attachment=True, download_name=PurePosixPath(name).name))


def _unkept(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _export(day: str) -> Export:
    try:
        on = written_day(day)
    except ValueError:
        raise NotFound(NO_SUCH_FILE) from None
    snapshot = snapshot_of(current_scope().study, on)
    if snapshot is None:
        raise NotFound(NO_SUCH_FILE)
    try:
        export = chosen(snapshot, request.args.get("manifest"))
    except NotFound:
        raise NotFound(NO_SUCH_FILE) from None
    if not export.is_on_this_machine:
        raise NotFound(NO_SUCH_FILE)
    return export
