"""What is said to `svar.alert` reaches people: for real, by a webhook and by a mail server."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event

import pytest
from flask import Flask

from app.config import Settings
from app.messages.gateways import smtp
from app.messages.monitoring import alerting
from app.messages.monitoring.alerting import Alert, CannotTell, tell
from tests.messages.monitoring.listening import Chat, chat, mail_server

AT = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)
ALERT = Alert(AT, "texts are held back: twilio does not take them", "clock-1")
log = logging.getLogger("svar.alert")


@pytest.fixture
def room(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    """A chat that is told what is said to `svar.alert`."""
    monkeypatch.setattr(alerting, "WAITS", (0.0, 0.01, 0.01))
    with chat() as (there, address):
        alerting.configure(replace(settings, alert_webhook=address))
        yield there
        alerting.configure(settings)


def finished() -> None:
    """Wait until all is told."""
    (handler,) = (handler for handler in log.handlers if isinstance(handler, alerting.Alerting))
    handler.finish()


def test_an_alert_reaches_the_webhook_with_its_hour_and_place(room: Chat) -> None:
    began = datetime.now(UTC).replace(microsecond=0)
    log.error("texts are held back: %s does not take them", "twilio")
    finished()
    (post,) = room.posts
    assert post["text"].startswith("Svar on ")
    assert post["text"].endswith(": texts are held back: twilio does not take them")
    assert began <= datetime.fromisoformat(post["at"]) <= datetime.now(UTC)
    assert post["service"] == "http://localhost"


def test_nobodys_link_or_number_is_told(room: Chat) -> None:
    log.error("reply of +4740000001 by someone@hospital.example")
    finished()
    assert room.posts[0]["text"].endswith("reply of (number) by (address)")


@pytest.mark.parametrize(
    ("first", "second", "posts"),
    [
        ("jobs fail: queue", "jobs fail: queue", 1),
        ("no text left for 1:00:00", "no text left for 2:30:00", 1),
        ("3 texts in 72 h", "4 texts in 72 h", 1),
        ("jobs fail: queue", "jobs fail: deliver", 2),
    ],
)
def test_the_same_alert_is_told_once_an_hour_whatever_its_figures(
    room: Chat, first: str, second: str, posts: int
) -> None:
    for words in (first, second, first):
        log.error(words)
    finished()
    assert len(room.posts) == posts


def test_after_an_hour_it_is_told_again(room: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    log.error("jobs fail: queue")
    monkeypatch.setattr(alerting, "TOLD_AGAIN_SECONDS", 0.0)
    log.error("jobs fail: queue")
    finished()
    assert len(room.posts) == 2


@pytest.mark.parametrize(("answers", "posts", "failed"), [([503], 2, 1), ([503, 404], 3, 2), ([500, 500, 500], 3, 3)])
def test_it_is_tried_three_times_and_the_log_says_so(
    room: Chat, answers: list[int], posts: int, failed: int, caplog: pytest.LogCaptureFixture
) -> None:
    room.answers += answers
    log.error("jobs fail: queue")
    finished()
    assert len(room.posts) == posts
    lines = [record.getMessage() for record in caplog.records if record.name == "svar.monitoring"]
    assert lines == [f"an alert was not told (webhook: it answers {status})" for status in answers]
    assert len(lines) == failed


@pytest.mark.parametrize(("answers", "posts"), [([500, 500, 500], 4), ([500, 500], 3), ([], 1)])
def test_what_nobody_was_told_does_not_count_as_told(
    room: Chat, answers: list[int], posts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.answers += answers
    monkeypatch.setattr(alerting, "UNTOLD_AGAIN_SECONDS", 0.0)
    for _ in range(2):
        log.error("jobs fail: queue")
        finished()
    assert len(room.posts) == posts


def test_soon_after_it_is_not_tried_anew(room: Chat) -> None:
    room.answers += [500, 500, 500]
    for _ in range(2):
        log.error("jobs fail: queue")
        finished()
    assert len(room.posts) == 3


def test_the_chat_hears_once_what_the_mail_server_refuses(
    room: Chat, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(alerting, "UNTOLD_AGAIN_SECONDS", 0.0)
    (handler,) = (handler for handler in log.handlers if isinstance(handler, alerting.Alerting))
    nobody = replace(handler._settings, alert_email="a@hospital.example", smtp_url="smtp://127.0.0.1:9")
    alerting.configure(nobody)
    for _ in range(2):
        log.error("jobs fail: queue")
        finished()
    assert len(room.posts) == 1
    lines = [record.getMessage() for record in caplog.records if record.name == "svar.monitoring"]
    assert lines == ["an alert was not told (e-mail: ConnectionRefusedError)"] * 3


def test_whoever_raises_an_alert_does_not_wait_and_a_storm_is_bounded(
    room: Chat, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    released = Event()
    monkeypatch.setattr(alerting, "tell", lambda *_: released.wait(30))
    monkeypatch.setattr(alerting, "MOST_WAITING", 3)
    alerting.configure(replace(settings, alert_webhook="http://127.0.0.1:1/"))
    for number in range(10):
        log.error("jobs fail: %s", "q" * number)
    left_out = [record for record in caplog.records if "in the log alone" in record.getMessage()]
    assert 6 <= len(left_out) <= 7, "three wait, and one may be on its way"
    released.set()
    finished()


def test_good_news_is_told_too_and_small_talk_is_not(room: Chat) -> None:
    log.warning("texts leave again through twilio")
    log.info("nothing to tell")
    finished()
    assert [post["text"].partition(": ")[2] for post in room.posts] == ["texts leave again through twilio"]


def test_a_mail_says_what_where_and_when(settings: Settings) -> None:
    with mail_server() as (said, address):
        to = "a@hospital.example, b@hospital.example"
        tell(ALERT, replace(settings, alert_email=to, smtp_url=address, public_base_url="https://svar.example.org"))
    text = "\n".join(said)
    assert "Subject: Svar: texts are held back: twilio does not take them" in said
    assert "From: svar@svar.example.org" in said
    assert {line.upper()[:30] for line in said if line.lower().startswith("rcpt")} == {
        "RCPT TO:<A@HOSPITAL.EXAMPLE>"[:30], "RCPT TO:<B@HOSPITAL.EXAMPLE>"[:30],
    }  # fmt: skip
    assert "Said at 2026-11-26 12:30:00 UTC on clock-1, of https://svar.example.org." in text


@pytest.mark.parametrize("account", ["", "me:secret@"])
def test_no_mail_leaves_this_machine_without_tls(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, account: str
) -> None:
    monkeypatch.setattr(smtp, "ON_THIS_MACHINE", ())
    with mail_server() as (said, address), pytest.raises(CannotTell, match="e-mail: SMTPNotSupportedError"):
        tell(ALERT, replace(settings, alert_email="a@hospital.example", smtp_url=address.replace("//", f"//{account}")))
    assert not any("secret" in line or line.startswith(("AUTH", "mail", "MAIL")) for line in said)


def test_one_way_that_fails_does_not_stop_the_other(settings: Settings) -> None:
    with chat() as (there, address), mail_server(refuses=True) as (_, smtp):
        there.answers.append(404)
        with pytest.raises(CannotTell, match="webhook: it answers 404; e-mail: SMTPRecipientsRefused"):
            tell(ALERT, replace(settings, alert_webhook=address, alert_email="a@hospital.example", smtp_url=smtp))
    assert len(there.posts) == 1


def test_a_trial_says_whether_it_was_told(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def tried(**changed: str) -> tuple[int, str]:
        monkeypatch.setitem(app.extensions, "settings", replace(settings, **changed))  # type: ignore[arg-type]
        done = app.test_cli_runner().invoke(args=["alert", "try"])
        return done.exit_code, done.output

    nobody = "Error: Nobody is told: set ALERT_WEBHOOK, or ALERT_EMAIL and SMTP_URL.\n"
    assert tried() == (1, nobody)
    assert tried(alert_webhook="http://127.0.0.1:1/") == (
        1,
        "Error: Not everybody was told: webhook: ConnectionError.\n",
    )
    with chat() as (there, address):
        assert tried(alert_webhook=address) == (0, "Told. Look whether it has arrived.\n")
    assert "this is a trial" in there.posts[0]["text"]
