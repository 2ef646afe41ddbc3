"""Which addresses may be told anything: a table of those that are tried when somebody means our own machines."""

from ipaddress import ip_address

import pytest

from app.core.networks import networks
from app.hooks.addresses import may_be_told, target

OFFICE = "10.20.0.0/16, fd00:1::/32"


@pytest.mark.parametrize(
    ("address", "allowed", "is_told"),
    [
        ("93.184.216.34", "", True),
        ("2606:2800:220:1:248:1893:25c8:1946", "", True),
        ("127.0.0.1", "", False),
        ("127.255.255.254", "", False),
        ("0.0.0.0", "", False),  # noqa: S104 - this machine, by another name
        ("10.0.0.1", "", False),
        ("172.16.0.1", "", False),
        ("172.31.255.255", "", False),
        ("172.32.0.1", "", True),
        ("192.168.1.1", "", False),
        ("169.254.169.254", "", False),
        ("100.64.0.1", "", False),
        ("192.0.2.1", "", False),
        ("198.18.0.1", "", False),
        ("203.0.113.9", "", False),
        ("192.88.99.1", "", False),
        ("224.0.0.1", "", False),
        ("239.255.255.250", "", False),
        ("240.0.0.1", "", False),
        ("255.255.255.255", "", False),
        ("::1", "", False),
        ("::", "", False),
        ("::7f00:1", "", False),
        ("::ffff:127.0.0.1", "", False),
        ("::ffff:169.254.169.254", "", False),
        ("::ffff:93.184.216.34", "", True),
        ("::ffff:0:127.0.0.1", "", False),  # as a stateless translator writes IPv4
        ("::ffff:0:93.184.216.34", "", False),
        ("5f00::1", "", False),
        ("4000::1", "", False),
        ("100::1", "", False),
        ("64:ff9b::7f00:1", "", False),
        ("64:ff9b::a9fe:a9fe", "", False),
        ("64:ff9b::5db8:d822", "", True),
        ("64:ff9b:1::1", "", False),
        ("2002:7f00:1::", "", False),
        ("2002:a00:1::1", "", False),
        ("2001:0:4136:e378:8000:63bf:80ff:fffe", "", False),
        ("fe80::1", "", False),
        ("fec0::1", "", False),
        ("fc00::1", "", False),
        ("fd12:3456::1", "", False),
        ("ff02::1", "", False),
        ("2001:db8::1", "", False),
        ("10.20.3.4", OFFICE, True),
        ("10.21.0.1", OFFICE, False),
        ("::ffff:10.20.3.4", OFFICE, True),
        ("fd00:1::5", OFFICE, True),
        ("fd00:2::5", OFFICE, False),
        ("127.0.0.1", OFFICE, False),
        ("93.184.216.34", OFFICE, True),
        # where clouds hand out keys, whatever is allowed
        ("169.254.169.254", "169.254.0.0/16", False),
        ("::ffff:169.254.169.254", "0.0.0.0/0", False),
        ("64:ff9b::a9fe:a9fe", "0.0.0.0/0", False),
        ("169.254.170.2", "0.0.0.0/0", False),
        ("100.100.100.200", "100.64.0.0/10", False),
        ("192.0.0.192", "192.0.0.0/24", False),
        ("fd00:ec2::254", "fc00::/7", False),
        ("fd20:ce::254", "fd00::/8", False),
        ("168.63.129.16", "", False),
        ("100.100.100.201", "100.64.0.0/10", True),
    ],
)
def test_a_private_address_is_told_nothing_unless_it_is_allowed(address: str, allowed: str, is_told: bool) -> None:
    assert may_be_told(ip_address(address), networks(allowed)) is is_told


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://hooks.example", "hooks.example", "/"),
        ("https://HOOKS.example/a/b?c=d", "hooks.example", "/a/b?c=d"),
        ("https://hooks.example:443/", "hooks.example", "/"),
        ("https://hooks.example:8443/x", "hooks.example:8443", "/x"),
        ("http://hooks.example/x", "hooks.example", "/x"),
        ("http://hooks.example:443/x", "hooks.example:443", "/x"),
        ("https://[2606:2800:220:1::1]:444/x", "[2606:2800:220:1::1]:444", "/x"),
        ("https://93.184.216.34/x", "93.184.216.34", "/x"),
    ],
)
def test_an_address_is_taken_apart_as_a_browser_would(url: str, authority: str, path: str) -> None:
    to = target(url)
    assert (to.authority, to.path) == (authority, path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "//hooks.example/x",
        "ftp://hooks.example",
        "file:///etc/passwd",
        "gopher://hooks.example",
        "javascript:alert(1)",
        "https://",
        "https:///x",
        "https://user@hooks.example",
        "https://user:word@hooks.example",
        "https://hooks.example@127.0.0.1/",
        "https://hooks.example/#x",
        "https://hooks.example:0/",
        "https://hooks.example:99999/",
        "https://hooks.example:x/",
        "https://[::1/",
        "https://hooks.example/a b",
        "https://hooks.example/a\r\nHost: x",
        "https://hooks.example\\@127.0.0.1/",
        "https://hooks.ex\u00e5mple/",
        "https://-hooks.example/",
        "https://hooks_example!/",
        "https://hooks.example/" + "x" * 500,
    ],
)
def test_what_is_no_address_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(ValueError, match=r"[A-Z].*\."):
        target(url)


@pytest.mark.parametrize("given", ["10.0.0.1/8", "ten", "10.0.0.0/33", "10.0.0.0/8;fd00::/8"])
def test_a_network_is_written_whole(given: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        networks(given)
