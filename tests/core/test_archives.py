"""The file of a back-up opens whole, with the right keys, or not at all."""

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import archives
from app.core.archives import CHUNK, Inventory, closed, opened, read_head
from app.core.crypto import Keyring, new_key
from app.core.problems import BadInput
from tests.settings import KEY

RING = Keyring.parse(KEY)
MANIFEST = Inventory("2026-11-26T09:57:00+00:00", "0.1.0", "0140", 18, "ab" * 16, "svar_app", {"1": "00"}, {"t": 1}, {})


def file(plain: bytes, keyring: Keyring = RING) -> bytes:
    return b"".join(closed(MANIFEST, [plain], keyring))


def back(content: bytes, keyring: Keyring = RING) -> bytes:
    stream = io.BytesIO(content)
    manifest, head = read_head(stream)
    assert manifest == MANIFEST
    return b"".join(opened(stream, head, keyring))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7])
def test_what_was_closed_comes_back(size: int) -> None:
    plain = bytes(number % 251 for number in range(size))
    assert back(file(plain)) == plain


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_it_does_not_matter_how_the_dump_comes(parts: list[bytes]) -> None:
    assert back(b"".join(closed(MANIFEST, parts, RING))) == b"".join(parts)


def test_nothing_of_the_dump_and_no_key_is_in_the_open() -> None:
    content = file(b"+4740000001")
    assert b"4740000001" not in content
    assert file(b"x") != file(b"x"), "each has a key of its own"


@pytest.mark.parametrize("ring", [new_key(1), new_key(2)], ids=["another of its id", "another of another id"])
def test_another_key_opens_nothing(ring: str) -> None:
    with pytest.raises(BadInput, match="FIELD_KEYS is another's, or the file was altered"):
        back(file(b"hello"), Keyring.parse(ring))


def test_a_back_up_opens_after_a_rotation() -> None:
    assert back(file(b"hello"), Keyring.parse(f"{new_key(2)},{KEY}")) == b"hello"


def test_every_byte_counts() -> None:
    content = file(b"hello")
    for position in range(len(content)):
        altered = bytearray(content)
        altered[position] ^= 1
        with pytest.raises((BadInput, AssertionError)):
            back(bytes(altered))


def test_whoever_changes_the_manifest_opens_nothing() -> None:
    content = file(b"hello")
    lied = content.replace(b'"t": 1', b'"t": 2')
    stream = io.BytesIO(lied)
    manifest, head = read_head(stream)
    assert manifest == replace(MANIFEST, counts={"t": 2})
    with pytest.raises(BadInput, match="was altered"):
        b"".join(opened(stream, head, RING))


def chunks(content: bytes) -> tuple[bytes, list[bytes]]:
    """The head of a file, and its chunks with their lengths."""
    stream = io.BytesIO(content)
    read_head(stream)
    start, parts = stream.tell(), []
    while size := stream.read(4):
        parts.append(size + stream.read(archives.LENGTH.unpack(size)[0]))
    return content[:start], parts


def test_a_later_version_may_say_more_of_its_back_up() -> None:
    content = file(b"hello")
    head = content[16 : 16 + archives.LENGTH.unpack(content[12:16])[0]]
    longer = head.replace(b'"t": 1', b'"t": 1}, "weather": {"oslo": 7')
    stream = io.BytesIO(archives.MAGIC + archives.LENGTH.pack(len(longer)) + longer)
    assert read_head(stream) == (MANIFEST, longer)


@pytest.mark.parametrize(
    "order",
    [(0, 1), (0,), (), (0, 2), (1, 0, 2), (0, 1, 1, 2), (0, 1, 2, 2), (2,)],
    ids=["end gone", "two gone", "all gone", "middle gone", "exchanged", "doubled", "end doubled", "end alone"],
)
def test_no_part_can_be_taken_away_doubled_or_put_elsewhere(order: tuple[int, ...]) -> None:
    head, parts = chunks(file(bytes(2 * CHUNK + 5)))
    assert len(parts) == 3
    with pytest.raises(BadInput):
        back(head + b"".join(parts[number] for number in order))


@pytest.mark.parametrize("cut", [0, 1, 11, 12, 15, 16, 17, 100, -1, -5, -25])
def test_a_file_that_was_cut_short_says_so(cut: int) -> None:
    with pytest.raises(BadInput, match=r"no back-up of Svar, or it was cut short|was altered"):
        back(file(b"hello")[:cut])


@pytest.mark.parametrize(
    "content",
    [b"", b"PGDMP\x01", archives.MAGIC, archives.MAGIC + b"\xff\xff\xff\xff{}", archives.MAGIC + b"\0\0\0\2{}"],
)
def test_what_is_no_back_up_is_told_so(content: bytes) -> None:
    with pytest.raises(BadInput, match="This is no back-up of Svar"):
        read_head(io.BytesIO(content))


@pytest.mark.parametrize(
    ("counts", "never_ran"),
    [
        ({"audit.seals": 0, "public.heartbeats": 0}, True),
        ({"audit.seals": 1, "public.heartbeats": 0}, False),
        ({"audit.seals": 0, "public.heartbeats": 1}, False),  # it ran, so the seals were taken away
        ({"audit.seals": 0}, False),
        ({"public.heartbeats": 0}, False),
        ({}, False),
    ],
)
def test_a_back_up_says_whether_any_clock_had_run(counts: dict[str, int], never_ran: bool) -> None:
    assert replace(MANIFEST, counts=counts).clock_never_ran is never_ran
