"""`flask analyse`: the report of an exported folder. The allocation goes to the analysis, never to the service."""

import json
from pathlib import Path

import click

EXPORT_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("analyse")
@click.argument("snapshot", type=EXPORT_FOLDER)
@click.option("--plan", type=FILE, required=True, help="The plan of analysis (YAML).")
@click.option("--allocation", type=FILE, help="participant,arm as CSV; without it the run is blind.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="The report's folder.")
def group(snapshot: Path, plan: Path, allocation: Path | None, out: Path) -> None:
    """Analyse the exported folder SNAPSHOT (or the latest export in it) and write the report."""
    from app.analysis.errors import AnalysisError
    from app.analysis.report import analyse
    from app.analysis.trial.snapshot import SnapshotError
    from app.yaml_files import FileError

    try:
        results = analyse(snapshot, plan, allocation, out)
    except (SnapshotError, FileError, AnalysisError) as problem:
        raise click.ClickException(str(problem)) from None
    summary = results.summary()
    click.echo(json.dumps(summary, indent=2))
    click.echo(f"The report is {out / 'report.html'}", err=True)
    if "not_done" in summary:
        reason = str(summary["not_done"])
        raise click.ClickException(reason[:1].upper() + reason[1:])
