"""Settings of alerts that cannot be used are refused at the start, each with its sentence."""

import pytest

from app.core.alert_settings import complaints

HOOK, MAIL, FROM = "ALERT_WEBHOOK is not", "ALERT_EMAIL is not", "ALERT_FROM is not"
SMTP, NO_SMTP, NO_MAIL = "SMTP_URL is not an", "SMTP_URL is not set", "ALERT_EMAIL is not set"
MAILBOX = "MAILBOX_URL is not an address"
GOOD = {"ALERT_EMAIL": "a@hospital.example", "SMTP_URL": "smtps://mail.hospital.example"}


@pytest.mark.parametrize(
    ("settings", "beginnings"),
    [
        ({}, []),
        ({"ALERT_WEBHOOK": "https://chat.example.org/hooks/1?a=b"}, []),
        ({"ALERT_WEBHOOK": "http://127.0.0.1:9000"}, []),
        ({"ALERT_WEBHOOK": "chat.example.org"}, [HOOK]),
        ({"ALERT_WEBHOOK": "ftp://chat.example.org/"}, [HOOK]),
        ({"ALERT_WEBHOOK": "https://"}, [HOOK]),
        ({"ALERT_WEBHOOK": "https://[::1/hooks"}, [HOOK]),
        ({"ALERT_WEBHOOK": "https://chat.example.org:port/hooks"}, [HOOK]),
        (GOOD, []),
        (GOOD | {"ALERT_EMAIL": "a@hospital.example, b@hospital.example"}, []),
        (GOOD | {"ALERT_EMAIL": "a@hospital.example; b@hospital.example"}, [MAIL]),
        (GOOD | {"ALERT_EMAIL": "operations"}, [MAIL]),
        (GOOD | {"ALERT_EMAIL": "a@hospital.example,"}, [MAIL]),
        (GOOD | {"ALERT_FROM": "svar@hospital.example"}, []),
        (GOOD | {"ALERT_FROM": "svar"}, [FROM]),
        (GOOD | {"SMTP_URL": "smtp://user:p%40ss@mail.hospital.example:2525"}, []),
        (GOOD | {"SMTP_URL": "mail.hospital.example"}, [SMTP]),
        (GOOD | {"SMTP_URL": "https://mail.hospital.example"}, [SMTP]),
        (GOOD | {"SMTP_URL": "smtp://"}, [SMTP]),
        (GOOD | {"SMTP_URL": "smtp://mail.hospital.example:post"}, [SMTP]),
        (GOOD | {"SMTP_URL": "smtp://mail.hospital.example:0"}, [SMTP]),
        (GOOD | {"SMTP_URL": "smtp://[::1"}, [SMTP]),
        (GOOD | {"MAIL_FROM": "svar@hospital.example", "MAILBOX_URL": "imaps://user:pw@[::1/INBOX"}, [MAILBOX]),
        ({"ALERT_EMAIL": "a@hospital.example"}, [NO_SMTP]),
        ({"SMTP_URL": "smtps://mail.hospital.example"}, [NO_MAIL]),
    ],
)
def test_what_cannot_be_used_is_refused(settings: dict[str, str], beginnings: list[str]) -> None:
    sentences = list(complaints(settings))
    assert len(sentences) == len(beginnings)
    assert all(sentence.startswith(words) for sentence, words in zip(sentences, beginnings, strict=True))
