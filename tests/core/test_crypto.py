"""Cryptography: what is closed opens in its own place alone, through every rotation, and not when it was altered."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.crypto import Keyring, WrongKey, new_key

OLD, NEW = (f"{n}:{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))
RING = Keyring.parse(OLD)
ROTATED = Keyring.parse(f"{NEW},{OLD}")
PLACE = ("contacts", "phone_sealed", 7)


@given(st.text(max_size=200))
def test_what_is_closed_opens_again(plain: str) -> None:
    assert RING.decrypt(RING.encrypt(plain, *PLACE), *PLACE) == plain


def test_the_same_text_is_closed_differently_each_time_and_shows_nothing() -> None:
    first, second = (RING.encrypt("+4740612345", *PLACE) for _ in range(2))
    assert first != second
    assert b"40612345" not in first


@pytest.mark.parametrize(
    "place", [("sites", "phone_sealed", 7), ("contacts", "name_sealed", 7), ("contacts", "phone_sealed", 8)]
)
def test_moved_to_another_table_column_or_row_it_does_not_open(place: tuple[str, str, int]) -> None:
    with pytest.raises(WrongKey):
        RING.decrypt(RING.encrypt("x", *PLACE), *place)


def test_no_altered_bit_goes_unnoticed() -> None:
    sealed = RING.encrypt("x", *PLACE)
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(WrongKey):
            RING.decrypt(bytes(altered), *PLACE)


@pytest.mark.parametrize("length", [0, 1, 5, 12, 13, 20, 28])
def test_what_was_cut_short_does_not_open(length: int) -> None:
    with pytest.raises(WrongKey):
        RING.decrypt(RING.encrypt("x", *PLACE)[:length], *PLACE)


def test_f44_after_a_rotation_old_things_open_and_new_ones_use_the_new_key() -> None:
    before, after = RING.encrypt("x", *PLACE), ROTATED.encrypt("x", *PLACE)
    assert ROTATED.decrypt(before, *PLACE) == "x"
    assert (before[0], after[0]) == (1, 2)
    with pytest.raises(WrongKey, match="key 2 is not on the ring"):
        RING.decrypt(after, *PLACE)


def test_another_key_under_the_same_id_opens_nothing() -> None:
    with pytest.raises(WrongKey, match=r"contacts\.phone_sealed of row 7 does not open"):
        Keyring.parse(new_key(1)).decrypt(RING.encrypt("x", *PLACE), *PLACE)


def test_fingerprints_are_stable_keyed_and_found_through_a_rotation() -> None:
    assert RING.fingerprint("+4740612345") == RING.fingerprint("+4740612345")
    assert RING.fingerprint("+4740612345") != RING.fingerprint("+4740612346")
    assert RING.fingerprint("x") != Keyring.parse(NEW).fingerprint("x")
    assert ROTATED.fingerprints("x") == [ROTATED.fingerprint("x"), RING.fingerprint("x")]


@pytest.mark.parametrize("mark", [None, "hers"])
@pytest.mark.parametrize(
    ("key_id", "assessment", "version", "other_mark", "flipped", "opens"),
    [
        (1, 7, 1, "", 0, True),
        (1, 8, 1, "", 0, False),
        (1, 7, 2, "", 0, False),
        (1, 7, 1, "his", 0, False),
        (1, 7, 1, "", 1, False),
        (9, 7, 1, "", 0, False),
    ],
)
def test_a_link_is_signed_for_one_assessment_one_version_and_one_mark(
    mark: str | None, key_id: int, assessment: int, version: int, other_mark: str, flipped: int, opens: bool
) -> None:
    signed_by, mac = RING.sign_link(7, 1, mark)
    assert (signed_by, len(mac)) == (1, 16)
    shown = mac[:-1] + bytes([mac[-1] ^ flipped])
    assert RING.opens_link(key_id, assessment, version, other_mark or mark, shown) is opens


@pytest.mark.parametrize(("made", "shown"), [(None, "hers"), ("hers", None)])
def test_a_link_that_is_bound_is_no_link_that_is_not(made: str | None, shown: str | None) -> None:
    key_id, mac = RING.sign_link(7, 1, made)
    assert not RING.opens_link(key_id, 7, 1, shown, mac)


def test_old_links_open_after_a_rotation_and_not_once_the_key_is_gone() -> None:
    key_id, mac = RING.sign_link(7, 1)
    assert ROTATED.opens_link(key_id, 7, 1, None, mac)
    assert not Keyring.parse(NEW).opens_link(key_id, 7, 1, None, mac)


def test_each_purpose_has_a_key_of_its_own() -> None:
    keys = [RING.derived(purpose)[1] for purpose in ("field", "fingerprint", "link", "totp", "recovery codes")]
    assert len(set(keys)) == 5
    assert base64.b64decode(OLD[2:]) not in keys
    assert list(ROTATED.derived("totp")) == [2, 1]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no key given"),
        (" , ", "no key given"),
        ("abc", "ID:BASE64"),
        ("0:" + OLD[2:], "id from 1 to 255"),
        ("256:" + OLD[2:], "id from 1 to 255"),
        ("x:" + OLD[2:], "id from 1 to 255"),
        ("1:***", "not base64"),
        ("1:" + base64.b64encode(b"short").decode(), "has 5 bytes"),
        (f"{OLD},{OLD}", "same id"),
    ],
)
def test_a_ring_that_cannot_be_read_says_why(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Keyring.parse(text)


def test_a_ring_shows_ids_alone() -> None:
    assert repr(ROTATED) == "Keyring(ids=[2, 1])"
