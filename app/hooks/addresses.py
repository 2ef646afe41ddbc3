"""Which addresses may be told anything: those of the open internet, and the networks that the operator allows.

What is checked is the address that is connected to, not the name: a name may mean this machine a moment later.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.core.networks import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LONGEST_URL = 500
PORTS = {"https": 443, "http": 80}
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\]", re.IGNORECASE)
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 behind a translator (RFC 6052): its last four bytes are where it goes."""
OPEN_INTERNET = ipaddress.IPv6Network("2000::/3")
"""All that was ever given out of IPv6: what lies elsewhere is private, another way to write IPv4, or nobody's."""
NEVER_TOLD = tuple(map(ipaddress.ip_network, ("64:ff9b:1::/48", "192.88.99.0/24", "fec0::/10", "::/96")))
"""Translated within a network, an old relay, an old kind of private, an old way to write IPv4."""
KEYS_OF_CLOUDS = frozenset(
    map(
        ipaddress.ip_address,
        (
            "169.254.169.254", "169.254.170.2", "169.254.170.23", "fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254",
            "100.100.100.200", "192.0.0.192", "168.63.129.16",
        ),
    )
)  # fmt: skip
"""Where clouds hand a machine its keys; some lie in networks that a hospital may name, and one in the open."""


@dataclass(frozen=True)
class Target:
    """Where a request goes, as its address says."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the header says them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


def target(url: str) -> Target:
    """The parts of an address. ValueError says, as a sentence, why it cannot be one."""
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or set(url) & set(' "<>\\^`{|}'):
        raise ValueError(f"An address has at most {LONGEST_URL} characters, of ASCII alone, and no spaces.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("Write an address such as https://hooks.hospital.example/svar.") from None
    if parts.scheme not in PORTS or not HOST.fullmatch(f"[{host}]" if ":" in host else host) or port == 0:
        raise ValueError("Write an address such as https://hooks.hospital.example/svar.")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("Leave name, password and what follows # out: the signature says who we are.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or PORTS[parts.scheme], path)


def literal(host: str) -> Address | None:
    """The address that a host is by itself, if it is one and no name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def may_be_told(address: Address, allowed: Iterable[Network]) -> bool:
    """Whether it lies on the open internet, or in a network that the operator allows."""
    inner = _inner(address)
    if inner in KEYS_OF_CLOUDS:
        return False
    if any(inner.version == network.version and inner in network for network in allowed):
        return True
    if inner.version == 6 and inner not in OPEN_INTERNET:
        return False
    return inner.is_global and not inner.is_multicast and not _is_ours(inner)


def is_allowed_by_name(address: Address, allowed: Iterable[Network]) -> bool:
    """Whether the operator names a network that it lies in: there a line without TLS may do."""
    inner = _inner(address)
    return any(inner.version == network.version and inner in network for network in allowed)


def _inner(address: Address) -> Address:
    """Where it really goes: IPv4 comes wrapped in several ways."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in TRANSLATED:
        return ipaddress.IPv4Address(address.packed[-4:])
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


def _is_ours(address: Address) -> bool:
    return any(address.version == network.version and address in network for network in NEVER_TOLD)
