"""`flask study new`: the folder of a study of one's own, from a dozen questions."""

import re
from pathlib import Path
from typing import Any

import click
import phonenumbers

from app.cli.study import group
from app.core.problems import BadInput, Conflict
from app.instruments import UnknownInstrument, instrument
from app.studies.new_folder import SPOKEN, NewStudy, protocol_of, simulation_of
from app.studies.protocol import ProtocolErrors, read_protocol
from app.studies.protocol.conduct import NATIONAL
from app.studies.protocol.holiday_checks import differs_within, has_holidays, parts_told, subdivisions

SPAN = re.compile(r"[1-9][0-9]{0,3}[dwmy]")


class Country(click.ParamType[str]):
    """Two letters of a country, large or small; another answer is asked for again."""

    name = "country"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        country = value.strip().upper()
        if country not in phonenumbers.SUPPORTED_REGIONS:
            self.fail(f"There is no country “{value}”. Write its two letters, such as NO.", param, ctx)
        return country


def _usual_zone() -> str:
    """The zone proposed for the country that was named: where its example number rings, or its first."""
    from babel.core import get_global
    from phonenumbers.timezone import time_zones_for_number

    country = click.get_current_context().params["country"]
    within = get_global("territory_zones").get(country) or ["Europe/Oslo"]
    number = phonenumbers.example_number(country)
    rings = time_zones_for_number(number) if number else ()
    return str(next((zone for zone in rings if zone in within), within[0]))


def _usual_phone() -> str:
    """A number of the country's own shape, to be changed."""
    number = phonenumbers.example_number(click.get_current_context().params["country"])
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL) if number else ""


def _subdivision(context: click.Context, _: click.Parameter, said: str | None) -> str | None:
    """The part of the country, asked for only where parts have public holidays of their own."""
    country = context.params.get("country")
    if said is None and country and has_holidays(country) and differs_within(country):
        click.echo(f"Not all parts of {country} have the same public holidays: {parts_told(country)}.")
        while not (said := click.prompt("Part of the country, by its letters").strip()) or _part(country, said) is None:
            click.echo(f"{country} has no part “{said}”.")
    return said


def _part(country: str, said: str) -> str | None:
    """The code of a part, by its code or its name, large letters or small, or `national`; None if there is none."""
    names = {name.casefold(): code for code, name in subdivisions(country).items() if name}
    codes = {code.casefold(): code for code in subdivisions(country)}
    return (names | codes | {NATIONAL: NATIONAL}).get(said.strip().casefold())


@group.command("new")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--code", prompt="What is the study called in addresses and exports", default="my-study")
@click.option("--title", prompt="Its title", default="My study")
@click.option("--languages", prompt=f"Languages of the patients ({', '.join(SPOKEN)})", default="en")
@click.option("--country", prompt="Country, by its two letters", default="NO", type=Country())
@click.option(
    "--subdivision", callback=_subdivision, help="Part of the country, or national; asked for where holidays differ."
)
@click.option("--zone", prompt="Time zone", default=_usual_zone)
@click.option("--sites", prompt="Hospitals, between commas", default="First Hospital")
@click.option("--sender", prompt="Who texts, in words that tell nothing of illness", default="The research team")
@click.option("--phone", prompt="Telephone that patients may call", default=_usual_phone)
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
    place = {"subdivision": _known_part(said["country"], said["subdivision"])}
    return NewStudy(**said | place, waits_on_holidays=has_holidays(said["country"]), asks_about_danger=danger)


def _known_part(country: str, said: str | None) -> str | None:
    if not said:
        return None
    parts = subdivisions(country) if has_holidays(country) else {}
    if parts and (part := _part(country, said)):
        return part
    remedy = f"Name one of {parts_told(country)}" if parts else "Leave --subdivision out"
    raise BadInput(f"{country} has no part “{said}” with holidays of its own. {remedy}.")
