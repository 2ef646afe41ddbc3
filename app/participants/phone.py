"""What is a mobile number: one canonical form, refused with a sentence when it is not one."""

from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from app.core.problems import BadInput
from app.instruments.plain_signs import plain

TEXTED = frozenset(
    {
        # the European Economic Area, with what has letters of its own but belongs to a member
        *("AT", "AX", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS", "IT"),
        *("LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SJ", "SK"),
        # Switzerland, and the United Kingdom with its islands
        *("CH", "GB", "GG", "IM", "JE"),
    }
)
"""Countries to which a foreign number is texted, by ISO 3166. A calling code tells too little: +44 and +7 are many."""
MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def mobile(text: str, country: str, *, abroad: bool = False) -> str:
    """The number in E.164. BadInput if it is no mobile of `country` (or, with `abroad`, of one that is texted).

    Places that share a calling code are not abroad to each other: Jersey to England, Svalbard to Norway.
    """
    try:
        number = phonenumbers.parse(plain(text), country)
    except NumberParseException:
        raise _refused(
            f"“{text.strip()[:20]}” is not a telephone number. Write 8 digits, or + and the country."
        ) from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise _refused("This number is not in use for telephones. Check the digits with the participant.")
    if phonenumbers.number_type(number) not in MOBILE:
        raise _refused("This is not a mobile number, so it cannot take a text. Ask for a mobile number.")
    if not abroad and number.country_code != phonenumbers.country_code_for_region(country):
        raise _refused("This is a foreign number. Say that foreign numbers are allowed, or ask for another.")
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not is_texted(written, country):
        raise _refused("This is a number of a country to which we send no texts. Ask for another.")
    return written


@lru_cache(maxsize=4096)
def is_texted(number: str, *countries: str) -> bool:
    """Whether a number in E.164 is of one of the trial's own `countries`, or of one that foreign numbers may be of."""
    country = country_of(number)
    return country is not None and (country in countries or country in TEXTED)


def country_of(number: str) -> str | None:
    """The country of a number in E.164, by its ISO 3166 letters."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number))
    except NumberParseException:
        return None


def _refused(sentence: str) -> BadInput:
    return BadInput(sentence, errors={"phone": sentence})
