"""`flask instrument import-xlsform | import-redcap`: sheets of other systems made into questionnaires' folders."""

from pathlib import Path

import click

from app.cli.instruments import group
from app.instruments.importing.drafting import QuestionnaireDraft, listed
from app.instruments.importing.redcap import import_dictionary, import_events
from app.instruments.importing.xlsform import import_xlsform

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUT = click.Path(file_okay=False, path_type=Path)


@group.command("import-xlsform")
@click.argument("file", type=FILE)
@click.option("--code", required=True, help="What the questionnaire is called here.")
@click.option("--language", default="en", show_default=True, help="Of columns that name none.")
@click.option("--out", required=True, type=OUT, help="Where the questionnaire's folder is made.")
def import_xlsform_(file: Path, code: str, language: str, out: Path) -> None:
    """Make a questionnaire's folder of FILE, an XLSForm (.xlsx), and list what could not be mapped."""
    _kept([import_xlsform(file.read_bytes(), code, language)], out, file.name)


@group.command("import-redcap")
@click.argument("file", type=FILE)
@click.option("--language", default="en", show_default=True, help="Of its words.")
@click.option("--events", type=FILE, help="The project's events (CSV), for a draft of visits and windows.")
@click.option("--event-map", "mapping", type=FILE, help="Which form is asked at which event (CSV).")
@click.option("--out", required=True, type=OUT, help="Where a folder is made for each form.")
def import_redcap(file: Path, language: str, events: Path | None, mapping: Path | None, out: Path) -> None:
    """Make a questionnaire's folder for each form of FILE, REDCap's data dictionary (CSV); list what was lost."""
    if (events is None) != (mapping is None):
        raise click.UsageError("Give --events and --event-map together.")
    drafts = import_dictionary(file.read_bytes(), language)
    _kept(drafts, out, file.name)
    if events and mapping:
        text, lost = import_events(
            events.read_bytes(), mapping.read_bytes(), {draft.form: draft.code for draft in drafts}
        )
        (out / "visits.yaml").write_text(text, "utf-8")
        click.echo(
            "\n".join([f"Visits and windows for a protocol: {out / 'visits.yaml'}", *(f"  {line}" for line in lost)])
        )


def _kept(drafts: list[QuestionnaireDraft], out: Path, source: str) -> None:
    """Write each draft's folder, which must not be there yet, and tell what a person has to do."""
    if there := [draft.code for draft in drafts if (out / draft.code).exists()]:
        raise click.ClickException(f"{out} holds {', '.join(there)} already; nothing was written.")
    for draft in drafts:
        for name, text in draft.files("1", f"Imported from {source}").items():
            (out / draft.code / name).parent.mkdir(parents=True, exist_ok=True)
            (out / draft.code / name).write_text(text, "utf-8")
        click.echo(f"{out / draft.code}: {len(draft.items)} items")
        click.echo("\n".join(f"  {line}" for line in listed(draft)))
