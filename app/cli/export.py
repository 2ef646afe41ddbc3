"""`flask export`: write, list, verify and compare the exports."""

from datetime import datetime
from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import select

from app.cli import who
from app.config import current_settings
from app.core import one_time
from app.core.audit import acting
from app.core.database import db, transaction
from app.core.problems import Problem
from app.core.time import now
from app.exports.comparing import compare
from app.exports.handing_on import claim, hand_on
from app.exports.labelled.norwegian import norwegian
from app.exports.manifest import manifest
from app.exports.models import Snapshot
from app.exports.nightly import NotExported, check_none_due, export_due, export_snapshot
from app.exports.past_nights import as_of
from app.exports.places import folder_of
from app.exports.replaced import Export, asides, digest_in, standing, taken_before
from app.exports.retaining import manifest_of
from app.exports.signing import complaint
from app.exports.verifying import verify
from app.studies.installing import study as find_study
from app.studies.models import Study

group = AppGroup("export", help="What leaves: write it, list it, hold it against its manifest, compare two.")


@group.command()
@click.argument("study", required=False)
@click.option("--as-of", "day", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]), help="The CSV files of that night.")
@click.option("--into", type=click.Path(path_type=Path), help="With --as-of: the new folder for them.")
@click.option("--manifest", "digest", metavar="SHA256", help="With --as-of: of a day exported anew, which one.")
def run(study: str | None, day: datetime | None, into: Path | None, digest: str | None) -> None:
    """Export STUDY now; without it, every study whose export of today is due.

    With --as-of an earlier night's CSV files are written again, to the byte, and nothing else changes.
    """
    if any(option is not None for option in (day, into, digest)):
        _again(study, day, into, digest)
        return
    reading = one_time.read(now)
    if reading.is_off:
        raise click.ClickException(
            f"This machine's time is {one_time.in_words(reading.ahead)} the database's. Set it right, then export."
        )
    with acting(who.system_user()), transaction():
        made = [export_snapshot(find_study(study), reading.at)] if study else export_due(reading.at)
        folders, waiting = [folder_of(snapshot) for snapshot in made], claim(made, reading.at)
    for folder in folders:
        click.echo(folder)
    with acting(who.system_user()):
        failed = hand_on(waiting, current_settings().after_export, reading.at)
    if failed:
        raise click.ClickException(f"Exported, and SVAR_AFTER_EXPORT failed for {', '.join(map(str, failed))}.")
    if not study:
        _say_what_failed(reading.at)
    if not made:
        click.echo("Nothing is due.")


def _again(study: str | None, day: datetime | None, into: Path | None, digest: str | None) -> None:
    if study is None or day is None or into is None:
        raise click.ClickException("Say it whole: flask export run STUDY --as-of 2026-04-07 --into FOLDER.")
    for name in as_of(find_study(study), day.date(), into, digest):
        click.echo(into / name)


def _say_what_failed(now: datetime) -> None:
    try:
        check_none_due(now)
    except NotExported as error:
        raise click.ClickException(f"These studies were not exported: {error}. The log says why.") from None


@group.command("list")
@click.argument("study", required=False)
def list_(study: str | None) -> None:
    """List the exports of STUDY, or of all, with what each holds."""
    snapshots = _snapshots(study)
    taken = taken_before(snapshots)
    for snapshot in snapshots:
        for export in (*taken.get(snapshot.id, []), standing(snapshot)):
            click.echo(
                f"{snapshot.study.code}  {snapshot.day}  as of {export.as_of:%Y-%m-%d %H:%M} UTC  {_size(export)}"
            )


@group.command("verify")
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option("--public-key", "public", metavar="BASE64", help="Each must be signed, with this key's other half.")
def verify_(folders: tuple[Path, ...], public: str | None) -> None:
    """Hold FOLDERS, or every recorded export, against manifest and signature. Ends with 1 if anything differs."""
    own = current_settings().signing_keys
    keys = (public,) if public else own.public if own else ()
    recorded = {folder_of(snapshot): snapshot.manifest_sha256 for snapshot in _snapshots(None)}
    recorded |= {aside: digest_in(aside) for folder in list(recorded) for aside in asides(folder)}
    wrong = 0
    for folder in folders or recorded:
        if not folder.exists() and manifest_of(folder.absolute()).is_file():
            click.echo(f"{folder}: put away, {manifest_of(folder.absolute())} is kept")
            continue
        try:
            faults = verify(folder, recorded.get(folder.absolute()))
            faults += filter(None, [complaint(folder, keys, must=public is not None)])
        except Problem as problem:
            faults = [problem.detail]
        wrong += bool(faults)
        click.echo(f"{folder}: {'; '.join(faults) or 'as exported'}")
    if wrong:
        raise SystemExit(1)


@group.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
def diff(old: Path, new: Path) -> None:
    """List what changed from the export in folder OLD to the one in folder NEW."""
    before, after, changes = manifest(old), manifest(new), compare(old, new)
    for change in changes:
        click.echo(str(change))
    for name in ("code_version", "schema_version", "protocol"):
        if before.get(name) != after.get(name):
            click.echo(f"{name}: {before.get(name)} -> {after.get(name)}")
    click.echo(f"{len(changes)} rows differ, from {before.get('as_of')} to {after.get('as_of')}.")


@group.command("norwegian")
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("table")
def norwegian_(folder: Path, table: str) -> None:
    """Write TABLE of the export in FOLDER as CSV for a Norwegian Excel. Times are UTC."""
    for line in norwegian(folder, table):
        click.echo(line, nl=False)


def _snapshots(study: str | None) -> list[Snapshot]:
    query = select(Snapshot).join(Snapshot.study).order_by(Study.code, Snapshot.day)
    if study:
        query = query.where(Snapshot.study_id == find_study(study).id)
    return list(db.session.scalars(query))


def _size(export: Export) -> str:
    folder = export.folder or export.folders[0]
    try:
        files = manifest(folder)["files"]
    except Problem:
        return f"{folder} is gone"
    rows = sum(described["rows"] for name, described in files.items() if name.endswith(".parquet"))
    return f"{rows} rows in {len(files)} files  {folder}"
