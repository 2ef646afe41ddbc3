"""The browsers of a hospital and its telephones, each by what it sends of itself."""

import pytest
from flask import Flask

from app.web.language import speak
from app.web.staff.browser_names import browser_name

KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS, MAC = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
IPHONE, IPAD = (f"Mozilla/5.0 ({which}; CPU OS 18_5 like Mac OS X)" for which in ("iPhone", "iPad"))
ANDROID = "Mozilla/5.0 (Linux; Android 10; K)"
CASES = [
    (f"{WINDOWS} {KIT} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0", "Edge on Windows"),
    (f"{WINDOWS} {KIT} Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763", "Edge on Windows"),
    (f"{WINDOWS} {KIT} Chrome/141.0.0.0 Safari/537.36", "Chrome on Windows"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
    ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer on Windows"),
    (f"{WINDOWS} {KIT} Chrome/139.0.0.0 Safari/537.36 OPR/123.0.0.0", "Opera on Windows"),
    (f"{MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15", "Safari on Mac"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15.5; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Mac"),
    (f"{IPHONE} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
    (f"{IPAD} AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0 Mobile/15E148 Safari/604.1", "Chrome on iPad"),
    (f"{IPHONE} AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/140.0 Safari/605.1.15", "Firefox on iPhone"),
    (f"{ANDROID} {KIT} Chrome/141.0.0.0 Mobile Safari/537.36", "Chrome on Android"),
    (f"{ANDROID} {KIT} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", "Samsung Internet on Android"),
    (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {KIT} Chrome/141.0.0.0 Safari/537.36", "Chrome on ChromeOS"),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
    ("Firefox/140.0", "Firefox"),  # no system: as much as is known
    ("Mozilla/5.0 (Linux; Unknown)", "Mozilla/5.0 (Linux; Unknown)"),  # and what is not, as it was sent
    ("curl/8.5.0", "curl/8.5.0"),
    ("", ""),
]


@pytest.mark.parametrize(("line", "called"), CASES)
def test_a_browser_is_called_as_people_call_it(app: Flask, line: str, called: str) -> None:
    with app.test_request_context():
        speak("en")
        assert browser_name(line) == called


def test_it_is_called_so_in_bokmal(app: Flask) -> None:
    with app.test_request_context():
        speak("nb")
        assert browser_name(CASES[3][0]) == "Firefox på Windows"
