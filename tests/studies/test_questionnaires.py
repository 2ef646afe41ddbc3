"""A site's questionnaires: installed once, asked by protocols as they were, whatever is installed or shipped later."""

from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.problems import Conflict, NotFound
from app.instruments import UnknownInstrument, instrument
from app.instruments.folders import Folder, read_files
from app.instruments.library import shipped_folder
from app.studies import questionnaires
from app.studies.installing import install
from app.studies.models import InstalledInstrument, Protocol
from app.studies.pinning import facts, pin_earlier
from app.studies.protocol import ProtocolErrors, read_protocol
from app.studies.protocol.pins import Pin
from app.studies.questionnaires import asked, install_folder, newest, newest_folder, of_version
from tests.example import example
from tests.questionnaires import norwegian, steps

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BILINGUAL = {"wordings/nb.yaml": norwegian()}
ASKS_STEPS = {"instruments: [nrs_lbp_week, perceived_treatment]": "instruments: [steps]"}


def brought(**changes: tuple[str, str]) -> InstalledInstrument:
    """The small questionnaire, installed in both languages of the example."""
    return install_folder(read_files("steps", {**steps(**changes), **BILINGUAL}), NOW)


def second_version(**changes: tuple[str, str]) -> InstalledInstrument:
    files = {**steps(**changes), **BILINGUAL}
    files["definition.yaml"] = files["definition.yaml"].replace('version: "1"', 'version: "2"')
    return install_folder(read_files("steps", files), NOW)


def asking_steps(**more: str) -> str:
    return example({**ASKS_STEPS, **more})


def mistakes(text: str) -> list[str]:
    with pytest.raises(ProtocolErrors) as errors:
        read_protocol(text, facts=facts())
    return str(errors.value).splitlines()


def test_what_is_installed_is_known_beside_what_ships(session: Session) -> None:
    assert "steps" not in newest()
    brought()
    assert {"steps", "odi"} <= set(newest())
    assert newest_folder("steps").vectors[0].answers == {"stairs": 3, "walking": 4}
    with pytest.raises(UnknownInstrument, match="Did you mean 'steps'"):
        newest_folder("stebs")


def test_the_same_again_is_one_row(session: Session) -> None:
    assert brought().id == brought().id
    assert session.scalar(select(func.count(InstalledInstrument.id))) == 1


def test_a_version_has_one_structure_and_may_get_other_words(session: Session) -> None:
    brought()
    with pytest.raises(Conflict, match="Version 1 of steps is known with other content; raise its version"):
        brought(definition=("maximum: 10}", "maximum: 9}"))
    brought(english=("title: Steps", "title: Stairs"))
    assert newest()["steps"].title("en") == "Stairs"


def test_a_version_that_ships_cannot_be_brought_with_other_questions(session: Session) -> None:
    files = dict(shipped_folder("nrs_leg").files)
    files["definition.yaml"] = files["definition.yaml"].replace("maximum: 10,", "maximum: 9,")
    with pytest.raises(Conflict, match="of nrs_leg is known"):
        install_folder(read_files("nrs_leg", {name: files[name] for name in files if name != "vectors.yaml"}), NOW)


def test_a_protocol_asks_what_it_was_installed_with(session: Session) -> None:
    brought()
    first = install(asking_steps(), NOW)
    second_version(definition=("maximum: 20", "maximum: 30"))
    second = install(asking_steps(**{'version: "1.0"': 'version: "1.1"'}), NOW)
    assert (asked(first.plan, "steps").version, asked(second.plan, "steps").version) == ("1", "2")
    assert first.plan.instruments["steps"] == Pin("1", asked(first.plan, "steps").sha256)
    assert [change for change in (first.sha256, second.sha256) if first.sha256 == second.sha256] == []


def test_a_protocol_names_the_version_that_it_asks(session: Session) -> None:
    brought()
    second_version()
    named = {"anchor: first_infusion": 'instruments: {steps: {version: "1"}}\nanchor: first_infusion'}
    assert asked(install(asking_steps(**named), NOW).plan, "steps").version == "1"
    named = {"anchor: first_infusion": 'instruments: {steps: {version: "3"}}\nanchor: first_infusion'}
    (line_told,) = [line for line in mistakes(asking_steps(**named)) if "steps" in line]
    assert "there is no version 3 of `steps`. There are: 1, 2." in line_told
    with pytest.raises(NotFound, match="There is no version 3 of steps; known: 1, 2"):
        of_version("steps", "3")


def ship_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after an update of Svar and a restart: another shipped file, nothing in memory."""
    changed = replace(shipped_folder("nrs_leg").instrument, version="2", sha256="0" * 64)
    folder = replace(shipped_folder("nrs_leg"), instrument=changed)

    def of_today(code: str) -> Folder:
        return folder if code == "nrs_leg" else shipped_folder(code)

    monkeypatch.setattr(questionnaires, "shipped_folder", of_today)
    monkeypatch.setattr(questionnaires, "instrument", lambda code: of_today(code).instrument)
    monkeypatch.setattr(questionnaires, "_read", {})


def unpinned(row: Protocol) -> Protocol:
    """The installed protocol as it was kept before there were pins."""
    plan = replace(row.plan, instruments=MappingProxyType({}))
    row.content, row.sha256 = plan.to_dict(), plan.sha256
    return row


def test_a_changed_definition_of_ours_reaches_no_protocol_that_was_installed_before(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = install(example(), NOW)
    ship_another(monkeypatch)
    assert asked(before.plan, "nrs_leg").sha256 == instrument("nrs_leg").sha256
    assert asked(before.plan, "nrs_leg").version == "1"


def test_a_protocol_from_before_there_were_pins_asks_what_ships_until_it_is_pinned(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = unpinned(install(example(), NOW))
    ship_another(monkeypatch)
    assert asked(row.plan, "nrs_leg").version == "2"


def test_an_upgrade_pins_a_protocol_from_before_there_were_pins_to_what_it_asked(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = install(example(), NOW)
    whole = installed.plan
    row = unpinned(installed)
    assert pin_earlier(NOW) == [f"{row.study.code} {row.version}"]
    assert row.plan == whole
    assert row.sha256 == row.plan.sha256 == whole.sha256
    ship_another(monkeypatch)
    assert asked(row.plan, "nrs_leg").version == "1"
    assert pin_earlier(NOW) == []
    assert install(example(), NOW).id == row.id


def test_an_upgrade_keeps_in_the_database_what_it_pins(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    row = unpinned(install(example(), NOW))
    ship_another(monkeypatch)
    pin_earlier(NOW)
    pinned = row.plan.instruments["nrs_leg"].sha256
    kept = session.scalars(select(InstalledInstrument.sha256).filter_by(code="nrs_leg").order_by("id")).all()
    assert pinned == "0" * 64
    assert kept == [instrument("nrs_leg").sha256, pinned]


def test_an_upgrade_leaves_what_a_protocol_says_itself_as_it_is(session: Session) -> None:
    row = install(example(), NOW)
    pins = dict(row.plan.instruments)
    kept = pins["odi"]
    pins["nrs_leg"] = Pin(minimum_answered=1)
    plan = replace(row.plan, instruments=pins)
    row.content, row.sha256 = plan.to_dict(), plan.sha256
    pin_earlier(NOW)
    assert row.plan.instruments["odi"] == kept
    own = row.plan.instruments["nrs_leg"]
    assert (own.minimum_answered, own.version, own.sha256) == (1, "1", instrument("nrs_leg").sha256)


def test_the_same_file_again_is_the_same_protocol_although_a_newer_questionnaire_came(session: Session) -> None:
    brought()
    first = install(asking_steps(), NOW)
    second_version()
    assert install(asking_steps(), NOW).id == first.id
    with pytest.raises(Conflict, match="raise the version"):
        install(asking_steps(**{"daily_cap: 500": "daily_cap: 400"}), NOW)


def test_the_plan_that_is_kept_reads_back_with_its_pins(session: Session) -> None:
    brought()
    row = install(asking_steps(), NOW)
    session.expire(row)
    kept: Any = row.content
    assert kept["instruments"]["steps"]["sha256"] == asked(row.plan, "steps").sha256
    assert row.sha256 == row.plan.sha256


def test_a_questionnaire_that_a_newer_svar_cannot_read_stops_no_other(session: Session) -> None:
    brought()
    session.add(InstalledInstrument(
        code="broken", version="1", sha256="f" * 64, shipped=False, files={"definition.yaml": "nonsense"},
        installed_at=NOW,
    ))  # fmt: skip
    session.flush()
    assert {"steps", "odi"} <= set(newest())
    assert "broken" not in newest()
    install(asking_steps(), NOW)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("instruments: {stebs: {}}", "`stebs` is asked at no visit. "),
        ("instruments: {odi: {version: 9}}", "instruments.odi.version: is not text"),
        ('instruments: {odi: {verion: "2.0"}}', "instruments.odi.verion: is not known here"),
        ("instruments: {odi: {minimum_answered: 11}}", "`odi` has 10 questions. Write a whole number from 1 to 10"),
        ("instruments: {nrs_leg: {minimum_answered: 1}}", "how many answers `nrs_leg` needs is part of its scoring"),
        (f"instruments: {{odi: {{sha256: {'a' * 64}}}}}", "no version of `odi` here has this hash"),
        ("value_sets: {eq5d5l: [Sweden_2022, Sweeden_2020]}", "there is no value set `Sweeden_2020`"),
        ("value_sets: {eq5d5l: [UK, UK]}", "`UK` stands twice"),
        ("value_sets: {odi: [UK]}", "`odi` is scored without a value set"),
        ("value_sets: {eq5d: [UK]}", "`eq5d` is asked at no visit"),
        ("value_sets: {eq5d5l: []}", "value_sets.eq5d5l: has too few or too many entries"),
        ("value_sets: [UK]", "value_sets: is not a list of `name: value`"),
    ],
)
def test_a_pin_that_means_nothing_is_refused_with_its_line(session: Session, said: str, sentence: str) -> None:
    text = example({"anchor: first_infusion": f"{said}\nanchor: first_infusion"})
    assert [line for line in mistakes(text) if sentence in line] != []


@pytest.mark.parametrize(
    ("country", "said", "is_refused"),
    [
        ("NO", "", False),  # where the default is right
        ("SE", "", True),
        ("SE", "value_sets: {eq5d5l: [Sweden_2022, UK]}\n", False),
        ("NO", "value_sets: {eq5d5l: [UK]}\n", False),
    ],
)
def test_no_country_is_valued_by_the_norwegian_set_in_silence(
    session: Session, country: str, said: str, *, is_refused: bool
) -> None:
    text = example(
        {"\ncountry: NO": f"\ncountry: {country}", "anchor: first_infusion": f"{said}anchor: first_infusion"}
    )
    try:
        read_protocol(text, facts=facts())
        lines = []
    except ProtocolErrors as errors:
        lines = str(errors).splitlines()
    assert any("would be valued by Norway's set in SE" in line for line in lines) is is_refused


def test_a_language_that_the_study_speaks_and_the_questionnaire_does_not_is_told(session: Session) -> None:
    install_folder(read_files("steps", steps()), NOW)
    (line_told,) = [line for line in mistakes(asking_steps()) if "steps" in line]
    assert "`steps` has no words in `nb`. It has them in en. Install words: flask wording install" in line_told
