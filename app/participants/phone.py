"""What is a mobile number: one canonical form, refused with a sentence when it is not one."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from app.core.problems import BadInput

MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def mobile(text: str, country: str, *, abroad: bool = False) -> str:
    """The number in E.164. BadInput if it is no mobile number of `country` (or, with `abroad`, of any)."""
    try:
        number = phonenumbers.parse(text, country)
    except NumberParseException:
        raise _refused(
            f"“{text.strip()[:20]}” is not a telephone number. Write 8 digits, or + and the country."
        ) from None
    if number.extension or not phonenumbers.is_valid_number(number):
        raise _refused("This number is not in use for telephones. Check the digits with the participant.")
    if phonenumbers.number_type(number) not in MOBILE:
        raise _refused("This is not a mobile number, so it cannot take a text. Ask for a mobile number.")
    if not abroad and phonenumbers.region_code_for_number(number) != country:
        raise _refused("This is a foreign number. Say that foreign numbers are allowed, or ask for another.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _refused(sentence: str) -> BadInput:
    return BadInput(sentence, errors={"phone": sentence})
