"""Which numbers are texted: of the trial's own countries and of a table of others, not of whoever shares two digits."""

import pytest

from app.core.problems import BadInput
from app.participants.phone import TEXTED, country_of, is_texted, mobile


@pytest.mark.parametrize(
    ("number", "country", "texted"),
    [
        ("+4740612345", "NO", True),
        ("+46701234567", "SE", True),
        ("+37120000000", "LV", True),
        ("+37060000000", "LT", True),
        ("+37255512345", "EE", True),
        ("+385912345678", "HR", True),
        ("+38631234567", "SI", True),
        ("+35840123456", "FI", True),
        ("+447400123456", "GB", True),
        ("+37377123456", "MD", False),
        ("+37455123456", "AM", False),
        ("+375291234567", "BY", False),
        ("+376312345", "AD", False),
        ("+37744123456", "MC", False),
        ("+37866123456", "SM", False),
        ("+380501234567", "UA", False),
        ("+38160123456", "RS", False),
        ("+38267123456", "ME", False),
        ("+38349123456", "XK", False),
        ("+38761123456", "BA", False),
        ("+38970123456", "MK", False),
        ("+355661234567", "AL", False),
        ("+35057123456", "GI", False),
        ("+79123456789", "RU", False),
        ("+12015550123", "US", False),
        ("+18765551234", "JM", False),
        ("+881612345678", "001", False),
        ("+3", None, False),
        ("", None, False),
        ("4740612345", None, False),
    ],
)
def test_a_number_is_texted_for_its_country_and_not_for_its_first_digits(
    number: str, country: str | None, texted: bool
) -> None:
    assert country_of(number) == country
    assert is_texted(number, "NO") is texted


@pytest.mark.parametrize(
    ("number", "countries", "texted"),
    [
        ("+38160123456", ["RS"], True),
        ("+38160123456", ["NO", "RS"], True),
        ("+12015550123", ["US"], True),
        ("+18765551234", ["US"], False),
        ("+14165550123", ["US"], False),
        ("+77011234567", ["RU"], False),
        ("+4740612345", ["US"], True),
    ],
)
def test_a_trials_own_countries_are_texted_and_not_those_that_share_their_code(
    number: str, countries: list[str], texted: bool
) -> None:
    assert is_texted(number, *countries) is texted


@pytest.mark.parametrize(
    ("number", "says"),
    [
        ("+37377123456", "send no texts"),
        ("+38349123456", "send no texts"),
        ("+380501234567", "send no texts"),
        ("+79123456789", "send no texts"),
        ("+18765551234", "send no texts"),
    ],
)
def test_a_foreign_number_that_would_never_be_texted_is_refused_when_it_is_given(number: str, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        mobile(number, "NO", abroad=True)
    assert says in refused.value.errors["phone"]


@pytest.mark.parametrize("number", ["+46701234567", "+37120000000", "+38631234567"])
def test_a_foreign_number_of_the_table_is_kept(number: str) -> None:
    assert mobile(number, "NO", abroad=True) == number
    with pytest.raises(BadInput, match="foreign number"):
        mobile(number, "NO")


def test_the_table_holds_letters_of_countries_once() -> None:
    assert all(len(country) == 2 and country.isupper() for country in TEXTED)
    assert len(TEXTED) == 37
