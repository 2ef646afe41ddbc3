"""All cryptography of Svar, in one place: field encryption, fingerprints, signatures of links and of exports.

One keyring (`FIELD_KEYS`) serves these purposes through HKDF, so there is one secret to keep and to rotate:

* fields: AES-256-GCM, bound to table, column and row, so that a ciphertext moved elsewhere does not open;
* fingerprints: HMAC-SHA-256 of a normalised phone number, for look-up without decryption;
* files: a random key for each back-up, closed with the ring's and kept in it;
* links: HMAC-SHA-256 over assessment, link version and participant's mark, 128 bits: nothing secret is stored, a resend
  is the same link.

The first key is current; the others still open what they closed.
"""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12
TAG_BYTES = 16
MAC = 16
KEY_BYTES = 32


def sha256_of(secret: str) -> bytes:
    """What is kept of a secret of many random bits, to know it again."""
    return hashlib.sha256(secret.encode()).digest()


class WrongKey(Exception):
    """The ciphertext was made with a key that is not on the ring, for another field, or was altered."""


@lru_cache(maxsize=64)
def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=f"svar {purpose}".encode()).derive(key)


def _context(table: str, column: str, row: int) -> bytes:
    return f"{table}:{column}:{row}".encode()


@dataclass(frozen=True)
class Keyring:
    """Keys by id (1 to 255), the current one first."""

    keys: tuple[tuple[int, bytes], ...]

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Read `2:base64,1:base64`; ValueError says what is wrong."""
        keys = tuple(_parse_key(part) for part in text.split(",") if part.strip())
        if not keys:
            raise ValueError("no key given; write 1:BASE64 of 32 random bytes")
        if len({key_id for key_id, _ in keys}) < len(keys):
            raise ValueError("two keys have the same id")
        return cls(keys)

    def __repr__(self) -> str:
        return f"Keyring(ids={[key_id for key_id, _ in self.keys]})"

    def encrypt(self, plain: str, table: str, column: str, row: int, *, key_id: int | None = None) -> bytes:
        """Ciphertext: key id (1 byte), nonce (12), AES-GCM of `plain` bound to its place; with the current key."""
        key_id = self.keys[0][0] if key_id is None else key_id
        key = dict(self.keys)[key_id]
        nonce = os.urandom(NONCE)
        sealed = AESGCM(_derived(key, "field")).encrypt(nonce, plain.encode(), _context(table, column, row))
        return bytes([key_id]) + nonce + sealed

    def decrypt(self, sealed: bytes, table: str, column: str, row: int) -> str:
        """The text that was closed for this place; WrongKey otherwise."""
        if len(sealed) < 1 + NONCE + TAG_BYTES:
            raise WrongKey(f"{table}.{column} of row {row} was cut short")
        key = dict(self.keys).get(sealed[0])
        if key is None:
            raise WrongKey(f"key {sealed[0]} is not on the ring")
        try:
            opened = AESGCM(_derived(key, "field")).decrypt(
                sealed[1 : 1 + NONCE], sealed[1 + NONCE :], _context(table, column, row)
            )
        except InvalidTag as error:
            raise WrongKey(f"{table}.{column} of row {row} does not open") from error
        return opened.decode()

    def fingerprint(self, value: str) -> bytes:
        """HMAC of `value` under the current key."""
        return self.fingerprints(value)[0]

    def fingerprints(self, value: str) -> list[bytes]:
        """HMACs of `value` under every key, current first, for look-up during a rotation."""
        return [hmac.digest(_derived(key, "fingerprint"), value.encode(), hashlib.sha256) for _, key in self.keys]

    def marks(self) -> dict[int, bytes]:
        """What tells each key of the ring from another of its id, and nothing else of it."""
        return {key_id: hmac.digest(_derived(key, "mark"), b"svar", hashlib.sha256)[:MAC] for key_id, key in self.keys}

    def derived(self, purpose: str) -> dict[int, bytes]:
        """A key for `purpose` from each key of the ring, current first, for a library that does its own closing."""
        return {key_id: _derived(key, purpose) for key_id, key in self.keys}

    def password_of_checks(self) -> str:
        """What tells a web process that whoever asks about its proxies has the same keys."""
        return _derived(self.keys[0][1], "checks").hex()

    def new_file_key(self) -> "tuple[FileKey, bytes]":
        """A random key for one file, and the same closed with the current key, to be kept in it."""
        file_key, nonce = os.urandom(KEY_BYTES), os.urandom(NONCE)
        key_id, key = self.keys[0]
        return FileKey(file_key), bytes([key_id]) + nonce + AESGCM(_derived(key, "file")).encrypt(nonce, file_key, None)

    def file_key(self, sealed: bytes) -> "FileKey":
        """The key of a file, from what is kept in it; WrongKey if none of ours opens that."""
        key = dict(self.keys).get(sealed[0]) if sealed else None
        if key is None or len(sealed) != 1 + NONCE + KEY_BYTES + TAG_BYTES:
            raise WrongKey("the key of this file is not one of ours")
        try:
            opened = AESGCM(_derived(key, "file")).decrypt(sealed[1 : 1 + NONCE], sealed[1 + NONCE :], None)
        except InvalidTag as error:
            raise WrongKey("the key of this file does not open") from error
        return FileKey(opened)

    def sign_link(
        self, assessment_id: int, version: int, mark: str | None = None, key_id: int | None = None
    ) -> tuple[int, bytes]:
        """The id of the key used and 128 bits that only this server can make, bound to whoever has this mark."""
        chosen, key = self.keys[0] if key_id is None else (key_id, dict(self.keys)[key_id])
        bound = "" if mark is None else f":{mark}"
        message = f"link:{assessment_id}:{version}{bound}".encode()
        return chosen, hmac.digest(_derived(key, "link"), message, hashlib.sha256)[:MAC]

    def sign_way_out(self, participant_id: int, mark: str, key_id: int | None = None) -> tuple[int, bytes]:
        """The same of the address at which somebody asks for no more e-mails; no visit's link opens it."""
        chosen, key = self.keys[0] if key_id is None else (key_id, dict(self.keys)[key_id])
        message = f"way-out:{participant_id}:{mark}".encode()
        return chosen, hmac.digest(_derived(key, "way-out"), message, hashlib.sha256)[:MAC]

    def opens_way_out(self, key_id: int, participant_id: int, mark: str, mac: bytes) -> bool:
        """Whether `mac` was made by one of our keys for this participant."""
        if key_id not in dict(self.keys):
            return False
        return hmac.compare_digest(self.sign_way_out(participant_id, mark, key_id)[1], mac)

    def key_ids(self) -> tuple[int, ...]:
        """The ids of the keys, the current one first."""
        return tuple(key_id for key_id, _ in self.keys)

    def opens_link(self, key_id: int, assessment_id: int, version: int, mark: str | None, mac: bytes) -> bool:
        """Whether `mac` was made by one of our keys for this assessment, link version and participant's mark."""
        if key_id not in dict(self.keys):
            return False
        return hmac.compare_digest(self.sign_link(assessment_id, version, mark, key_id)[1], mac)


@dataclass(frozen=True)
class FileKey:
    """The key of one file, which is closed in parts: each knows its number, and whether it is the last."""

    key: bytes = field(repr=False)

    def close(self, plain: bytes, number: int, head: bytes, *, last: bool) -> bytes:
        """A part of the file, bound to its place and to the file's `head`."""
        return AESGCM(self.key).encrypt(_place(number, last), plain, head)

    def open(self, sealed: bytes, number: int, head: bytes, *, last: bool) -> bytes:
        """The part that was closed for this place; WrongKey otherwise."""
        try:
            return AESGCM(self.key).decrypt(_place(number, last), sealed, head)
        except InvalidTag as error:
            raise WrongKey(f"part {number} does not open") from error


def _place(number: int, last: bool) -> bytes:
    return number.to_bytes(NONCE - 1, "big") + bytes([last])


def _parse_key(part: str) -> tuple[int, bytes]:
    key_id, colon, encoded = part.strip().partition(":")
    if not colon or not key_id.isdigit() or not 1 <= int(key_id) <= 255:
        raise ValueError("each key is written ID:BASE64 with an id from 1 to 255")
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError as error:
        raise ValueError(f"key {key_id} is not base64") from error
    if len(key) < 32:
        raise ValueError(f"key {key_id} has {len(key)} bytes; 32 random bytes are needed")
    return int(key_id), key


def new_key(key_id: int = 1) -> str:
    """A fresh key, written as settings want it."""
    return f"{key_id}:{base64.b64encode(os.urandom(32)).decode()}"


_ring: Keyring | None = None


def configure(ring: Keyring) -> None:
    """Give the process its keys (once, by create_app)."""
    global _ring
    _ring = ring


def keyring() -> Keyring:
    """The keys of this process; RuntimeError before `configure`."""
    if _ring is None:
        raise RuntimeError("the keyring is configured by create_app()")
    return _ring


@dataclass(frozen=True)
class SigningKeys:
    """Ed25519 keys of this installation, the current one first: it signs, and all of them are known again."""

    seeds: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "SigningKeys":
        """Read `BASE64,BASE64`; ValueError says what is wrong."""
        seeds = tuple(_seed(part.strip()) for part in text.split(",") if part.strip())
        if not seeds:
            raise ValueError("no key given; flask ops new-keys makes one")
        return cls(seeds)

    @property
    def public(self) -> tuple[str, ...]:
        """What others need to check a signature."""
        return tuple(_public(Ed25519PrivateKey.from_private_bytes(seed)) for seed in self.seeds)

    def sign(self, content: bytes) -> str:
        """The signature by the current key; the same content has the same one."""
        return base64.b64encode(Ed25519PrivateKey.from_private_bytes(self.seeds[0]).sign(content)).decode()


def is_signed(content: bytes, signature: str, public: str) -> bool:
    """Whether the holder of this public key's other half signed exactly this."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(base64.b64decode(signature, validate=True), content)
    except (ValueError, InvalidSignature):
        return False
    return True


def new_signing_key() -> str:
    """A fresh key, as SigningKeys.parse reads it."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def _seed(part: str) -> bytes:
    try:
        seed = base64.b64decode(part, validate=True)
    except ValueError:
        seed = b""
    if len(seed) != KEY_BYTES:
        raise ValueError("a key is not BASE64 of 32 bytes; flask ops new-keys makes one")
    return seed


def _public(key: Ed25519PrivateKey) -> str:
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def life_of_certificate(shown: bytes) -> tuple[datetime, datetime]:
    """From when to when it holds, of a certificate as TLS shows it; whether it is to be believed is not asked."""
    from cryptography import x509  # which start-up does not pay for

    certificate = x509.load_der_x509_certificate(shown)
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc
