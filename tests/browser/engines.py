"""WebKit and Firefox as Debian has them, without a library: by WebDriver, and by Marionette."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Protocol

PATIENCE_SECONDS = 60
MINIBROWSERS = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"
MISSING = {
    "webkit": "no WebKit (on Debian: apt install webkit2gtk-driver xvfb)",
    "firefox": "no Firefox (on Debian: apt install firefox-esr)",
}


class Engine(Protocol):
    """A browser that is told where to go, what to touch and what to run."""

    def go(self, address: str) -> None:
        """Open a page."""

    def run(self, script: str) -> object:
        """What the script returns, which may be a promise."""

    def tap(self, selector: str) -> None:
        """Touch the first element of this selector, as a finger would."""


def installed(engine: str) -> bool:
    """Whether this machine has what the engine needs."""
    if engine == "firefox":
        return shutil.which("firefox-esr") is not None
    return all(map(shutil.which, ("WebKitWebDriver", "Xvfb"))) and any(Path("/").glob(MINIBROWSERS[1:]))


def until(look: Callable[[], object], what: str = "it") -> object:
    """What `look` gives once it gives something; AssertionError where it does not in time."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if seen := look():
            return seen
        time.sleep(0.05)
    raise AssertionError(f"{what} was not so in time")


@contextmanager
def started(engine: str, folder: Path) -> Iterator[Engine]:
    """A browser of its own; ended with what it needed."""
    with ExitStack() as stack:
        yield _webkit(stack, folder) if engine == "webkit" else _firefox(stack, folder)


def _process(
    stack: ExitStack, folder: Path, *command: str, kept: int | None = None, environment: Mapping[str, str] | None = None
) -> None:
    log = stack.enter_context((folder / f"{Path(command[0]).name}.log").open("w", encoding="utf-8"))
    made = {**os.environ, "HOME": str(folder), **(environment or {})}
    process = subprocess.Popen(command, stdout=log, stderr=log, env=made, pass_fds=() if kept is None else (kept,))
    stack.callback(process.wait)
    stack.callback(process.terminate)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _listening(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


class _WebDriver:
    """WebDriver over HTTP."""

    def __init__(self, port: int, capabilities: dict[str, object]) -> None:
        self._port, self._at = port, "/session"
        self._at += "/" + str(self._ask("", {"capabilities": {"alwaysMatch": capabilities}})["sessionId"])  # type: ignore[index]

    def _ask(self, path: str, body: object, method: str = "POST") -> object:
        content = json.dumps(body).encode() if method == "POST" else None
        line = HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        line.request(method, f"{self._at}{path}", content, {"Content-Type": "application/json"})
        with closing(line):
            return json.loads(line.getresponse().read())["value"]

    def go(self, address: str) -> None:
        self._ask("/url", {"url": address})

    def run(self, script: str) -> object:
        return self._ask("/execute/sync", {"script": script, "args": []})

    def tap(self, selector: str) -> None:
        element = self._ask("/element", {"using": "css selector", "value": selector})
        assert isinstance(element, dict)
        self._ask(f"/element/{next(iter(element.values()))}/click", {})

    def end(self) -> None:
        self._ask("", None, "DELETE")


def _webkit(stack: ExitStack, folder: Path) -> Engine:
    said, shown_at = os.pipe()
    screen = ("-displayfd", str(shown_at), "-screen", "0", "800x900x24", "-nolisten", "tcp")
    _process(stack, folder, "Xvfb", *screen, kept=shown_at)
    os.close(shown_at)
    with os.fdopen(said, encoding="ascii") as number:
        display = number.readline().strip()
    port = _free_port()
    environment = {"DISPLAY": f":{display}", "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1", "GDK_BACKEND": "x11"}
    _process(stack, folder, "WebKitWebDriver", f"--port={port}", "--host=127.0.0.1", environment=environment)
    until(lambda: _listening(port), "WebKit's driver")
    browser = str(next(Path("/").glob(MINIBROWSERS[1:])))
    driver = _WebDriver(port, {"webkitgtk:browserOptions": {"binary": browser, "args": ["--automation"]}})
    stack.callback(driver.end)
    return driver


class _Marionette:
    """Firefox's own wire: a length, a colon, and a list in JSON."""

    def __init__(self, port: int) -> None:
        self._line = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        self._number = 0
        self._read()
        self._ask("WebDriver:NewSession", {})

    def _read(self) -> object:
        digits = b""
        while (sign := self._line.recv(1)) != b":":
            digits += sign
        content = b""
        while len(content) < int(digits):
            content += self._line.recv(int(digits) - len(content))
        return json.loads(content)

    def _ask(self, command: str, body: dict[str, object]) -> object:
        self._number += 1
        content = json.dumps([0, self._number, command, body])
        self._line.sendall(f"{len(content)}:{content}".encode())
        answer = self._read()
        assert isinstance(answer, list)
        assert answer[2] is None, answer[2]
        return answer[3].get("value") if isinstance(answer[3], dict) else answer[3]

    def go(self, address: str) -> None:
        self._ask("WebDriver:Navigate", {"url": address})

    def run(self, script: str) -> object:
        return self._ask("WebDriver:ExecuteScript", {"script": script, "args": []})

    def tap(self, selector: str) -> None:
        element = self._ask("WebDriver:FindElement", {"using": "css selector", "value": selector})
        assert isinstance(element, dict)
        self._ask("WebDriver:ElementClick", {"id": next(iter(element.values()))})

    def end(self) -> None:
        self._line.close()


def _firefox(stack: ExitStack, folder: Path) -> Engine:
    profile, port = folder / "profile", _free_port()
    profile.mkdir()
    settings = {"marionette.port": port, "datareporting.policy.dataSubmissionEnabled": False,
                "app.update.enabled": False, "browser.shell.checkDefaultBrowser": False}  # fmt: skip
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in settings.items())
    (profile / "user.js").write_text("".join(lines), "utf-8")
    _process(stack, folder, "firefox-esr", "--headless", "--marionette", "--no-remote", "--profile", str(profile))
    until(lambda: _listening(port), "Firefox")
    driver = _Marionette(port)
    stack.callback(driver.end)
    return driver
