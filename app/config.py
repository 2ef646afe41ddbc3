"""Settings: frozen, read once from the environment, refused with a clear message if incomplete or unsafe.

Production is `SVAR_ENV=production`. In development what is not set is made once and kept under `instance/` (keys) or
started by itself (the embedded PostgreSQL), and texts go to the sandbox gateway. Development may go unsaid at a shell
only: under a server, or where a setting of production is there, a forgotten `SVAR_ENV` is refused.
"""

import json
import os
import secrets
import sys
from collections.abc import Callable, Container, Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path

from environs import Env
from flask import Flask, current_app

from app.core import alert_settings, networks, oidc_settings, typed_settings, usable_settings
from app.core.crypto import Keyring, SigningKeys, new_key
from app.core.oidc_settings import NO_PROVIDER, OidcSettings

ROOT = Path(__file__).resolve().parent.parent
TWILIO = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")
ELKS = ("ELKS_USERNAME", "ELKS_PASSWORD", "ELKS_SENDER", "ELKS_WEBHOOK_SECRET")
SERVERS = ("gunicorn", "waitress", "uwsgi", "mod_wsgi", "uvicorn", "hypercorn", "granian", "cheroot", "gevent.pywsgi")
ALWAYS_REQUIRED = ("SECRET_KEY", "DATABASE_URL", "PUBLIC_BASE_URL", "FIELD_KEYS")
REQUIRED = (*ALWAYS_REQUIRED, *TWILIO)
FOLDERS = ("SVAR_INSTANCE", "SVAR_EXPORTS")
"""What must outlive the program; development keeps it under the program's own folder, which `make clean` empties."""
OF_PRODUCTION = (*REQUIRED, *ELKS, "DATABASE_OWNER_URL", "TWILIO_SENDER", "TWILIO_MESSAGING_SERVICE", "DEAD_MAN_URL")
"""Who sets one of these means some service, and says which; the address alone may be a demonstration's."""


Texts = Callable[..., str]
"""Reads a setting by its name; what is made for development, or a default, where it is not given."""


class IncompleteSettings(SystemExit):
    """The service does not start; the message names each missing or unsafe setting."""


@dataclass(frozen=True)
class ElksSettings:
    """Another provider of texts, 46elks: empty where it is not used. In the order of ELKS, and a stand-in's address."""

    username: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    webhook_secret: str = field(default="", repr=False)
    """What it shows when it calls our webhooks, which it does not sign."""
    base_url: str = ""


@dataclass(frozen=True)
class MailSettings:
    """E-mails to patients, which leave by `smtp_url`: whom they come from, and what proves whoever hands them back."""

    sender: str = ""
    webhook_secret: str = field(default="", repr=False)
    mailbox: str = field(default="", repr=False)
    """The mailbox of `sender`, which is read for those that came back: `imaps://user:password@host/folder`."""


@dataclass(frozen=True)
class Settings:
    """Everything that differs between installations."""

    production: bool
    secret_key: str = field(repr=False)
    database_url: str = field(repr=False)
    owner_url: str = field(repr=False)
    public_base_url: str
    keyring: Keyring
    instance: Path
    exports: Path
    twilio_account_sid: str
    twilio_auth_tokens: tuple[str, ...] = field(repr=False)
    twilio_sender: str
    twilio_messaging_service: str
    twilio_base_url: str
    gateway: str
    trusted_proxies: int
    dead_man_url: str
    secret_key_fallbacks: tuple[str, ...] = field(default=(), repr=False)
    """Secrets of before, the newest first: what they signed holds while SECRET_KEY takes over."""
    twilio_content_retention: str = "retain"
    """`discard`: Twilio keeps no words; what is unknown is then found by number and time."""
    twilio_threads: int = 8
    elks: ElksSettings = ElksSettings()
    staff_numbers: frozenset[str] = frozenset()
    """Telephones of staff, confirmed by the operator: test texts reach them before a study is live."""
    monitor_token: str = field(default="", repr=False)
    """Who sends it may read figures and complaints from elsewhere."""
    prepared_statements: bool = True
    """Whether PostgreSQL keeps the plans of what is asked often; not through a pooler that hands on connections."""
    pool_kept: int = 10
    pool_extra: int = 10
    """Database connections that each process keeps, and opens beyond them while there is much to do."""
    structured_logs: bool = False
    alert_webhook: str = field(default="", repr=False)
    alert_email: str = ""
    alert_from: str = ""
    smtp_url: str = field(default="", repr=False)
    mail: MailSettings = MailSettings()
    test_installation: bool = False
    """Whether the provider is a stand-in, so that everything is as in production and nobody is texted."""
    hook_networks: tuple[networks.Network, ...] = ()
    """Private networks that webhooks may reach; all others are told nothing."""
    after_export: str = ""
    """A command that is run with the folder of each new export."""
    signing_keys: SigningKeys | None = None
    """With the first of these the manifest of each new export is signed."""
    oidc: OidcSettings = NO_PROVIDER
    plans: Path | None = None
    """Plans of analysis, STUDY.yaml each: a study that has one is analysed blind every night."""

    @property
    def signing_secrets(self) -> list[str]:
        """Every secret that something may have been signed with, the oldest first; the last one signs."""
        return [*reversed(self.secret_key_fallbacks), self.secret_key]

    @property
    def texts_are_real(self) -> bool:
        """Whether texts ring on telephones, or stay in the sandbox."""
        return self.gateway != "sandbox"


def settings_of(app: Flask) -> Settings:
    """What this application was made with."""
    kept: Settings = app.extensions["settings"]
    return kept


def current_settings() -> Settings:
    """What the application was made with that serves this request, or runs this command."""
    return settings_of(current_app)


def settings() -> Settings:
    """Read the settings; IncompleteSettings names what is missing."""
    env = Env()
    kind = env.str("SVAR_ENV", "").strip().lower()
    if kind not in ("", "development", "production"):
        raise IncompleteSettings(f"SVAR_ENV is {kind}: write production or development.")
    if not kind:
        _refuse_unsaid({name for name, value in os.environ.items() if value.strip()}, sys.modules)
    production = kind == "production"
    _refuse_wrong({name: value.strip() for name, value in os.environ.items()}, production)
    made = {} if production else _made_for_development(os.environ)
    return _read(env, _texts(env, made), production)


def _refuse_unsaid(environment: Set[str], modules: Container[str]) -> None:
    """Refuse to take for development what may be a service whose operator forgot to say production."""
    reasons = [f"{name} is set" for name in OF_PRODUCTION if name in environment and name != "PUBLIC_BASE_URL"]
    served = any(server in modules for server in SERVERS) and "FLASK_RUN_FROM_CLI" not in environment
    if reasons or served:
        because = ", ".join(reasons) or "a server is to serve it"
        raise IncompleteSettings(
            f"Svar does not start without SVAR_ENV, since {because}. Write SVAR_ENV=production where patients are"
            " asked; SVAR_ENV=development makes keys of its own, sends no texts and asks staff for no second factor."
            "\nSee docs/operations.md."
        )


def _refuse_wrong(environment: Mapping[str, str], production: bool) -> None:
    wrong = [*_missing(environment), *usable_settings.unsafe(environment)] if production else []
    wrong += typed_settings.complaints(environment) if production else []
    wrong += usable_settings.inside(ROOT, {name: environment.get(name, "") for name in FOLDERS}) if production else []
    wrong += [*usable_settings.malformed(environment), *alert_settings.complaints(environment)]
    wrong += oidc_settings.complaints(environment)
    if wrong:
        where, listed = " in production" if production else "", "\n".join(f"  {complaint}" for complaint in wrong)
        raise IncompleteSettings(f"Svar does not start{where} like this:\n{listed}\nSee docs/operations.md.")


def _missing(environment: Mapping[str, str]) -> list[str]:
    provider = environment.get("SMS_PROVIDER") or "twilio"
    required = REQUIRED if provider == "twilio" else (*ALWAYS_REQUIRED, *ELKS)
    missing = [f"{name} is not set" for name in (*required, *FOLDERS) if not environment.get(name)]
    if provider == "twilio" and not (environment.get("TWILIO_MESSAGING_SERVICE") or environment.get("TWILIO_SENDER")):
        missing.append("TWILIO_MESSAGING_SERVICE or TWILIO_SENDER is not set")
    return missing


def _made_for_development(environment: Mapping[str, str]) -> dict[str, str]:
    """What development makes for itself: kept secrets, and the embedded database unless another is named."""
    instance = Path(environment.get("SVAR_INSTANCE") or ROOT / "instance")
    made = {**_kept(instance), "PUBLIC_BASE_URL": "http://127.0.0.1:8000"}
    if not environment.get("DATABASE_URL"):
        from app.core import embedded

        server = embedded.start(instance / "postgres")
        name = environment.get("SVAR_DATABASE") or "svar"
        server.ensure_database(name)
        made["DATABASE_URL"] = server.url("svar_app", name)
        made["DATABASE_OWNER_URL"] = server.url("svar_owner", name)
    return made


def _kept(instance: Path) -> dict[str, str]:
    """Development's own secrets, made once."""
    path = instance / "development.json"
    if not path.exists():
        instance.mkdir(parents=True, exist_ok=True)
        made = {"SECRET_KEY": secrets.token_urlsafe(32), "FIELD_KEYS": new_key()}
        made |= {"TWILIO_ACCOUNT_SID": "ACsandbox", "TWILIO_AUTH_TOKEN": secrets.token_hex(16)}
        path.touch(mode=0o600)
        path.write_text(json.dumps(made), "utf-8")
    kept: dict[str, str] = json.loads(path.read_text("utf-8"))
    return kept


def _driver(url: str) -> str:
    """Any spelling of a PostgreSQL address, with the driver we ship."""
    scheme, _, rest = url.partition("://")
    return f"postgresql+psycopg://{rest}" if scheme.lower() in usable_settings.SCHEMES else url


def _texts(env: Env, made: Mapping[str, str]) -> Texts:
    def text(name: str, default: str = "") -> str:
        return env.str(name, "").strip() or made.get(name, default)

    return text


def _read(env: Env, text: Texts, production: bool) -> Settings:
    return Settings(
        production=production,
        secret_key=text("SECRET_KEY"),
        secret_key_fallbacks=usable_settings.secrets_of(text("SECRET_KEY_FALLBACKS")),
        database_url=_driver(text("DATABASE_URL")),
        owner_url=_driver(text("DATABASE_OWNER_URL") or text("DATABASE_URL")),
        public_base_url=text("PUBLIC_BASE_URL").rstrip("/"),
        keyring=Keyring.parse(text("FIELD_KEYS")),
        instance=Path(text("SVAR_INSTANCE", str(ROOT / "instance"))),
        exports=Path(text("SVAR_EXPORTS", str(ROOT / "var" / "exports"))),
        twilio_account_sid=text("TWILIO_ACCOUNT_SID"),
        twilio_auth_tokens=tuple(filter(None, (text("TWILIO_AUTH_TOKEN"), text("TWILIO_AUTH_TOKEN_SECONDARY")))),
        twilio_sender=text("TWILIO_SENDER"),
        twilio_messaging_service=text("TWILIO_MESSAGING_SERVICE"),
        twilio_base_url=text("TWILIO_BASE_URL"),
        gateway=text("SVAR_GATEWAY", text("SMS_PROVIDER", "twilio") if production else "sandbox"),
        trusted_proxies=int(text("TRUSTED_PROXIES", "0")),
        dead_man_url=text("DEAD_MAN_URL"),
        twilio_content_retention=text("TWILIO_CONTENT_RETENTION", "retain"),
        twilio_threads=int(text("TWILIO_THREADS", "8")),
        elks=ElksSettings(*(text(name) for name in (*ELKS, "ELKS_BASE_URL"))),
        staff_numbers=usable_settings.numbers(text("STAFF_NUMBERS")),
        monitor_token=text("MONITOR_TOKEN"),
        pool_kept=int(text("DATABASE_POOL", "10")),
        pool_extra=int(text("DATABASE_POOL_EXTRA", "10")),
        prepared_statements=text("DATABASE_PREPARED", "on") == "on",
        structured_logs=text("LOG_FORMAT", "text") == "json",
        alert_webhook=text("ALERT_WEBHOOK"),
        alert_email=text("ALERT_EMAIL"),
        alert_from=text("ALERT_FROM"),
        smtp_url=text("SMTP_URL"),
        mail=MailSettings(text("MAIL_FROM"), text("MAIL_WEBHOOK_SECRET"), text("MAILBOX_URL")),
        test_installation=bool(text("SVAR_TEST_INSTALLATION")),
        hook_networks=networks.networks(text("SVAR_WEBHOOK_NETWORKS")),
        after_export=text("SVAR_AFTER_EXPORT"),
        signing_keys=SigningKeys.parse(given) if (given := text("EXPORT_SIGNING_KEYS")) else None,
        oidc=oidc_settings.read(text),
        plans=Path(plans) if (plans := text("SVAR_PLANS")) else None,
    )
