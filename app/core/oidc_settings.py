"""Sign-in by a hospital's own identity provider (OpenID Connect): the four settings that it needs, or none of them."""

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from app.core.usable_settings import is_web_address

NEEDED_SETTINGS = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_NAME")
LONGEST_BUTTON, LONGEST_ISSUER = 60, 255


class HasIssuer(Protocol):
    """What an identity provider said."""

    @property
    def issuer(self) -> str:
        """The provider's address."""


@dataclass(frozen=True)
class OidcSettings:
    """The identity provider by which staff may sign in: empty where there is none."""

    issuer: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    name: str = ""
    """What staff call it: it stands on the button."""
    strong: frozenset[str] = frozenset()
    """What the provider says (`acr` or `amr`) of a sign-in that had a second factor."""

    def name_of(self, identity: HasIssuer) -> str:
        """What staff call the provider of this identity; its address, where it is one of before."""
        return self.name if identity.issuer == self.issuer else identity.issuer

    def __bool__(self) -> bool:
        return bool(self.issuer)


NO_PROVIDER = OidcSettings()


def read(text: Callable[[str], str]) -> OidcSettings:
    """The settings, each read by its name."""
    issuer, client_id, client_secret, name = map(text, NEEDED_SETTINGS)
    return OidcSettings(issuer, client_id, client_secret, name, frozenset(text("OIDC_ACR").split()))


def complaints(environment: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the settings of the identity provider, one sentence each."""
    mentioned = [name for name in (*NEEDED_SETTINGS, "OIDC_ACR") if environment.get(name)]
    missing = [name for name in NEEDED_SETTINGS if not environment.get(name)]
    if mentioned and missing:
        yield f"{', '.join(missing)} not set: sign-in by an identity provider needs {', '.join(NEEDED_SETTINGS)}"
    issuer = environment.get("OIDC_ISSUER", "")
    if len(issuer) > LONGEST_ISSUER or (issuer and not is_safe_address(issuer)):
        yield "OIDC_ISSUER is not an https address such as https://login.hospital.example/realms/staff"
    for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"):
        given = environment.get(name, "")
        if not (given.isascii() and given.isprintable()):
            yield f"{name} has letters that are not ASCII, which providers read each in their way"
    if len(environment.get("OIDC_NAME", "")) > LONGEST_BUTTON:
        yield f"OIDC_NAME has more than {LONGEST_BUTTON} characters: it stands on a button"


def is_safe_address(address: str) -> bool:
    """Whether what is sent there is read by nobody on the way: https, or this machine itself."""
    if not is_web_address(address):
        return False
    parts = urlsplit(address)
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


def is_loopback(host: str) -> bool:
    """Whether it is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
