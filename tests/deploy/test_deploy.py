"""The files of `deploy/` are taken by the programs they are for, and say what the page promises."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
PAGE = DEPLOY.parent / "docs" / "operations.md"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
BACK_UP = DEPLOY / "systemd" / "svar-backup.service"
SERVICES = [unit for unit in UNITS if unit != BACK_UP]
HARDENED = (
    "User=svar", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "ProtectHome=yes",
    "PrivateTmp=yes", "PrivateDevices=yes", "RestrictNamespaces=yes", "SystemCallFilter=@system-service",
    "StateDirectory=svar", "EnvironmentFile=/etc/svar/svar.env",
)  # fmt: skip
REPLACED = ("X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme", "X-Forwarded-Host $host", "Host $host")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
@pytest.mark.parametrize("line", HARDENED)
def test_a_unit_gives_the_service_no_more_than_it_needs(unit: Path, line: str) -> None:
    assert line in unit.read_text("utf-8").splitlines()


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
@pytest.mark.parametrize("line", ["UMask=0027", "Restart=always"])
def test_a_unit_that_serves_is_started_again(unit: Path, line: str) -> None:
    assert line in unit.read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    "line", ["Type=oneshot", "UMask=0077", "ReadWritePaths=/backups", "EnvironmentFile=/etc/svar/owner.env"]
)
def test_a_back_up_runs_once_and_nobody_else_reads_it(line: str) -> None:
    assert line in BACK_UP.read_text("utf-8").splitlines()


def test_a_back_up_is_made_every_hour_under_a_name_of_its_own(tmp_path: Path) -> None:
    assert "OnCalendar=hourly" in BACK_UP.with_suffix(".timer").read_text("utf-8").splitlines()
    (script,) = re.findall("^ExecStart=/bin/sh -c '(.*)'$", BACK_UP.read_text("utf-8"), re.MULTILINE)
    program = tmp_path / "flask"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n', "utf-8")
    program.chmod(0o755)
    command = script.replace("/opt/svar/.venv/bin/flask", str(program)).replace("$$", "$").replace("%%", "%")
    said = subprocess.run(
        ["/bin/sh", "-c", command], capture_output=True, encoding="utf-8", check=True
    ).stdout.splitlines()
    assert said[:2] == ["ops", "backup"]
    assert re.fullmatch(r"/backups/svar-[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{6}\.backup", said[2])


def test_the_page_makes_the_folder_of_back_ups_before_it_starts_them() -> None:
    page = PAGE.read_text("utf-8")
    places = [
        page.index(word)
        for word in ("/backups\n", "svar-backup.timer", "enable --now svar-backup.timer", "### Before production")
    ]
    assert places == sorted(places)


def test_web_clock_and_stand_in_have_a_unit_each() -> None:
    commands = [re.findall("^ExecStart=(.*)$", unit.read_text("utf-8"), re.MULTILINE) for unit in SERVICES]
    programs = ("flask clock", "flask ops stand-in", "gunicorn wsgi:app")
    assert commands == [[f"/opt/svar/.venv/bin/{program}"] for program in programs]


def analyzed(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What systemd's own reader says of units, wherever its packages are."""
    given = [str(shutil.which("systemd-analyze")), *arguments]
    return subprocess.run(given, capture_output=True, encoding="utf-8", check=False)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_systemd_takes_the_units_and_finds_nothing_to_say(tmp_path: Path) -> None:
    for unit in UNITS:  # its program is under /opt/svar, which this machine need not have
        (tmp_path / unit.name).write_text(
            unit.read_text("utf-8").replace("=/opt/svar/.venv/bin/", "=/bin/echo "), "utf-8"
        )
    timer = BACK_UP.with_suffix(".timer")
    (tmp_path / timer.name).write_text(timer.read_text("utf-8"), "utf-8")
    tried = analyzed("verify", "--man=no", *sorted(tmp_path.iterdir()))
    assert (tried.returncode, tried.stdout, tried.stderr) == (0, "", "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_calls_what_a_unit_is_exposed_to_little(unit: Path) -> None:
    """1.4 of 10, where 0 is a service without network, sockets and files; a unit without hardening has 9.6."""
    tried = analyzed("security", "--offline=true", "--threshold=15", "--no-pager", unit)
    assert tried.returncode == 0, tried.stdout + tried.stderr


@pytest.mark.parametrize("header", REPLACED)
def test_nginx_replaces_what_a_stranger_may_have_written(header: str) -> None:
    locations = (DEPLOY / "nginx" / "svar.conf").read_text("utf-8").split("proxy_pass")[1:]
    assert len(locations) == 2
    assert all(f"proxy_set_header {header};" in location for location in locations)


def test_no_proxy_writes_an_address_into_a_log() -> None:
    nginx = (DEPLOY / "nginx" / "svar.conf").read_text("utf-8")
    (logged,) = re.findall(r"^log_format svar '(.*)';$", nginx, re.MULTILINE)
    assert not re.search(r"\$(request|request_uri|uri|args|http_referer)\b", logged)
    assert "\n\tlog" not in (DEPLOY / "caddy" / "Caddyfile").read_text("utf-8")


@pytest.mark.skipif(not Path("/usr/sbin/nginx").exists(), reason="nginx is not installed here")
def test_nginx_takes_its_file(tmp_path: Path) -> None:
    given = (DEPLOY / "nginx" / "svar.conf").read_text("utf-8")
    key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    making = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=svar.example.org"]
    openssl = str(shutil.which("openssl"))
    subprocess.run([openssl, "req", *making, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    configuration = given.replace("/etc/letsencrypt/live/svar.example.org", str(tmp_path)).replace(
        "/var/log/nginx", str(tmp_path)
    )
    whole = tmp_path / "nginx.conf"
    whole.write_text(f"pid {tmp_path}/pid; error_log {tmp_path}/log; events {{}} http {{ {configuration} }}", "utf-8")
    tried = subprocess.run(["/usr/sbin/nginx", "-t", "-c", whole], capture_output=True, encoding="utf-8", check=False)
    assert tried.returncode == 0, tried.stderr


def test_a_certificate_is_asked_for_where_nginx_answers_and_taken_up_when_it_is_renewed() -> None:
    page, nginx = PAGE.read_text("utf-8"), (DEPLOY / "nginx" / "svar.conf").read_text("utf-8")
    (certbot,) = re.findall(r"^certbot certonly (.*\\\n.*)$", page, re.MULTILINE)
    (root,) = re.findall(r"location /\.well-known/acme-challenge/ \{ root (\S+); \}", nginx)
    assert f"--webroot --webroot-path {root} " in certbot
    assert '--deploy-hook "systemctl reload nginx"' in certbot
    assert (
        page.index("certbot certonly") < page.index("deploy/nginx/svar.conf >") < page.index("certbot renew --dry-run")
    )


def test_the_challenge_is_answered_at_port_80_and_sent_nowhere_else() -> None:
    plain = (DEPLOY / "nginx" / "svar.conf").read_text("utf-8").split("server {")[1]
    assert "listen 80;" in plain
    assert plain.index("acme-challenge") < plain.index("return 301")
    assert not re.search(r"^\s*return 301", plain, re.MULTILINE)


@pytest.mark.skipif(shutil.which("caddy") is None, reason="Caddy is not installed here")
def test_caddy_takes_its_file() -> None:
    caddy = str(shutil.which("caddy"))
    given = ["validate", "--config", str(DEPLOY / "caddy" / "Caddyfile"), "--adapter", "caddyfile"]
    tried = subprocess.run([caddy, *given], capture_output=True, encoding="utf-8", check=False)
    assert tried.returncode == 0, tried.stderr


def test_caddy_takes_requests_whole_in_the_words_of_the_version_that_debian_has() -> None:
    lines = (DEPLOY / "caddy" / "Caddyfile").read_text("utf-8").split("reverse_proxy")[1].split()
    assert {"buffer_requests", "buffer_responses", "max_buffer_size"} <= set(lines)
