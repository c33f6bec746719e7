"""What a file is by its content, never by its name: a PNG, a JPEG or a PDF, whole, and of a size that can be shown.

Nothing is drawn here. A PNG is unpacked only to count what comes out, and no further than its own head says.
"""

import re
import struct
import zlib

from doudi_web.tenancy.refusals import Refusal

MOST_BYTES = 5 * 2**20
MOST_PIXELS = 40_000_000
"""A telephone's picture has 12 to 50 million; a page at 300 dots an inch 9."""
LONGEST_SIDE = 12_000
_PNG = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of each kind of PNG
_SOF = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_ACTIVE = re.compile(
    rb"/(?:JavaScript|Launch|EmbeddedFiles?|Encrypt|RichMedia|XFA|SubmitForm)(?![0-9A-Za-z])|/JS\s*[(<]|/JS\s+\d"
)
"""What a scanner never writes: a page that acts when it is opened, or that cannot be read. /JS alone
stands in the bytes of one picture in four of this size: what follows it counts too."""
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
_TAIL = 2_048
_PORTION = 65_536


def kind_of(content: bytes) -> str:
    """png, jpg or pdf. Raises Refusal 413 (too large), 422 (none of these, broken, or more than can be shown)."""
    if len(content) > MOST_BYTES:
        raise Refusal.of(413, "S413", "file", limit=MOST_BYTES // 2**20)
    if content.startswith(_PNG):
        _png(content)
        return "png"
    if content.startswith(b"\xff\xd8\xff"):
        _jpeg(content)
        return "jpg"
    if content.startswith((b"%PDF-1.", b"%PDF-2.")):
        _pdf(content)
        return "pdf"
    raise _wrong("不是 PDF、JPEG、PNG")


def _wrong(reason: str) -> Refusal:
    return Refusal.of(422, "S741", "file", reason=reason)


def _png(content: bytes) -> None:
    """Every chunk whole with its sum, and as many pixels as the head says: not fewer, not more."""
    at, packed = len(_PNG), bytearray()
    head: tuple[int, int, int, int, int] | None = None
    while at + 12 <= len(content):
        length, name = struct.unpack(">I4s", content[at : at + 8])
        body = content[at + 8 : at + 8 + length]
        stated = content[at + 8 + length : at + 12 + length]
        if len(stated) < 4 or zlib.crc32(name + body) != struct.unpack(">I", stated)[0]:
            raise _wrong("PNG 断了，或者改过")
        at += 12 + length
        if name == b"IHDR" and head is None and length == 13:
            width, height, depth, colour, _, _, laced = struct.unpack(">IIBBBBB", body)
            _must_fit(width, height)
            if colour not in _SAMPLES:
                raise _wrong("PNG 断了，或者改过")
            head = width, height, depth, colour, laced
        elif head is None:
            raise _wrong("PNG 断了，或者改过")
        elif name == b"IDAT":
            packed += body
        elif name == b"IEND":
            _must_hold(bytes(packed), head)
            return
    raise _wrong("PNG 断了，或者改过")


def _must_hold(packed: bytes, head: tuple[int, int, int, int, int]) -> None:
    width, height, depth, colour, laced = head
    row = -(-width * depth * _SAMPLES[colour] // 8) + 1
    most = row * height if not laced else row * height * 2 + 64 * height
    unpacker, rest, came = zlib.decompressobj(), packed, 0
    try:
        while rest and not unpacker.eof:
            came += len(unpacker.decompress(rest, _PORTION))
            rest = unpacker.unconsumed_tail
            if came > most:
                raise _wrong("PNG 里的比写明的大")
    except zlib.error as error:
        raise _wrong("PNG 断了，或者改过") from error
    if not laced and came != row * height:
        raise _wrong("PNG 断了，或者改过")


def _jpeg(content: bytes) -> None:
    """Its segments up to the size of the picture, and its end."""
    at, size = 2, None
    while at + 4 <= len(content):
        if content[at] != 0xFF:
            break
        mark = content[at + 1]
        if mark == 0xFF:
            at += 1
            continue
        length = struct.unpack(">H", content[at + 2 : at + 4])[0]
        if mark in _SOF and at + 9 <= len(content):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            _must_fit(width, height)
            size = width, height
        if mark == 0xDA:
            break
        at += 2 + length
    if size is None or b"\xff\xd9" not in content[-_TAIL:]:
        raise _wrong("JPEG 断了，或者改过")


def _pdf(content: bytes) -> None:
    """It ends as a PDF does, and has nothing that acts."""
    if b"%%EOF" not in content[-_TAIL:]:
        raise _wrong("PDF 断了，或者改过")
    named = _ESCAPED.sub(lambda found: bytes([int(found[1], 16)]), content)  # /J#53 is /JS
    if _ACTIVE.search(content) or _ACTIVE.search(named):
        raise _wrong("PDF 里有会自己运行的、夹带的或加了密的内容")


def _must_fit(width: int, height: int) -> None:
    if not (
        0 < width <= LONGEST_SIDE and 0 < height <= LONGEST_SIDE and width * height <= MOST_PIXELS
    ):
        raise _wrong(f"图有 {width} × {height} 个点，最多 {MOST_PIXELS // 10_000} 万个")
