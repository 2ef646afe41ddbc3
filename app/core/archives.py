"""The file of a back-up: what is in it, said in the open, then the dump, closed with a key of its own.

A head (`SVARBACKUP1`, a length, a manifest as JSON), then chunks of 1 MiB, each AES-256-GCM under a random key that the
field keys close. A chunk's nonce is its number and whether it is the last, so that none can be taken away, doubled or
put elsewhere, and the manifest is bound to each: who changes one letter of it opens nothing.
"""

import json
import struct
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import IO

from app.core.crypto import Keyring, WrongKey
from app.core.problems import BadInput

MAGIC = b"SVARBACKUP1\n"
CHUNK = 1024 * 1024
LENGTH = struct.Struct(">I")
LONGEST_HEAD = 16 * CHUNK
CLOSED = "The back-up does not open: FIELD_KEYS is another's, or the file was altered."
NO_BACKUP = "This is no back-up of Svar, or it was cut short. Take another one."


MADE_BY_THE_CLOCK = ("audit.seals", "public.heartbeats")
"""Tables that have a row once a clock ran."""


@dataclass(frozen=True)
class Inventory:
    """What a back-up holds. Nothing in it names a person."""

    made_at: str
    version: str
    revision: str
    postgresql: int
    incarnation: str
    app_role: str
    keys: dict[str, str]
    """The marks of the field keys that close what is in it, by id, in hexadecimal digits."""
    counts: dict[str, int]
    """Rows by table."""
    exports: dict[str, str]
    """The hash of the export of each study, as of `made_at`."""
    installation: str = ""
    """`real` or `test`: the kind of production whose database it was; nothing for a development's."""
    code: str = ""
    """The version to the commit: between two of one number, exports may be written otherwise."""

    @property
    def clock_never_ran(self) -> bool:
        """Whether it was made before any clock ran, which seals within minutes and leaves its marks: no seal is missed.

        What does not say how many there were does not say so.
        """
        return all(self.counts.get(name) == 0 for name in MADE_BY_THE_CLOCK)


SAID = frozenset(field.name for field in fields(Inventory))
"""What we understand of a manifest; a later version may say more, and is told of by its schema's number."""


def closed(manifest: Inventory, plain: Iterable[bytes], keyring: Keyring) -> Iterator[bytes]:
    """The bytes of the file, as they come."""
    file_key, sealed_key = keyring.new_file_key()
    head = json.dumps({**asdict(manifest), "key": sealed_key.hex()}, sort_keys=True).encode()
    yield MAGIC + LENGTH.pack(len(head)) + head
    held, number = b"", 0
    for part in plain:
        held += part
        while len(held) > CHUNK:
            yield _framed(file_key.close(held[:CHUNK], number, head, last=False))
            held, number = held[CHUNK:], number + 1
    yield _framed(file_key.close(held, number, head, last=True))


def _framed(sealed: bytes) -> bytes:
    return LENGTH.pack(len(sealed)) + sealed


def read_head(file: IO[bytes]) -> tuple[Inventory, bytes]:
    """The manifest, and the bytes that hold it; BadInput if this is no back-up."""
    if file.read(len(MAGIC)) != MAGIC:
        raise BadInput(NO_BACKUP)
    head = _exactly(file, LENGTH.unpack(_exactly(file, LENGTH.size))[0])
    try:
        said = json.loads(head)
        said.pop("key")
        return Inventory(**{name: value for name, value in said.items() if name in SAID}), head
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(NO_BACKUP) from error


def opened(file: IO[bytes], head: bytes, keyring: Keyring) -> Iterator[bytes]:
    """The dump, after `read_head`; BadInput as soon as a chunk is not what was written, or the end is missing."""
    try:
        file_key = keyring.file_key(bytes.fromhex(json.loads(head)["key"]))
    except (ValueError, WrongKey) as error:
        raise BadInput(CLOSED) from error
    try:
        number, sealed = 0, _frame(file)
        while sealed:
            following = _frame(file)
            yield file_key.open(sealed, number, head, last=not following)
            number, sealed = number + 1, following
        if number == 0:
            raise BadInput(NO_BACKUP)
    except WrongKey as error:
        raise BadInput(CLOSED) from error


def _frame(file: IO[bytes]) -> bytes:
    """The next chunk; nothing at the end."""
    size = file.read(LENGTH.size)
    return _exactly(file, LENGTH.unpack(size)[0]) if len(size) == LENGTH.size else _nothing(size)


def _nothing(rest: bytes) -> bytes:
    if rest:
        raise BadInput(NO_BACKUP)
    return rest


def _exactly(file: IO[bytes], size: int) -> bytes:
    content = file.read(size) if size <= LONGEST_HEAD else b""
    if len(content) != size:
        raise BadInput(NO_BACKUP)
    return content
