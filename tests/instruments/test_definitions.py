"""Every questionnaire that ships is whole: structure, both languages, licence, scores."""

import subprocess
import sys

import pytest

from app.instruments import Instrument, UnknownInstrument, UnknownLanguage, instrument, instruments, score
from app.instruments.cdisc_terms import Cdisc
from app.instruments.scoring.scorers import SHIPPED_SCORERS
from app.instruments.wording_places import required_places
from tests.some import some

CODES = (
    *("background", "cointerventions", "eq5d5l", "fabq", "gpe", "hours_lbp", "hscl10", "hscl25", "medication"),
    *("nrs_lbp", "nrs_lbp_week", "nrs_leg", "odi", "perceived_treatment", "rand36", "rmdq", "satisfaction", "shc"),
    *("sick_leave", "startback", "wellbeing", "wpai_shp"),
)
FREE_IN_BOTH = set(CODES) - {
    "odi",
    "rmdq",
    "eq5d5l",
    "hscl25",
    "hscl10",
    "fabq",
    "shc",
    "rand36",
    "wpai_shp",
    "startback",
}

every_instrument = pytest.mark.parametrize("questionnaire", instruments(), ids=lambda each: each.code)


def test_all_of_the_trial_s_questionnaires_ship() -> None:
    assert tuple(each.code for each in instruments()) == CODES


@every_instrument
def test_has_both_languages_with_every_string_in_its_place(questionnaire: Instrument) -> None:
    assert questionnaire.languages == ("en", "nb")
    for language in questionnaire.languages:
        wording = questionnaire.wording(language)
        assert set(required_places(questionnaire)) <= {place for place, _ in wording.strings}
        assert wording.title == questionnaire.title(language)
        assert len(wording.sha256) == 64


@every_instrument
def test_the_two_languages_are_not_the_same_words(questionnaire: Instrument) -> None:
    english, norwegian = (dict(questionnaire.wording(language).strings) for language in ("en", "nb"))
    same = [place for place in english if english[place] == norwegian.get(place)]
    names = {"Paracetamol", "Placebo", "RAND-36", "Asia"}
    assert [place for place in same if english[place] not in names] == []


@every_instrument
def test_demonstration_words_stand_exactly_where_the_original_is_demanded(questionnaire: Instrument) -> None:
    for language in some(questionnaire.languages):
        demanded = questionnaire.licence.requires_original(language)
        assert questionnaire.wording(language).demonstration == demanded
        assert questionnaire.ready_for_patients(language) != demanded


def test_the_free_ones_are_free() -> None:
    licences = {each.code: each.licence.languages.values() for each in instruments()}
    free = {code for code, records in licences.items() if not any(record.original_required for record in records)}
    assert free == FREE_IN_BOTH
    assert not instrument("rmdq").licence.requires_original("en")
    assert instrument("rmdq").licence.requires_original("nb")
    assert instrument("rmdq").licence.requires_original("sv")


@every_instrument
def test_scores_are_declared_as_they_are_given(questionnaire: Instrument) -> None:
    declared = [each.name for each in questionnaire.scores]
    assert [each.name for each in score(questionnaire.code, {})] == declared
    assert (questionnaire.compute is not None or questionnaire.scorer in SHIPPED_SCORERS) == bool(declared)


def test_hscl25_declares_the_item_on_ending_one_s_life() -> None:
    (safety,) = instrument("hscl25").safety_items
    assert (safety.item, safety.at_least) == ("ending_life", 2)
    assert instrument("hscl25").item("ending_life").code == instrument("hscl25").items[19].code
    assert [each.code for each in instruments() if each.safety_items] == ["hscl25"]


def test_cdisc_terms_of_the_oswestry_index_hold_for_2_1a_only() -> None:
    odi = instrument("odi")
    assert odi.cdisc is not None
    assert odi.cdisc.qscat == "ODI V2.1A"
    assert odi.cdisc.applies(odi.wording("en").version)
    assert not odi.cdisc.applies(odi.wording("nb").version)


@pytest.mark.parametrize(
    ("versions", "version", "category"),
    [
        (("2.1a",), "2.1a", "ODI V2.1A"),
        (("2.1a",), "2.0", "ODI V2.0"),
        (("2.1a",), "1.0b", "ODI V1.0B"),
        ((), "2.0", "ODI V2.1A"),  # terms for every version
    ],
)
def test_a_version_that_the_terminology_does_not_know_has_a_category_of_the_sponsor(
    versions: tuple[str, ...], version: str, category: str
) -> None:
    assert Cdisc("ODI V2.1A", versions=versions).category(version) == category


def test_loinc_codes_where_they_are_given() -> None:
    assert (instrument("odi").loinc, instrument("odi").scores[0].loinc) == ("97908-8", "97909-6")
    assert instrument("rmdq").loinc is None


def test_an_unknown_instrument_is_refused_with_what_there_is() -> None:
    with pytest.raises(UnknownInstrument, match=r"no instrument 'rdmq'.*'rmdq'"):
        instrument("rdmq")


def test_an_unknown_language_is_refused_with_what_there_is() -> None:
    with pytest.raises(UnknownLanguage, match=r"wording of odi in 'sv'.*en, nb"):
        instrument("odi").wording("sv")


def test_the_package_is_pure() -> None:
    program = (
        "import sys, app.instruments as i; i.instruments(); "
        "print([m for m in ('sqlalchemy', 'flask', 'twilio', 'openpyxl', 'pandas') if m in sys.modules], "
        "[m for m in sys.modules if m.startswith('app.') and not m.startswith(('app.instruments', 'app.yaml_files'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[] []"
