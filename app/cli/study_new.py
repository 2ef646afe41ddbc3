"""`flask study new`: the folder of a study of one's own, from a dozen questions."""

import re
from pathlib import Path
from typing import Any

import click

from app.cli.study import group
from app.core.problems import BadInput, Conflict
from app.instruments import UnknownInstrument, instrument
from app.studies.new_folder import SPOKEN, NewStudy, protocol_of, simulation_of
from app.studies.protocol import ProtocolErrors, read_protocol

SPAN = re.compile(r"[1-9][0-9]{0,3}[dwmy]")


@group.command("new")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--code", prompt="What is the study called in addresses and exports", default="my-study")
@click.option("--title", prompt="Its title", default="My study")
@click.option("--languages", prompt=f"Languages of the patients ({', '.join(SPOKEN)})", default="en")
@click.option("--country", prompt="Country, by its two letters", default="NO")
@click.option("--zone", prompt="Time zone", default="Europe/Oslo")
@click.option("--sites", prompt="Hospitals, between commas", default="First Hospital")
@click.option("--sender", prompt="Who texts, in words that tell nothing of illness", default="The research team")
@click.option("--phone", prompt="Telephone that patients may call", default="21 23 45 61")
@click.option("--anchor", prompt="The event from which days are counted", default="surgery")
@click.option("--every", prompt="How often they are asked after it", default="4w")
@click.option("--until", prompt="Until when", default="12w")
@click.option("--instruments", prompt="Questionnaires, between commas", default="gpe")
@click.option("--participants", prompt="People of a rehearsal", default=20, type=click.IntRange(1, 999))
def new(folder: Path, **said: Any) -> None:
    """Write FOLDER with a commented protocol and a simulation; what an option says is not asked."""
    if folder.exists() and any(folder.iterdir()):
        raise Conflict(f"{folder} is not empty. Name a folder that is, or one that is not there yet.")
    study = _study({**said, **{name: _several(name, said[name]) for name in ("languages", "sites", "instruments")}})
    protocol = protocol_of(study)
    try:
        read_protocol(protocol)
    except ProtocolErrors as errors:
        raise BadInput(f"A protocol of these answers is refused:\n{errors}") from None
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "protocol.yaml").write_text(protocol, "utf-8")
    (folder / "simulation.yaml").write_text(simulation_of(study), "utf-8")
    click.echo(
        f"{folder} has a protocol that passes its checks. Play it now:\n"
        f"  flask rehearse --study {folder} --serve\nThen read protocol.yaml from its top, and make it yours."
    )


def _several(name: str, words: str) -> tuple[str, ...]:
    several = tuple(word.strip() for word in words.split(",") if word.strip())
    if not several:
        raise BadInput(f"Name at least one of the {name}.")
    return several


def _study(said: dict[str, Any]) -> NewStudy:
    """The answers, with what they mean for safety; BadInput names what cannot be."""
    strange = [language for language in said["languages"] if language not in SPOKEN]
    if strange:
        raise BadInput(f"Patients' pages do not speak {', '.join(strange)}; they speak {', '.join(SPOKEN)}.")
    for name in ("every", "until"):
        if not SPAN.fullmatch(said[name]):
            raise BadInput(f"“{said[name]}” is no distance: write a number and d, w, m or y, such as 4w or 3m.")
    try:
        danger = any(instrument(code).safety_items for code in said["instruments"])
    except UnknownInstrument as unknown:
        raise BadInput(str(unknown)) from None
    return NewStudy(**said, asks_about_danger=danger)
