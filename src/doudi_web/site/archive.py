"""The file of a backup: parts under a pass-phrase, in blocks, and a manifest that knows every byte of them.

    doudi backup 1⏎ | blocks of the parts | manifest (JSON) | trailer

Each block is sealed on its own (SM4-GCM) and has its digest (SM3) in the manifest; the trailer says where the
manifest is, its digest, and its code under the pass-phrase (HMAC-SM3). So a damaged byte is found without the
pass-phrase and named with its place, and with it a file that somebody made over is not taken for the original.
"""

import hmac
import json
import os
import secrets
import struct
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from doudi.errors import Fault, Faulty, fault

FORMAT = 1
BLOCK = 2**20
"""Bytes of a part that are sealed at once, so that memory stays bounded and damage has a place."""

_NAME = b"doudi backup "
_MAGIC = _NAME + b"%d\n" % FORMAT
_TAG, _DIGEST = 16, 32
_TRAILER = struct.Struct(f">QQ{_DIGEST}s{_DIGEST}s{len(_MAGIC)}s")
_COST = 2**16  # of scrypt: a quarter of a second and 64 MB a guess
_MANIFEST_LIMIT = 2**28
_TOLD = 20  # damaged places that are named

Tick = Callable[[int, int | None], None]


def _sm3(*parts: bytes) -> bytes:
    digest = Hash(SM3())
    for part in parts:
        digest.update(part)
    return digest.finalize()


@dataclass(frozen=True, slots=True)
class Key:
    """What a pass-phrase becomes for one file: the key of its blocks, and the key of its manifest."""

    salt: bytes
    sealing: bytes
    telling: bytes

    @classmethod
    def of(cls, passphrase: str, salt: bytes) -> "Key":
        """The key of a pass-phrase, which takes a while on purpose."""
        made = Scrypt(salt=salt, length=48, n=_COST, r=8, p=1).derive(passphrase.encode())
        return cls(salt, made[:16], made[16:])

    def code(self, text: bytes) -> bytes:
        """The code of a manifest."""
        made = HMAC(self.telling, SM3())
        made.update(text)
        return made.finalize()

    def seal(self, part: int, block: int, content: bytes) -> bytes:
        """A block, which fits its place in its file alone."""
        nonce = struct.pack(">IQ", part, block)
        made = Cipher(algorithms.SM4(self.sealing), modes.GCM(nonce)).encryptor()
        made.authenticate_additional_data(self.salt)
        return made.update(content) + made.finalize() + made.tag

    def open(self, part: int, block: int, sealed: bytes) -> bytes:
        """A block's content. Raises InvalidTag."""
        nonce, tag = struct.pack(">IQ", part, block), sealed[-_TAG:]
        made = Cipher(algorithms.SM4(self.sealing), modes.GCM(nonce, tag)).decryptor()
        made.authenticate_additional_data(self.salt)
        return made.update(sealed[:-_TAG]) + made.finalize()


class Writer:
    """Writes parts one after the other, and the manifest behind them."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        self._file, self._key = file, Key.of(passphrase, secrets.token_bytes(16))
        self._parts: list[dict[str, Any]] = []
        self._digest = Hash(SM3())
        self.size = 0
        self._put(_MAGIC)

    def _put(self, content: bytes) -> None:
        self._file.write(content)
        self._digest.update(content)
        self.size += len(content)

    def part(self, name: str, chunks: Iterable[bytes], tick: Callable[[int], None]) -> None:
        """Write a part from chunks of any size; `tick` is told how large the file is by then."""
        start, plain, digests, rest = self.size, 0, list[bytes](), bytearray()

        def put(content: bytes) -> None:
            sealed = self._key.seal(len(self._parts), len(digests), content)
            digests.append(_sm3(sealed))
            self._put(sealed)
            tick(self.size)

        for chunk in chunks:
            rest += chunk
            plain += len(chunk)
            while len(rest) >= BLOCK:
                put(bytes(rest[:BLOCK]))
                del rest[:BLOCK]
        if rest or not digests:
            put(bytes(rest))
        self._parts.append(
            {"name": name, "offset": start, "size": plain, "digest": _sm3(*digests).hex(),
             "blocks": [digest.hex() for digest in digests]}
        )  # fmt: skip

    def finish(self, told: Mapping[str, Any]) -> str:
        """Write the manifest and the trailer; the SM3 of the whole file."""
        how = {"format": FORMAT, "block": BLOCK, "salt": self._key.salt.hex()}
        manifest = {**how, **told, "parts": self._parts}
        text = json.dumps(manifest, ensure_ascii=False).encode()
        at, size, code = self.size, len(text), self._key.code(text)
        digest = _sm3(text, struct.pack(">QQ", at, size), code)
        self._put(text)
        self._put(_TRAILER.pack(at, size, digest, code, _MAGIC))
        return self._digest.finalize().hex()


@dataclass(frozen=True, slots=True)
class Part:
    """A part: where its blocks begin, how much is in them, the digest of each."""

    number: int
    name: str
    offset: int
    size: int
    digests: tuple[bytes, ...]

    def place(self, block: int) -> tuple[int, int]:
        """The first byte of a block in the file, and how many it has."""
        content = min(BLOCK, self.size - block * BLOCK)
        return self.offset + block * (BLOCK + _TAG), content + _TAG

    @property
    def end(self) -> int:
        """The first byte of the file behind the part."""
        start, length = self.place(len(self.digests) - 1)
        return start + length


@dataclass(frozen=True, slots=True)
class Archive:
    """A file whose manifest is whole: what it says, and its parts."""

    path: Path
    file: BinaryIO
    size: int
    manifest: Mapping[str, Any]
    text: bytes
    code: bytes
    parts: tuple[Part, ...]

    def check(self, tick: Tick) -> None:
        """Every byte is as it was written. Raises Faulty with the places where it is not."""
        told: list[Fault] = []
        count = 0
        for part in self.parts:
            for block in range(len(part.digests)):
                if self._sealed(part, block) is None:
                    count += 1
                    if count <= _TOLD:
                        told.append(self._damaged(part, block))
                tick(sum(part.place(block)), self.size)
        if told:
            raise Faulty(told)

    def unlock(self, passphrase: str) -> Key:
        """The key of this file. Raises Faulty where the pass-phrase is another, or somebody made the file over."""
        key = Key.of(passphrase, bytes.fromhex(self.manifest["salt"]))
        if not hmac.compare_digest(key.code(self.text), self.code):
            raise Faulty([fault("S573", str(self.path))])
        return key

    def chunks(self, name: str, key: Key) -> Generator[bytes]:
        """The content of a part. Raises Faulty."""
        part = next(one for one in self.parts if one.name == name)
        for block in range(len(part.digests)):
            sealed = self._sealed(part, block)
            if sealed is None:
                raise Faulty([self._damaged(part, block)])
            try:
                yield key.open(part.number, block, sealed)
            except InvalidTag as error:
                raise Faulty([self._damaged(part, block)]) from error

    def _sealed(self, part: Part, block: int) -> bytes | None:
        """A block as it is in the file, where it is as it was written; the disk may not even read it."""
        start, length = part.place(block)
        try:
            self.file.seek(start)
            found = self.file.read(length)
        except OSError:
            return None
        return found if _sm3(found) == part.digests[block] else None

    def _damaged(self, part: Part, block: int) -> Fault:
        start, length = part.place(block)
        return _damage(self.path, start, start + length, f"{part.name} 第 {block + 1} 块")


def _damage(path: Path, start: int, end: int, what: str) -> Fault:
    """Bytes start to end - 1 of the file are not as they were written."""
    return fault("S570", f"{path} 字节 {start}–{end - 1}（{what}）", what=what)


@contextmanager
def opened(path: Path) -> Generator[Archive]:
    """A backup to read. Raises Faulty where it is none, of another format, or damaged at its ends."""
    try:
        with path.open("rb") as file:
            yield _read(path, file, os.fstat(file.fileno()).st_size)
    except OSError as error:
        raise Faulty([fault("F101", str(path), reason=error.strerror or "")]) from error


def _read(path: Path, file: BinaryIO, size: int) -> Archive:
    head = file.read(len(_MAGIC))
    at = max(0, size - _TRAILER.size)
    file.seek(at)
    trailer = file.read(_TRAILER.size)
    is_headed, is_ended = head == _MAGIC, trailer.endswith(_MAGIC)
    if not is_headed and not is_ended:
        told = head[len(_NAME) :].strip() if head.startswith(_NAME) else b""
        raise Faulty([fault("S571", str(path), found=told.decode("ascii", "replace") or "不是")])
    if not is_headed:
        raise Faulty([_damage(path, 0, len(_MAGIC), "开头")])
    if len(trailer) < _TRAILER.size or not is_ended:
        raise Faulty([_cut(path, size, trailer)])
    start, length, digest, code, _ = _TRAILER.unpack(trailer)
    if length > _MANIFEST_LIMIT or start + length != at:
        raise Faulty([_damage(path, at, size, "末尾")])
    file.seek(start)
    text = file.read(length)
    if _sm3(text, struct.pack(">QQ", start, length), code) != digest:
        raise Faulty([_damage(path, start, size, "清单")])
    manifest = json.loads(text)
    if manifest.get("format") != FORMAT or manifest.get("block") != BLOCK:
        raise Faulty([fault("S571", str(path), found=str(manifest.get("format")))])
    parts = tuple(
        Part(number, one["name"], one["offset"], one["size"], tuple(map(bytes.fromhex, one["blocks"])))
        for number, one in enumerate(manifest["parts"])
    )  # fmt: skip
    if [part.offset for part in parts] + [start] != [len(_MAGIC), *(part.end for part in parts)]:
        raise Faulty([_damage(path, start, size, "清单")])
    return Archive(path, file, size, manifest, text, code, parts)


def _cut(path: Path, size: int, trailer: bytes) -> Fault:
    """A file without its end: cut off, or its last bytes are others."""
    if len(trailer) == _TRAILER.size:
        start, length, *_ = _TRAILER.unpack(trailer)
        if start + length + _TRAILER.size == size:
            return _damage(path, size - len(_MAGIC), size, "末尾")
    return fault(
        "S570",
        f"{path} 字节 {size} 起",
        what="以后的没有了：文件没有写完、没有复制完，或末尾被改过",
    )
