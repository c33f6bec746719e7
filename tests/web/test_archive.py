"""The file of a backup: what is written is read, and every damaged byte is found and named with its place."""

import io
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SM3, Hash

from doudi.errors import Faulty
from doudi_web.site.archive import BLOCK, Writer, opened

PASSPHRASE = "correct horse battery"
PARTS = {
    "small": b"a line\n",
    "none": b"",
    "whole": random.Random(1).randbytes(2 * BLOCK),
    "large": random.Random(2).randbytes(3 * BLOCK + 77_777),
}


def _chunks(content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


@pytest.fixture(scope="module")
def content() -> bytes:
    file = io.BytesIO()
    writer = Writer(file, PASSPHRASE)
    for name, part in PARTS.items():
        writer.part(name, _chunks(part, 300_001), lambda _: None)
    digest = writer.finish({"said": "甲"})
    found = Hash(SM3())
    found.update(file.getvalue())
    assert (digest, writer.size) == (found.finalize().hex(), len(file.getvalue()))
    return file.getvalue()


@pytest.fixture
def path(content: bytes, tmp_path: Path) -> Path:
    made = tmp_path / "b.backup"
    made.write_bytes(content)
    return made


def _checked(path: Path) -> list[tuple[str, str]]:
    """Code and place of each fault."""
    try:
        with opened(path) as found:
            found.check(lambda *_: None)
    except Faulty as error:
        return [(one.code, one.where) for one in error.faults]
    return []


def test_what_is_written_is_read(path: Path) -> None:
    with opened(path) as found:
        key = found.unlock(PASSPHRASE)
        assert found.manifest["said"] == "甲"
        assert {p.name: b"".join(found.chunks(p.name, key)) for p in found.parts} == PARTS
        seen = list[int]()
        found.check(lambda done, _: seen.append(done))
        assert seen == sorted(seen)
        assert len(seen) == 1 + 1 + 2 + 4


def test_nothing_of_the_content_can_be_read_in_the_file(content: bytes) -> None:
    assert PARTS["small"] not in content
    assert PARTS["whole"][:32] not in content


PLACES = [*range(0, 15, 7), *(("end", n) for n in (1, 15, 16, 47, 48, 79, 80, 95, 96, 500)),
          *(("at", n) for n in range(30))]  # fmt: skip


@pytest.mark.parametrize("where", PLACES, ids=str)
def test_a_flipped_byte_is_named_with_its_place(
    content: bytes, path: Path, where: int | tuple[str, int]
) -> None:
    match where:
        case int(at):
            pass
        case ("end", n):
            at = len(content) - n
        case (_, n):
            at = random.Random(n).randrange(len(content))
    spoilt = bytearray(content)
    spoilt[at] ^= 1 << (at % 8)
    path.write_bytes(spoilt)
    ((code, place),) = _checked(path)
    start, end = map(int, re.search(r"字节 (\d+)–(\d+)", place).groups())  # pyright: ignore[reportOptionalMemberAccess]
    assert code == "S570"
    assert start <= at <= end
    assert end - start <= BLOCK + 16


def test_every_damaged_block_is_named(content: bytes, path: Path) -> None:
    spoilt = bytearray(content)
    for at in (20, 2 * BLOCK, len(content) - BLOCK):
        spoilt[at] ^= 255
    path.write_bytes(spoilt)
    told = _checked(path)
    assert [code for code, _ in told] == ["S570"] * 3
    assert [re.search("（(.*)）", place).group(1) for _, place in told] == [  # pyright: ignore[reportOptionalMemberAccess]
        "small 第 1 块", "whole 第 2 块", "large 第 3 块",
    ]  # fmt: skip


@pytest.mark.parametrize("left", [0.0, 0.3, 0.5, 0.9, 0.999999])
def test_a_file_that_is_cut_is_told(content: bytes, path: Path, left: float) -> None:
    size = max(15, int(len(content) * left))
    path.write_bytes(content[:size])
    assert _checked(path) == [("S570", f"{path} 字节 {size} 起")]


def test_what_stands_behind_the_end_is_told(content: bytes, path: Path) -> None:
    path.write_bytes(content + b"\n")
    assert [code for code, _ in _checked(path)] == ["S570"]
    path.write_bytes(content + content)
    assert [code for code, _ in _checked(path)] == ["S570"]


@pytest.mark.parametrize(
    "other", [b"", b"PK\x03\x04" + bytes(999), b"doudi backup 2\n" + bytes(999)]
)
def test_what_is_no_backup_of_this_format_is_told(path: Path, other: bytes) -> None:
    path.write_bytes(other)
    assert [code for code, _ in _checked(path)] == ["S571"]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert [code for code, _ in _checked(tmp_path / "none")] == ["F101"]


def test_another_pass_phrase_opens_nothing(path: Path) -> None:
    with opened(path) as found, pytest.raises(Faulty) as told:
        found.unlock(PASSPHRASE + " ")
    assert [one.code for one in told.value.faults] == ["S573"]


def test_a_file_that_was_made_over_is_not_taken_for_the_original(path: Path) -> None:
    """All digests are right, as whoever changes the file can make them; only the pass-phrase cannot be had."""
    with path.open("wb") as file:
        writer = Writer(file, "another pass-phrase")
        writer.part("small", [b"another line\n"], lambda _: None)
        writer.finish({})
    assert _checked(path) == []
    with opened(path) as found, pytest.raises(Faulty) as told:
        found.unlock(PASSPHRASE)
    assert [one.code for one in told.value.faults] == ["S573"]


def test_a_block_fits_its_place_alone(path: Path) -> None:
    """Blocks that change places keep their digests with them: only the seal knows where each belongs."""
    with opened(path) as found:
        key = found.unlock(PASSPHRASE)
        part = found.parts[3]
        first, second = (found._sealed(part, n) for n in (0, 1))
        assert first is not None
        assert second is not None
        assert key.open(3, 0, first) == PARTS["large"][:BLOCK]
        with pytest.raises(InvalidTag):
            key.open(3, 0, second)


CODES = {"S570", "S571", "S573"}
"""The codes that this file makes."""
