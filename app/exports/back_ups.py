"""What a back-up says of itself, and whether it may go where it shall: keys, roles, versions, rows and exports."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select

from app.core import backing_up, incarnation, key_marks
from app.core.archives import Inventory
from app.core.database import db
from app.core.migrating import line
from app.core.problems import Conflict
from app.core.time import virtual_now
from app.exports.contents import contents
from app.exports.spilling import spare_folder
from app.exports.versions import code_version
from app.studies.models import Protocol, Study
from app.version import VERSION


def make(file: Path, owner_url: str, app_role: str) -> tuple[Inventory, int]:
    """Back up into `file` what one look at the database sees, first in a transaction: the manifest, and its size."""
    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    snapshot = db.session.scalar(select(func.pg_export_snapshot())) or ""
    made_at, exports = virtual_now() or db.session.execute(select(func.now())).scalar_one(), {}
    for study in _studies():
        exports[study.code] = _export_sha256(study, made_at)
    with backing_up.owning(owner_url) as engine:
        connection = engine.connect().execution_options(isolation_level="REPEATABLE READ")
        with connection:
            backing_up.see(connection, snapshot)
            manifest = Inventory(
                made_at=made_at.isoformat(),
                version=VERSION,
                revision=connection.scalar(backing_up.REVISION) or "",
                postgresql=backing_up.major_of(connection),
                incarnation=incarnation.present().mark,
                app_role=app_role,
                keys=backing_up.marks_in_words(),
                counts=backing_up.counts(connection),
                exports=exports,
                installation=key_marks.kind() or "",
                code=code_version(),
            )
        return manifest, backing_up.write(file, manifest, owner_url, snapshot)


def check(manifest: Inventory, owner_url: str, app_role: str, *, test_installation: bool = False) -> None:
    """Conflict with what to do where the back-up may not go into the database of `owner_url`."""
    backing_up.check_kind(manifest, test_installation=test_installation)
    backing_up.check_keys(manifest)
    if manifest.revision not in line():
        raise Conflict(
            f"The back-up is of a later version of Svar ({manifest.version}, schema {manifest.revision}) than this one"
            f" ({VERSION}). Install that version or a later one, and restore with it."
        )
    with backing_up.owning(owner_url) as engine, engine.connect() as connection:
        backing_up.check_target(connection, manifest, app_role)


def differing_exports(manifest: Inventory) -> list[str] | None:
    """The studies whose export as of the back-up is not what it was; nothing where another version made it."""
    if (manifest.version, manifest.code) != (VERSION, code_version()):
        return None
    at = datetime.fromisoformat(manifest.made_at)
    made = {study.code: _export_sha256(study, at) for study in _studies()}
    return sorted(code for code, hashed in manifest.exports.items() if made.get(code) != hashed)


def _export_sha256(study: Study, at: datetime) -> str:
    """Of the manifest of an export that is made and thrown away."""
    with spare_folder() as folder:
        return contents(study, at, folder / "export").sha256


def _studies() -> list[Study]:
    planned = select(Protocol.study_id)
    return list(db.session.scalars(select(Study).where(Study.id.in_(planned)).order_by(Study.code)))
