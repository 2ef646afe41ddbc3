"""Networks: those that an operator names for the receivers of webhooks, those that nobody may name, one person's."""

import ipaddress

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
NEVER_A_HOSPITALS = tuple(
    map(
        ipaddress.ip_network,
        (
            "0.0.0.0/8",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "224.0.0.0/3",
            "::/96",
            "::ffff:0:0/96",
            "fe80::/10",
            "ff00::/8",
        ),
    )
)
"""This machine, what is on its own line (where a cloud hands out its keys), many at once, other ways to write IPv4."""
WIDEST = {4: 8, 6: 7}
"""By version: the least length of a network's prefix, as private ones have it: 10.0.0.0/8, fc00::/7."""


def networks(given: str) -> tuple[Network, ...]:
    """The networks of a list with commas; ValueError where one is none."""
    return tuple(ipaddress.ip_network(part.strip()) for part in given.split(",") if part.strip())


def networks_or_none(given: str) -> tuple[Network, ...]:
    """The same, and none where one is none."""
    try:
        return networks(given)
    except ValueError:
        return ()


def are_networks(given: str) -> bool:
    """Whether each of the list is a network, written whole."""
    return bool(networks_or_none(given))


def may_be_a_hospitals(network: Network) -> bool:
    """Whether a receiver may be in it: no wider than private networks are, and not this machine or its own line."""
    if network.prefixlen < WIDEST[network.version]:
        return False
    return not any(network.version == never.version and network.overlaps(never) for never in NEVER_A_HOSPITALS)


def one_persons(address: str) -> str:
    """Where somebody is counted who asks from this address; of IPv6 the network, since one person has all of it."""
    try:
        where = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(where, ipaddress.IPv6Address):
        where = where.ipv4_mapped or ipaddress.IPv6Address(int(where) >> 64 << 64)
    return str(where)
