"""Writes an exported folder of synthetic people straight from the simulation, for tests of what reads one."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from app.rehearsal.parameters import Parameters
from app.rehearsal.population import SyntheticPerson, answers, behaviour, cohort
from app.rehearsal.population.disability import odi_sum
from app.rehearsal.population.latent import odi_course
from app.rehearsal.population.truth import ODI_DAYS

HEADS = {
    "participants": "study participant site language zone enrolled_on randomised_on anchor_on "
    "anchor_at treatment_stopped_on withdrawn_on withdrawal_reason",
    "assessments": "study participant site visit day state reason submitted_at after_baseline_end",
    "scores": "study participant site visit day instrument score value value_set baseline "
    "after_baseline_end submitted_at",
    "answers": "study participant site visit day instrument item value",
    "events": "study participant kind state event_on",
}
STUDY = "backtobasic"
Row = tuple[object, ...]


@dataclass(frozen=True)
class Exported:
    """The folder and the allocation beside it."""

    snapshot: Path
    allocation: Path


def write_export(folder: Path, parameters: Parameters) -> Exported:
    """The export of the whole synthetic trial, and the allocation file."""
    return export_of(folder, cohort(parameters))


def export_of(folder: Path, people: Sequence[SyntheticPerson]) -> Exported:
    """The export of these people, and their allocation."""
    snapshot = folder / "export"
    snapshot.mkdir(parents=True)
    for name, rows in _tables(people).items():
        write_csv(snapshot / f"{name}.csv", HEADS[name].split(), rows)
    seal(snapshot)
    allocation = folder / "allocation.csv"
    write_csv(allocation, ["participant", "arm"], [(person.code, person.arm) for person in people])
    return Exported(snapshot, allocation)


def write_csv(target: Path, head: Sequence[str], rows: Sequence[Row]) -> None:
    with target.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(head)
        writer.writerows([[_text(value) for value in row] for row in rows])


def seal(snapshot: Path, as_of: str = "2023-09-01T00:00:00Z") -> None:
    """Write the manifest of the files as they are now."""
    files = {
        source.name: {"sha256": sha256(source.read_bytes()).hexdigest(), "bytes": source.stat().st_size}
        for source in sorted(snapshot.glob("*.csv"))
    }
    protocol = {"version": "1.0", "sha256": "0" * 64}
    manifest = {
        "study": STUDY,
        "as_of": as_of,
        "protocol": protocol,
        "code_version": "test",
        "files": files,
    }
    (snapshot / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def edit(source: Path, change: Callable[[str], str]) -> None:
    """Change the text of a file, which must make a difference."""
    before = source.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    source.write_text(after, encoding="utf-8")


def _tables(people: Sequence[SyntheticPerson]) -> dict[str, list[Row]]:
    infused = [person for person in people if person.infusion_at]
    return {
        "participants": [_participant(person) for person in people],
        "assessments": [row for person in people for row in _assessments(person)],
        "scores": [row for person in infused for row in _scores(person)],
        "answers": [row for person in infused for row in _given(person)],
        "events": [row for person in infused for row in _events(person)],
    }


def _participant(person: SyntheticPerson) -> Row:
    zone = person.parameters.zone
    infusion_on = person.infusion_at.astimezone(zone).date() if person.infusion_at else None
    stopped_on = next((event.on for event in person.events if event.kind == "treatment_stopped"), None)
    about = (STUDY, person.code, person.site, person.language, str(zone), person.enrolled_on, person.randomised_on)
    return (*about, infusion_on, person.infusion_at, stopped_on, person.withdrawn_on, person.withdrawal_reason)


def _assessments(person: SyntheticPerson) -> Iterator[Row]:
    for day in ODI_DAYS:
        state, reason = _state(person, day)
        yield STUDY, person.code, person.site, f"d{day}", day, state, reason, None, state == "late" and day == 0


def _state(person: SyntheticPerson, day: int) -> tuple[str, str]:
    if person.infusion_at is None:
        return ("completed", "") if day == 0 else ("withdrawn", "withdrawn")
    on = person.infusion_at.date() + timedelta(days=day)
    if person.withdrawn_on and person.withdrawn_on <= on:
        return "withdrawn", "withdrawn"
    kind = behaviour(person, day).kind
    if kind == "never":
        return "missed", "not_opened" if person.texts_arrive_on(on) else "undelivered"
    return {"late": ("late", ""), "partly": ("partial", "partial")}.get(kind, ("completed", ""))


def _scores(person: SyntheticPerson) -> Iterator[Row]:
    ticked, most = odi_sum(person.parameters, person.number, odi_course(person.parameters, person.number, ODI_DAYS))
    for day, total in zip(ODI_DAYS, ticked.tolist(), strict=True):
        state, _ = _state(person, day)
        if state in ("completed", "late") and person.infusion_at:
            answered_at = person.infusion_at + timedelta(days=day, hours=5 if state == "late" or day else -20)
            after = day == 0 and state == "late"
            score = (STUDY, person.code, person.site, f"d{day}", day, "odi", "odi", 100 * total / most, "")
            yield (*score, day == 0 and not after, after, answered_at)


def _given(person: SyntheticPerson) -> Iterator[Row]:
    for day, code in ((0, "background"), (154, "perceived_treatment")):
        if _state(person, day)[0] in ("completed", "late"):
            for item, value in answers(person, day, [code])[code].items():
                yield STUDY, person.code, person.site, f"d{day}", day, code, item, value


def _events(person: SyntheticPerson) -> Iterator[Row]:
    assert person.infusion_at is not None
    yield STUDY, person.code, "first_infusion", "happened", person.infusion_at.astimezone(person.parameters.zone).date()
    yield from ((STUDY, person.code, event.kind, "happened", event.on) for event in person.events)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if hasattr(value, "tzinfo"):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return "" if value is None else str(value)
