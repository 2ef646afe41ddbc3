"""What strangers and their pages get: no figures, no word of a study, and no change of anything."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import create_app
from app.config import Settings
from app.core import zone_rules
from app.core.time import moved_clock
from app.web.edge import comes_from_us
from app.web.monitoring.health import is_this_machine, was_handed_on
from tests.factories import NOW, backtobasic, put_away, visitor
from tests.web.patient.pages import D154, made

TOKEN = "a-token-of-the-monitor"
HERE = {"REMOTE_ADDR": "127.0.0.1"}
ASKS: list[tuple[Mapping[str, str], Mapping[str, str], bool]] = [
    (HERE, {}, True),
    (HERE, {"Host": "127.0.0.1:8000", "Connection": "close"}, True),  # as a proxy asks that writes nothing of its own
    ({"REMOTE_ADDR": "::1"}, {}, True),
    ({"REMOTE_ADDR": "10.0.0.7"}, {}, False),
    ({"REMOTE_ADDR": "93.184.216.34"}, {}, False),
    ({"REMOTE_ADDR": ""}, {}, False),
    (HERE, {"X-Forwarded-For": "93.184.216.34"}, False),
    (HERE, {"X-Forwarded-For": "127.0.0.1"}, False),
    ({"REMOTE_ADDR": "93.184.216.34"}, {"X-Forwarded-For": "127.0.0.1"}, False),
    (HERE, {"X-Forwarded-Prefix": "/x"}, False),
    (HERE, {"X-Real-IP": "93.184.216.34"}, False),
    (HERE, {"Forwarded": "for=93.184.216.34"}, False),
    (HERE, {"Via": "1.1 proxy"}, False),
    (HERE | {"SCRIPT_NAME": "/x"}, {}, False),
    ({"REMOTE_ADDR": "93.184.216.34"}, {"Authorization": f"Bearer {TOKEN}"}, True),
    (HERE, {"Authorization": f"Bearer {TOKEN}", "X-Forwarded-For": "93.184.216.34"}, True),
    ({"REMOTE_ADDR": "93.184.216.34"}, {"Authorization": f"Bearer {TOKEN}x"}, False),
    ({"REMOTE_ADDR": "93.184.216.34"}, {"Authorization": "Bearer "}, False),
    ({"REMOTE_ADDR": "93.184.216.34"}, {"Authorization": TOKEN}, False),
    ({"REMOTE_ADDR": "93.184.216.34"}, {"Authorization": "Bearer \u00e6"}, False),
]


@pytest.mark.parametrize("proxies", [0, 1, 2])
@pytest.mark.parametrize("token", [TOKEN, ""])
def test_what_is_wrong_and_the_figures_are_told_to_this_machine_and_to_the_monitor_alone(
    settings: Settings, session: Session, proxies: int, token: str
) -> None:
    backtobasic()
    session.commit()
    app = create_app(replace(settings, trusted_proxies=proxies, monitor_token=token))
    for environment, headers, ours in ASKS:
        by_token = ours and "Authorization" in headers
        is_told = ours and (token != "" if by_token else proxies == 0)
        with moved_clock(lambda: NOW):
            ready = visitor(app).get("/health/ready", headers=headers, environ_overrides=environment)
            figures = visitor(app).get("/metrics", headers=headers, environ_overrides=environment)
        assert (ready.status_code, ready.get_json()["status"]) == (503, "not ready"), (environment, headers)
        assert ("complaints" in ready.get_json()) is is_told, (environment, headers)
        assert ready.get_json().get("zone_rules") == (zone_rules.release() if is_told else None)
        assert (figures.status_code == 200) is is_told, (environment, headers)
        assert is_told or "backtobasic" not in ready.text + figures.text
    put_away(app)


@pytest.mark.parametrize(
    ("address", "ours"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.1", False),
        ("10.0.0.1", False),
        ("192.168.1.1", False),
        ("169.254.1.1", False),
        ("fe80::1", False),
        ("0.0.0.0", False),  # noqa: S104 - an address that is asked about
        ("localhost", False),
        ("", False),
    ],
)
def test_only_a_loopback_address_is_this_machines(address: str, ours: bool) -> None:
    assert is_this_machine(address) is ours


@pytest.mark.parametrize(
    ("header", "handed_on"),
    [
        ("X-Forwarded-For", True),
        ("x-forwarded-host", True),
        ("X-Forwarded-Prefix", True),
        ("Forwarded", True),
        ("X-Real-Ip", True),
        ("X-Original-Url", True),
        ("CF-Connecting-IP", True),
        ("True-Client-IP", True),
        ("X-Client-IP", True),
        ("Via", True),
        ("User-Agent", False),
        ("Accept", False),
        ("X-Request-ID", False),
    ],
)
def test_a_proxy_is_known_by_what_it_writes(header: str, handed_on: bool) -> None:
    assert was_handed_on(["Host", header]) is handed_on


OURS = frozenset({"https://svar.example.org", "http://localhost"})
PAGES: list[tuple[str | None, str, bool]] = [
    ("same-origin", "null", True),  # our own forms, which name no referrer
    ("same-origin", "https://svar.example.org", True),
    ("none", "null", True),  # she herself: an address typed, a page restored
    ("none", "https://evil.example", False),
    ("same-site", "null", False),
    ("same-site", "https://other.example.org", False),
    ("cross-site", "null", False),
    ("cross-site", "https://svar.example.org", False),
    ("", "null", False),
    ("Same-Origin", "null", False),
    (None, "null", True),  # an old browser, or a program
    (None, "https://svar.example.org", True),
    (None, "http://localhost", True),
    (None, "http://svar.example.org", False),
    (None, "https://svar.example.org.evil.example", False),
    (None, "https://evil.example", False),
    (None, "", False),
]


@pytest.mark.parametrize(("site", "origin", "ours"), PAGES)
def test_a_browser_says_whose_page_it_is_that_sends(site: str | None, origin: str, ours: bool) -> None:
    assert comes_from_us(site, origin, OURS) is ours


def posted(client: FlaskClient, path: str, **headers: str) -> TestResponse:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(path, data={"_act": "start"}, headers=sent)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path", ["/login", "/api/v1/studies", "/webhooks/twilio/inbound", "/sandbox/1", "/nowhere", "/a/x"]
)
def test_no_page_of_others_changes_anything_anywhere(client: FlaskClient, method: str, path: str) -> None:
    assert client.open(path, method=method, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.open(path, method=method, headers={"Origin": "https://evil.example"}).status_code == 403


def test_a_patients_answer_is_taken_from_her_own_page_alone(app: Flask) -> None:
    with moved_clock(lambda: D154):
        link, client = made(app, "d154"), visitor(app)
        assert posted(client, link, Sec_Fetch_Site="cross-site").status_code == 403
        assert posted(client, link, Origin="https://evil.example").status_code == 403
        assert posted(client, link, Sec_Fetch_Site="same-origin", Origin="null").status_code == 200
        assert posted(client, link, Origin="http://localhost").status_code == 200
        assert posted(client, link).status_code == 200
        assert client.get(link, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200, "a link in a message"
