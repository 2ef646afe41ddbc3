"""The main job: a whole trial from protocol file to mixed-model report, seen from outside and from behind."""

import csv
import json
import math
import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.core import embedded
from app.rehearsal.crews import crews
from app.rehearsal.parameters import Parameters
from app.rehearsal.population import cohort
from tests.journeys.conftest import PARTICIPANTS, Played, play
from tests.some import some

OSLO = ZoneInfo("Europe/Oslo")
VISITS = 18
STATES = ("completed", "late", "partial", "missed", "open", "not_due", "withdrawn", "cancelled", "voided")
BOOKS = ("delivered", "accepted", "failed", "suppressed", "unknown", "pending")


def rows(played: Played, table: str) -> list[dict[str, str]]:
    """A table of the export."""
    (folder,) = (played.folder / "rehearsal" / "export").iterdir()
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_everything_is_left_in_the_folder(played: Played) -> None:
    left = {path.name for path in (played.folder / "rehearsal").iterdir()}
    wanted = {"export", "allocation.csv", "report.html", "flow.svg", "primary.svg", "results.csv", "summary.json"}
    assert wanted <= left
    assert json.loads((played.folder / "rehearsal" / "summary.json").read_text("utf-8")) == played.summary


def test_everybody_was_planned_every_visit(played: Played) -> None:
    assert played.summary["participants"] == PARTICIPANTS
    assert played.summary["assessments"]["planned"] == PARTICIPANTS * VISITS


def test_the_states_exclude_each_other_and_add_up(played: Played) -> None:
    states = played.summary["assessments"]
    assert set(states) == {"planned", *STATES}
    assert states["planned"] == sum(states[state] for state in STATES)
    assert states["open"] == states["not_due"] == 0
    assert states["completed"] > 0.6 * states["planned"]


def test_the_books_close(played: Played) -> None:
    books = played.summary["messages"]
    assert set(books) == {"owed", *BOOKS}
    assert books["owed"] == sum(books[state] for state in BOOKS) > PARTICIPANTS * VISITS * 0.8
    assert books["pending"] == books["unknown"] == 0


def test_the_primary_result_is_whole(played: Played) -> None:
    primary = played.summary["primary"]
    names = {"model", "visit", "estimate", "se", "df", "lower", "upper", "p", "true_difference"}
    assert set(primary) == names
    assert all(math.isfinite(primary[name]) for name in names - {"model", "visit"})
    assert primary["lower"] < primary["estimate"] < primary["upper"]


def test_each_owed_text_was_given_to_the_provider_once(played: Played) -> None:
    given = played.query("SELECT count(*), count(DISTINCT message_id) FROM identifiers.sandbox_texts")
    assert given[0][0] == given[0][1] > 0


def test_nobody_was_texted_at_night(played: Played) -> None:
    sent = [row[0].astimezone(OSLO) for row in played.query("SELECT given_at FROM identifiers.sandbox_texts")]
    assert {at.hour for at in sent} <= set(range(8, 20))


def test_invitations_keep_their_local_hour_over_both_switches(played: Played) -> None:
    invitations = played.query("SELECT owed_at FROM messages WHERE kind = 'invitation'")
    owed = [row[0].astimezone(OSLO) for row in invitations]
    winter = [at for at in owed if at.utcoffset().total_seconds() == 3600]
    assert 0 < len(winter) < len(owed)
    assert {(at.hour, at.minute) for at in owed} == {(9, 0)}


def test_nobody_was_texted_after_withdrawing_or_answering(played: Played) -> None:
    late = played.query(
        "SELECT count(*) FROM identifiers.sandbox_texts t JOIN messages m ON m.id = t.message_id"
        " JOIN assessments a ON a.id = m.assessment_id JOIN participants p ON p.id = m.participant_id"
        " WHERE t.given_at > a.submitted_at OR t.given_at > p.withdrawn_at OR t.given_at >= a.closes_at"
    )
    assert late == [(0,)]


def test_an_answer_after_the_infusion_is_never_baseline(played: Played) -> None:
    scores = [row for row in rows(played, "scores") if row["visit"] == "d0"]
    given = {row["participant"]: row["anchor_at"] for row in rows(played, "participants")}
    first_dose = {row["participant"]: given[row["participant"]] or "not given" for row in scores}
    before = [row for row in scores if row["submitted_at"] < first_dose[row["participant"]]]
    after = [row for row in scores if row not in before]
    assert {(row["after_baseline_end"], row["baseline"]) for row in after} <= {("true", "false")}
    assert {row["after_baseline_end"] for row in before} == {"false"}
    assert sum(row["baseline"] == "true" for row in before) > PARTICIPANTS / 2


def test_scores_are_those_of_the_answers(played: Played) -> None:
    answers: dict[tuple[str, str], list[str]] = {}
    for row in rows(played, "answers"):
        if row["instrument"] == "odi":
            answers.setdefault((row["participant"], row["visit"]), []).append(row["value"])
    checked = 0
    for row in rows(played, "scores"):
        if row["score"] == "odi" and row["value"]:
            given = [int(value) for value in answers[row["participant"], row["visit"]] if value]
            assert float(row["value"]) == pytest.approx(100 * sum(given) / (5 * len(given)), abs=5e-7)
            checked += 1
    assert checked > PARTICIPANTS * 4


def test_every_absent_answer_says_why(played: Played) -> None:
    visits = {(row["state"] in ("completed", "late"), row["reason"] == "") for row in rows(played, "assessments")}
    answers = {(row["value"] != "", row["missing_reason"] == "") for row in rows(played, "answers")}
    assert visits == answers == {(True, True), (False, False)}


def test_the_allocation_is_nowhere_but_in_its_file(played: Played) -> None:
    canaries = [arm.label for arm in played.parameters.arms]
    assert set(canaries) == {
        line.split(",")[1] for line in (played.folder / "rehearsal" / "allocation.csv").read_text("utf-8").split()[1:]
    }
    haystacks = {"database": played.dump(), "logs": played.logs, "texts": "\n".join(texts(played))}
    for path in (*(played.folder / "exports").rglob("*"), *(played.folder / "rehearsal" / "export").rglob("*")):
        if path.is_file():
            haystacks[path.name] = path.read_bytes().decode("latin-1")
    assert len(haystacks) > 10
    assert occurrences(canaries, haystacks) == []


def test_a_leak_into_the_database_would_be_found(played: Played) -> None:
    canary = played.parameters.arms[0].label
    played.change(f"CREATE TABLE leak AS SELECT '{canary.title()}' AS arm")
    try:
        assert occurrences([canary], {"database": played.dump()}) == [("database", canary)]
    finally:
        played.change("DROP TABLE leak")


def test_f20_identifiers_are_nowhere_in_the_open(played: Played) -> None:
    people = cohort(played.parameters)
    haystacks = [played.dump(), played.logs, "\n".join(texts(played))]
    haystacks += [p.read_bytes().decode("latin-1") for p in (played.folder / "rehearsal").rglob("*") if p.is_file()]
    assert not [person.name for person in people if any(person.name in text for text in haystacks)]
    assert not [person.phone for person in people if any(holds_number(text, person.phone) for text in haystacks)]


@pytest.mark.parametrize("leak", ["+4740000001", "40000001,", "tel:4740000001 ", "x 40000001"])
def test_a_number_would_be_found_however_it_is_written(leak: str) -> None:
    assert holds_number(leak, "+4740000001")
    assert not holds_number(r"\x0c40000001ab", "+4740000001")


def test_f20_no_link_is_kept_or_logged(played: Played) -> None:
    links = {text.rsplit("/a/", 1)[1].split()[0] for text in texts(played) if "/a/" in text}
    assert len(links) > PARTICIPANTS
    haystacks = [played.dump(), played.logs]
    haystacks += [p.read_bytes().decode("latin-1") for p in (played.folder / "exports").rglob("*") if p.is_file()]
    assert not [link for link in links if any(link in text for text in haystacks)]


def test_texts_hold_no_word_of_the_trial(played: Played) -> None:
    banned = ("backtobasic", "infliximab", "infliksimab", "placebo", "modic", "pain", "smerte", "rygg", "hospital")
    words = [re.sub(r"/a/\S+", "/a/", text).lower() for text in texts(played)]
    assert len(words) > PARTICIPANTS
    assert not [text for text in words if any(word in text for word in banned)]


def test_every_change_names_who_made_it(played: Played) -> None:
    actors = {row[0].split(":")[0] for row in played.query("SELECT DISTINCT actor FROM audit.entries")}
    assert actors <= {"clock", "participant", "rehearsal", "provider", "visitor", "user"}
    assert "visitor" not in actors
    moments = played.query("SELECT count(*) FROM audit.entries WHERE virtual_at IS NULL")
    assert moments == [(0,)]


def test_a_second_run_by_two_crews_gives_the_same_numbers(
    played: Played,
    server: embedded.Embedded,
    template: str,
    parameters: Parameters,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with crews() as both:
        for again in some(play(server, template, parameters, tmp_path_factory.mktemp("again"), both)):
            assert {**again.summary, "seconds": 0} == {**played.summary, "seconds": 0}
            for name in ("results.csv", "allocation.csv", "primary.svg"):
                first, second = (run.folder / "rehearsal" / name for run in (played, again))
                assert first.read_bytes() == second.read_bytes()
            old, new = (hashes(run.folder) for run in (played, again))
            assert {name for name in old if old[name] != new[name]} <= {"messages.csv", "messages.parquet"}


def test_there_is_no_place_for_an_arm(played: Played) -> None:
    columns = played.query(
        "SELECT table_name || '.' || column_name FROM information_schema.columns"
        " WHERE table_schema IN ('public', 'identifiers', 'audit')"
        " AND column_name ~ '(^|_)(arm|allocat|treatment|kit|drug)'"
    )
    assert columns == []


def occurrences(words: Iterable[str], haystacks: Mapping[str, str]) -> list[tuple[str, str]]:
    """Which of the words stand where, in whatever case."""
    return [(place, word) for place, text in haystacks.items() for word in words if word.lower() in text.lower()]


def holds_number(text: str, phone: str) -> bool:
    """Whether a Norwegian number is there, with or without +47; digits inside a ciphertext's longer hex are not one."""
    digits = phone.removeprefix("+47")
    return digits in text and re.search(rf"(?<![0-9a-f])(47)?{digits}(?![0-9a-f])", text) is not None


def texts(played: Played) -> list[str]:
    """What the phones received, opened with the keys of the service."""
    from app.messages.gateways.sandbox import asked_by

    ids = [row[0] for row in played.query("SELECT id FROM messages")]
    with played.app.app_context():
        return [text.body for text in asked_by(ids)]


def hashes(folder: Path) -> dict[str, str]:
    """What the manifest of the export says of its files."""
    (export,) = (folder / "rehearsal" / "export").iterdir()
    assert date.fromisoformat(export.name)
    manifest = json.loads((export / "manifest.json").read_text("utf-8"))
    return {name: file["sha256"] for name, file in manifest["files"].items()}
