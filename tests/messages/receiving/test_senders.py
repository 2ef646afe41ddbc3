"""Whose number it is, however a channel writes it: a table of senders, and the one form in which numbers are kept."""

import pytest

from app.messages.receiving.senders import canonical, is_dialled

HER = "+4740612345"
WHOLE = [
    *("+4740612345", "+47 406 12 345", "+47-406-12-345", "+47(406)12345", "+47.406.12.345", "+47/40612345"),
    *("rcs:+4740612345", "RCS:+47 406 12 345", "whatsapp:+4740612345", "WhatsApp:+4740612345", "sms:+4740612345"),
    *("tel:+4740612345", "tel:+47-406-12-345", "tel:+4740612345;ext=7", "sip:+4740612345", "messenger:+4740612345"),
    *("viber:+4740612345", "imessage://+4740612345", "apple.business:+4740612345", "004740612345", "00 47 406 12 345"),
    *(
        "rcs:004740612345",
        "\u200e+47\u00a0406\u202f12\u200b345\u200f",
        "＋４７４０６１２３４５",
        "+٤٧٤٠٦١٢٣٤٥",
        "\t+4740612345\r\n",
    ),
    *("sip:+4740612345@example.org", "sip:+4740612345@10.0.0.1:5060", "sips:+47-406-12-345@pbx:5061;user=phone"),
    *("%2B4740612345", "rcs:%2B47%20406%2012345", "+47%20406%2012%20345", "tel:%2B4740612345%3Bext%3D7"),
    *("+47(0)40612345", "+47 ( 0 ) 406 12 345", "rcs:0047 (0) 406 12 345", "47(0)40612345"),
    *("+47 406 12 345\x00", "+47\u2011406\u201112\u2011345"),
]
NATIONAL = [
    "40612345",
    "406 12 345",
    "rcs:40612345",
    "tel:406-12-345",
    "whatsapp:4740612345",
    "4740612345",
    "\u200b40612345",
]


@pytest.mark.parametrize("sender", WHOLE)
def test_a_number_is_itself_whatever_the_channel_puts_around_it(sender: str) -> None:
    assert canonical(sender) == canonical(sender, ["SE"]) == HER


@pytest.mark.parametrize("sender", NATIONAL)
def test_what_is_dialled_at_home_is_of_that_country(sender: str) -> None:
    assert canonical(sender, ["", "XX", "no way", "NO"]) == HER


@pytest.mark.parametrize(
    ("sender", "countries", "number"),
    [
        ("0701234567", ["SE"], "+46701234567"),
        ("07400 123456", ["GB"], "+447400123456"),
        ("07400 123456", ["NO", "GB"], "+447400123456"),
        ("+44 (0)7400 123456", ["NO"], "+447400123456"),
        ("40612345", ["DK", "NO"], "+4540612345"),  # the first country in which there is such a number
        ("4740612345", [], HER),  # a number of no country is taken as if the plus were lost
    ],
)
def test_countries_are_tried_in_their_order(sender: str, countries: list[str], number: str) -> None:
    assert canonical(sender, countries) == number


@pytest.mark.parametrize(
    ("sender", "kept"),
    [
        ("", ""),
        ("Telenor", "Telenor"),
        ("2440", "2440"),
        ("whatsapp:US.ABC123", "US.ABC123"),
        ("messenger:1234567890123456789", "1234567890123456789"),
        ("+47", "+47"),
        ("+4712", "+4712"),
        ("rcs:agent_brand_x", "agent_brand_x"),
        ("+999999999999999999999999", "+999999999999999999999999"),
    ],
)
def test_what_is_no_telephone_stays_what_it_is(sender: str, kept: str) -> None:
    assert canonical(sender, ["NO"]) == kept


@pytest.mark.parametrize(
    ("sender", "dialled"), [(HER, False), (f"rcs:{HER}", False), ("40612345", True), ("Telenor", True)]
)
def test_a_country_is_asked_for_only_where_none_is_named(sender: str, dialled: bool) -> None:
    assert is_dialled(sender) is dialled
