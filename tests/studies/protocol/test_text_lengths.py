"""A protocol that allows any letter: read, counted, and shown with what it costs; by default it allows none."""

import pytest

from app.studies.protocol import ProtocolErrors, from_dict, read_protocol
from app.studies.protocol.choices import Encoding
from app.studies.protocol.text_lengths import costly_texts
from tests.example import example

OLD = '    en: "{sender}: This is a test. If you can read it, all is well. Questions? Call {phone}."'
NEW = '    en: "{sender}: Dziękuję. {phone}"'


def changed(*settings: str) -> str:
    lines = "".join(f"\n  {setting}" for setting in settings)
    return example({OLD: NEW, "  daily_cap: 500": f"  daily_cap: 500{lines}"})


def test_by_default_a_text_keeps_to_the_sms_alphabet_and_one_sms() -> None:
    plan = read_protocol(example())
    assert (plan.sending.encoding, plan.sending.parts, list(costly_texts(plan))) == (Encoding.GSM7, 1, [])
    with pytest.raises(ProtocolErrors, match="not in the SMS alphabet"):
        read_protocol(changed())
    with pytest.raises(ProtocolErrors, match="not in the SMS alphabet"):
        read_protocol(changed("encoding: gsm7", "parts: 3"))


def test_any_letter_is_taken_where_the_protocol_says_so_and_its_cost_is_shown() -> None:
    plan = read_protocol(changed("encoding: ucs2"))
    assert list(costly_texts(plan)) == ["The text `test` in en takes 53 places of UCS-2: 1 SMS."]
    assert from_dict(plan.to_dict()) == plan


def test_what_takes_several_sms_needs_as_many_parts() -> None:
    long = example(
        {
            OLD: NEW.replace("Dziękuję", "Dziękuję bardzo za wszystko"),
            "  daily_cap: 500": "  daily_cap: 500\n  encoding: ucs2",
        }
    )
    with pytest.raises(ProtocolErrors, match="allow `parts: 2` under `sending`"):
        read_protocol(long)
    plan = read_protocol(long.replace("encoding: ucs2", "encoding: ucs2\n  parts: 2"))
    assert list(costly_texts(plan)) == ["The text `test` in en takes 72 places of UCS-2: 2 SMS, each paid for."]


@pytest.mark.parametrize(
    "setting", ["encoding: utf8", "encoding: 2", "parts: 0", "parts: 7", "parts: two", "parts: true"]
)
def test_other_values_are_refused_with_a_sentence(setting: str) -> None:
    with pytest.raises(ProtocolErrors, match=setting.partition(":")[0]):
        read_protocol(changed("encoding: ucs2", setting) if setting.startswith("parts") else changed(setting))
