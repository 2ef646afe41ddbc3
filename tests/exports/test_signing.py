"""A signed night: what was signed holds, whatever was changed is seen, and a night without a signature says so."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.crypto import SigningKeys, is_signed, new_signing_key
from app.exports.downloading import hashes, opened
from app.exports.models import Snapshot
from app.exports.nightly import export_snapshot
from app.exports.places import folder_of
from app.exports.replaced import standing
from app.exports.signing import SIGNATURE, complaint, sign
from app.exports.verifying import verify
from app.studies.models import Study
from tests.exports.conftest import NOW
from tests.exports.test_commands import call

pytestmark = pytest.mark.usefixtures("tables_only")
KEYS, OTHER = SigningKeys.parse(base64.b64encode(bytes(range(32))).decode()), SigningKeys.parse(new_signing_key())
RFC_8032 = (
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
)
"""Section 7.1, test 1: the secret key, the public key, and the signature of nothing."""


def in_base64(text: str) -> str:
    return base64.b64encode(bytes.fromhex(text)).decode()


def test_a_signature_is_that_of_rfc_8032() -> None:
    secret, public, signature = map(in_base64, RFC_8032)
    keys = SigningKeys.parse(secret)
    assert (keys.public, keys.sign(b"")) == ((public,), signature)
    assert is_signed(b"", signature, public)


@pytest.mark.parametrize(
    ("content", "signature", "public"),
    [
        (b"x", KEYS.sign(b""), KEYS.public[0]), (b"", OTHER.sign(b""), KEYS.public[0]),
        (b"", KEYS.sign(b""), OTHER.public[0]), (b"", "", KEYS.public[0]), (b"", "!", KEYS.public[0]),
        (b"", KEYS.sign(b""), ""), (b"", KEYS.sign(b""), "AAAA"), (b"", KEYS.sign(b"")[:-4], KEYS.public[0]),
        (b"", "æ", KEYS.public[0]),
    ],
    ids=range(9),
)  # fmt: skip
def test_whatever_else_is_no_signature(content: bytes, signature: str, public: str) -> None:
    assert not is_signed(content, signature, public)


@pytest.mark.parametrize(
    ("text", "count"), [(new_signing_key(), 1), (f"{new_signing_key()}, {new_signing_key()},", 2)], ids=["one", "two"]
)
def test_several_keys_are_known_and_the_first_signs(text: str, count: int) -> None:
    keys = SigningKeys.parse(text)
    assert len(keys.public) == count
    assert is_signed(b"x", keys.sign(b"x"), keys.public[0])


@pytest.mark.parametrize("text", ["", ",", "AAAA", "not base64", f"{new_signing_key()},AAAA"], ids=range(5))
def test_what_is_no_key_is_refused_with_what_makes_one_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="flask ops new-keys makes one") as refused:
        SigningKeys.parse(text)
    assert "AAAA" not in str(refused.value)


def test_a_key_is_never_shown() -> None:
    assert str(KEYS.seeds[0]) not in repr(KEYS)
    assert repr(KEYS) == "SigningKeys()"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "manifest.json").write_text('{"files": {}}', "utf-8")
    sign(tmp_path, KEYS)
    return tmp_path


def rewritten(**changed: str | None) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        signed = json.loads((folder / SIGNATURE).read_text("utf-8"))
        kept = {name: text for name, text in {**signed, **changed}.items() if text is not None}
        (folder / SIGNATURE).write_text(json.dumps(kept), "utf-8")

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda _: None, ""),
        (lambda folder: (folder / "manifest.json").write_text("{}", "utf-8"), "manifest.json is not what was signed"),
        (lambda folder: (folder / SIGNATURE).unlink(), "manifest.json is not signed"),
        (lambda folder: (folder / SIGNATURE).write_text("{", "utf-8"), "manifest.sig is damaged"),
        (lambda folder: (folder / SIGNATURE).write_text("[]", "utf-8"), "manifest.sig is damaged"),
        (lambda folder: (folder / SIGNATURE).write_bytes(b"\xff"), "manifest.sig is damaged"),
        (rewritten(signature=None), "manifest.sig is damaged"),
        (rewritten(signature="AAAA"), "manifest.json is not what was signed"),
        (rewritten(public_key=OTHER.public[0]), "manifest.json is signed with a key that is not known here"),
        (rewritten(public_key=OTHER.public[0], signature=OTHER.sign(b'{"files": {}}')),
         "manifest.json is signed with a key that is not known here"),
    ],
    ids=range(10),
)  # fmt: skip
def test_each_change_is_seen(change: Callable[[Path], object], said: str, folder: Path) -> None:
    change(folder)
    assert complaint(folder, KEYS.public, must=True) == said


def test_without_a_key_nothing_is_signed_and_nothing_is_missed(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}", "utf-8")
    sign(tmp_path, None)
    assert not (tmp_path / SIGNATURE).exists()
    assert (complaint(tmp_path, KEYS.public), complaint(tmp_path, ())) == ("", "")


def test_a_key_that_was_changed_still_knows_what_the_old_one_signed(folder: Path) -> None:
    both = SigningKeys((*OTHER.seeds, *KEYS.seeds))
    assert complaint(folder, both.public, must=True) == ""
    sign_again = folder / "again"
    sign_again.mkdir()
    (sign_again / "manifest.json").write_text("{}", "utf-8")
    sign(sign_again, both)
    assert complaint(sign_again, OTHER.public, must=True) == ""


@pytest.fixture
def signing(app: Flask) -> Iterator[None]:
    """The installation has a key."""
    before: Settings = app.extensions["settings"]
    app.extensions["settings"] = replace(before, signing_keys=KEYS)
    yield
    app.extensions["settings"] = before


@pytest.fixture
def night(study: Study, session: Session, signing: None) -> Snapshot:
    made = export_snapshot(study, NOW)
    session.commit()
    return made


def test_a_night_is_signed_handed_out_and_stays_as_it_is(night: Snapshot, study: Study) -> None:
    folder = folder_of(night)
    assert verify(folder, night.manifest_sha256) == []
    assert complaint(folder, KEYS.public, must=True) == ""
    digests = hashes(standing(night))
    with opened(standing(night), SIGNATURE, digests[SIGNATURE]) as file:
        assert file.read() == (folder / SIGNATURE).read_bytes()
    before = (folder / SIGNATURE).stat().st_ino
    assert export_snapshot(study, NOW).manifest_sha256 == night.manifest_sha256
    assert (folder / SIGNATURE).stat().st_ino == before


def test_a_signature_that_does_not_fit_is_not_handed_out(night: Snapshot) -> None:
    (folder_of(night) / SIGNATURE).write_text("{}", "utf-8")
    assert SIGNATURE not in hashes(standing(night))


def test_verify_holds_nights_against_their_signatures(night: Snapshot, app: Flask) -> None:
    folder = folder_of(night)
    for words in ([], [folder], [folder, "--public-key", KEYS.public[0]]):
        said = call(app, "verify", *words)
        assert (said.exit_code, said.output) == (0, f"{folder}: as exported\n")
    said = call(app, "verify", folder, "--public-key", OTHER.public[0])
    assert (said.exit_code, "signed with a key that is not known here" in said.output) == (1, True)
    (folder / SIGNATURE).unlink()
    assert call(app, "verify").exit_code == 0
    said = call(app, "verify", "--public-key", KEYS.public[0])
    assert (said.exit_code, "manifest.json is not signed" in said.output) == (1, True)
