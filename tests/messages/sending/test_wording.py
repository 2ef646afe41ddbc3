"""The example's texts: in every language one SMS of the GSM alphabet for every site; what is wrong is refused."""

import pytest

from app.messages.short_visits import by_sms
from app.studies.protocol import ProtocolErrors, read_protocol
from app.studies.texts import LONGEST_LINK, SMS_KINDS, segments
from tests.messages.people import PROTOCOL
from tests.some import some

TEXT = PROTOCOL.read_text("utf-8")
PLAN = read_protocol(TEXT)
ALLOWED = TEXT.replace("  allowed: false", "  allowed: true")


@pytest.mark.parametrize("language", PLAN.languages)
@pytest.mark.parametrize("kind", sorted(PLAN.messages))
def test_every_text_of_the_example_is_one_segment_for_every_site(kind: str, language: str) -> None:
    for site in some(PLAN.sites):
        parts = {"sender": site.sender[language], "phone": site.phone, "link": "x" * LONGEST_LINK}
        assert segments(PLAN.template(kind, language).format(**parts)).count == 1


@pytest.mark.parametrize("language", PLAN.languages)
@pytest.mark.parametrize("kind", sorted(SMS_KINDS))
def test_every_text_of_an_answer_by_sms_is_one_segment_for_every_site(kind: str, language: str) -> None:
    for site in some(PLAN.sites):
        parts = {"sender": site.sender[language], "phone": site.phone, "link": "x" * LONGEST_LINK}
        text = PLAN.reply_text(kind, language).format(**parts, **SMS_KINDS[kind])
        assert (segments(text).encoding, segments(text).count) == ("GSM-7", 1)


def test_answers_by_sms_are_off_until_the_protocol_says_otherwise() -> None:
    without = read_protocol(TEXT[: TEXT.index("sms_replies:")])
    assert without.sms_replies is None
    assert [by_sms(plan, "d21") for plan in (without, PLAN)] == [(), ()]
    assert len(by_sms(read_protocol(ALLOWED), "d21")) == 3
    assert by_sms(read_protocol(ALLOWED), "d28") == (), "not only short numbers"


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ("Mottatt {at}.", "Mottatt.", r"does not say \{at\}"),
        ("  form: one_by_one", "  form: perhaps", "is not one of the choices"),
        ("  form: one_by_one\n", "", "is missing"),
        ("  allowed: false", "  allowed: ja", "is not what belongs here"),
        ("    question:", "    frage:", "has no text `frage`"),
        ("    question:", "    frage:", "the text `question` is missing"),
        ("Vi forstod ikke svaret. S", "Hva med ryggen? S", "tells of illness"),
        ("Svar bare med tall, eller", "Svar bare med tall \u2013 eller", "EN DASH"),
        ("Vi forstod ikke svaret.", "Vi forstod ikke svaret. " * 5, "Shorten it by"),
        ("Nr. 1: svar {lowest} til {highest}, eller alle her: {link}", "Nr. 1: {lowest} til {highest}?", "has 0"),
        ('      en: "{sender}: Thank you for your answer. Received {at}."\n', "", "has no text in `en`"),
    ],
)
def test_a_wrong_text_of_an_answer_by_sms_is_refused_with_what_is_wrong(right: str, wrong: str, sentence: str) -> None:
    block = TEXT.index("\nsms_replies:")
    assert right in TEXT[block:]
    with pytest.raises(ProtocolErrors, match=sentence):
        read_protocol(TEXT[:block] + TEXT[block:].replace(right, wrong, 1))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{sender}: Hvordan er smertene i dag? {link}", "smertene"),
        ("{sender}: Svar her – takk: {link}", "EN DASH"),
        ("{sender}: Svar her: {link} eller {link}", "has 2"),
        ("{sender}: Svar her", "has 0"),
        ("{sender}: " + "Vi har spørsmål. " * 5 + "{link}", "Shorten it by"),
    ],
)
def test_f40_a_wrong_text_is_refused_with_what_is_wrong(text: str, sentence: str) -> None:
    wrong = TEXT.replace('"{sender}: Vi har noen nye spørsmål til deg. Svar her: {link}"', f'"{text}"')
    with pytest.raises(ProtocolErrors, match=sentence):
        read_protocol(wrong)
