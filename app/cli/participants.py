"""`flask participants`: put right what was recorded wrongly of somebody."""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

import click
from flask.cli import AppGroup

from app.cli import who
from app.cli.messages import in_words
from app.core.audit import acting
from app.core.database import transaction
from app.core.problems import BadInput
from app.core.time import now
from app.messages.outlook.correcting import correct, preview
from app.messages.outlook.effects import Effect, TextAhead, VisitAhead
from app.participants.correcting import EventCorrection, LeavingCorrection, RecordCorrection
from app.participants.enrolment import find
from app.participants.grades import LeavingGrade
from app.participants.models import EventState, Participant
from app.studies.installing import site as find_site
from app.studies.installing import study as find_study
from app.studies.protocol.site_checks import is_zone

group = AppGroup("participants", help="Who takes part: what was recorded wrongly.")
DAY_TYPE, HOUR_TYPE = click.DateTime(["%Y-%m-%d"]), click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"])
WAYS = ("happened_at", "planned_on", "planned_at", "called_off")


@group.command("correct")
@click.argument("study")
@click.argument("code")
@click.option("--reason", required=True, callback=in_words, help="Why; it goes into the audit trail.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--event", help="The kind of an event that is recorded wrongly, such as surgery ...")
@click.option("--recorded-on", type=DAY_TYPE, help="... and the day for which it stands there. Then one of:")
@click.option("--happened-at", type=HOUR_TYPE, help="It happened then, by her own clock.")
@click.option("--planned-on", type=DAY_TYPE, help="It is planned for that day ...")
@click.option("--planned-at", type=HOUR_TYPE, help="... or for that day and hour, by her own clock.")
@click.option("--called-off", is_flag=True, help="It did not and will not take place.")
@click.option("--enrolled-on", type=DAY_TYPE, help="The day of enrolment.")
@click.option("--randomised-on", type=DAY_TYPE, help="The day of randomisation.")
@click.option("--not-randomised", is_flag=True, help="She was not randomised.")
@click.option("--left-as", type=click.Choice([grade.value for grade in LeavingGrade]), help="How far she left.")
@click.option("--left-on", type=DAY_TYPE, help="The day from which on.")
@click.option("--left-because", default="", help="Why she left.")
@click.option("--not-withdrawn", is_flag=True, help="What was recorded last of her leaving is wrong: she did not.")
@click.option("--language", default="", help="In which she is written to.")
@click.option("--zone", default="", help="Where her clock is, such as Europe/Oslo.")
@click.option("--site", help="Where she is; the pseudonym stays.")
@who.acting_person
def correct_record(study: str, code: str, reason: str, dry_run: bool, site: str | None, **said: object) -> None:
    """Correct what was recorded of CODE in STUDY, and all that follows: windows, and texts that have not left."""
    with acting(who.person(), reason), transaction():
        participant = find(find_study(study), code)
        where = find_site(participant.study, site) if site else None
        wanted = _correction(participant, said) | {"site": where}
        effect = (preview if dry_run else correct)(participant, RecordCorrection(**wanted), reason, now())  # type: ignore[arg-type]
    for line in told(effect):
        click.echo(line)
    would = "would change. Nothing was changed." if dry_run else "changed."
    click.echo(f"{len(effect.visits)} windows and {len(effect.texts)} texts to come {would}")


def told(effect: Effect) -> Iterator[str]:
    """Each window and text that changes, in the participant's own time."""
    for visit in effect.visits:
        before, after = _window(visit.before, effect.zone_before), _window(visit.after, effect.zone_after)
        yield f"window {visit.visit:<6} {before} -> {after}"
    for text in effect.texts:
        before, after = _text(text.before, effect.zone_before), _text(text.after, effect.zone_after)
        yield f"text   {text.visit:<6} {text.kind:<11} {before} -> {after}"


def _correction(participant: Participant, said: dict[str, object]) -> dict[str, object]:
    event = _event(participant, said)
    days = {name: _day(said[name]) for name in ("enrolled_on", "randomised_on")}
    rest = {name: said[name] for name in ("not_randomised", "not_withdrawn", "language", "zone")}
    return {"event": event, "leaving": _leaving(said), **days, **rest}


def _leaving(said: dict[str, object]) -> LeavingCorrection | None:
    grade, on, reason = said["left_as"], _day(said["left_on"]), str(said["left_because"])
    if not grade and on is None and not reason:
        return None
    return LeavingCorrection(LeavingGrade(str(grade)) if grade else None, on, reason)


def _event(participant: Participant, said: dict[str, object]) -> EventCorrection | None:
    ways = [name for name in WAYS if said[name]]
    kind, recorded_on = said["event"], _day(said["recorded_on"])
    if not kind and not recorded_on and not ways:
        return None
    if not isinstance(kind, str) or recorded_on is None or len(ways) != 1:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in WAYS)
        raise BadInput(f"Of an event say --event, --recorded-on, and one of {options}.")
    clock = ZoneInfo(str(said["zone"]) if is_zone(str(said["zone"])) else participant.zone)
    at = next((_instant(clock, said[name]) for name in ("happened_at", "planned_at") if said[name]), None)
    if said["happened_at"]:
        return EventCorrection(kind, recorded_on, EventState.HAPPENED, at=at)
    if said["called_off"]:
        return EventCorrection(kind, recorded_on, EventState.CANCELLED)
    return EventCorrection(kind, recorded_on, EventState.PLANNED, _day(said["planned_on"] or said["planned_at"]), at)


def _day(said: object) -> date | None:
    return said.date() if isinstance(said, datetime) else None


def _instant(clock: ZoneInfo, said: object) -> datetime | None:
    return said.replace(tzinfo=clock) if isinstance(said, datetime) else None


def _window(window: VisitAhead | None, zone: str) -> str:
    if window is None:
        return "(none)"
    return f"{_local(window.opens_at, zone)} to {_local(window.closes_at, zone)} ({window.state})"


def _text(text: TextAhead | None, zone: str) -> str:
    return f"{_local(text.at, zone)} in {text.language} from {text.site}" if text else "(none)"


def _local(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
