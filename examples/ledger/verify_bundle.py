"""核对一份结算证据，只用 Python 自己：python verify_bundle.py 证据.zip [留存的封头.json]

Knows nothing of Doudi. SM3: GB/T 32905; signatures: Ed25519 (RFC 8032); the log: RFC 9162."""

import hashlib
import json
import sys
import zipfile
import zlib
from pathlib import Path

P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, BASE = -121665 * pow(121666, -1, P), b"\x58" + b"\x66" * 31


def sm3(*parts):
    return hashlib.new("sm3", b"".join(parts)).digest()


def plus(p, q):
    (a, b), (c, d), t = p, q, D * p[0] * p[1] * q[0] * q[1]
    return (a * d + b * c) * pow(1 + t, -1, P) % P, (b * d + a * c) * pow(1 - t, -1, P) % P


def times(n, p):
    rest = times(n >> 1, plus(p, p)) if n else (0, 1)
    return plus(rest, p) if n & 1 else rest


def point(text):
    y = int.from_bytes(text, "little") & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    return x if x & 1 == text[31] >> 7 else P - x, y


def is_signed(said, signature, key):
    s, k = signature[32:], hashlib.sha512(signature[:32] + key + sm3(said)).digest()
    s, k = int.from_bytes(s, "little"), int.from_bytes(k, "little") % ORDER
    return s < ORDER and times(s, point(BASE)) == plus(point(signature[:32]), times(k, point(key)))


def of_posting(one, members, head):
    salt, parts = bytes.fromhex(one["salt"]), bytes.fromhex(one["parts"])
    for n, (part, text) in enumerate(one["said"]):
        content = members[text] if part.startswith("kept") else text.encode()
        is_one = sm3(salt, part.encode(), b"\0", content) == parts[6 + 32 * n : 38 + 32 * n]
        yield f"记账 {one['posting']}：{part} 与记账时不同", is_one
    leaf = sm3(b"\0", sm3(salt, sm3(parts[: 6 + 32 * len(one["said"])])))
    for side, other in one["path"]:
        pair = (leaf, bytes.fromhex(other))
        leaf = sm3(b"\1", *(pair if side == "right" else pair[::-1]))
    yield f"记账 {one['posting']}：不在封存的台账里", leaf.hex() == head["root"]
    yield f"记账 {one['posting']}：分录相加不是 0", sum(fen_of(one)) == 0


def fen_of(one):
    return [json.loads(text)[1] for part, text in one["said"] if part == "entry"]


def checks(data, members, kept):
    of = {name: json.loads(text) for name, text in members.items() if name.endswith(".json")}
    listed, head, told = of["manifest.json"]["members"], of["head.json"], of["answer.json"]
    digests = {name: hashlib.sha256(text).hexdigest() for name, text in members.items()}
    for name in sorted({*listed, *members} - {"manifest.json"}):
        yield f"{name}：改过、少了或多出来的", digests.get(name) == listed.get(name)
    key, signature = (bytes.fromhex(head[one]) for one in ("public_key", "signature"))
    said = "doudi ledger head 1\n{size}\n{root}\n{before}\n{sealed}\n".format(**head).encode()
    yield "head.json：封头的签名不对", is_signed(said, signature, key)
    yield "压缩包：有字节改过", is_signed(b"doudi bundle 1\n" + data[:-64], data[-64:], key)
    yield "head.json：不是留存的那一本台账", not kept or kept["public_key"] == head["public_key"]
    for one in of["postings.json"]:
        yield from of_posting(one, members, head)
    was = json.loads(zlib.decompress(members["evidence.zlib"]))
    yield "inputs.json：与记账时的依据不同", was == of["inputs.json"]
    for kind in ("pack", "catalogue", "mapping"):
        yield f"policy/{kind}：换过", was.get(f"{kind}_digest") == digests.get(f"policy/{kind}")
    sides = [told["total"], *told["payments"].values(), told["hospital"], told["patient"]]
    total, *fen = (int(amount.replace(".", "")) for amount in sides)
    yield "answer.json：总费用不等于各方相加", total == sum(fen)
    booked = sorted(x for x in (-total, *fen) if x)
    yield "answer.json：分录不是这些金额", booked == sorted(fen_of(of["postings.json"][0]))


def main(path, kept=None):
    try:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        kept = kept and json.loads(Path(kept).read_bytes())
        told = [what for what, holds in checks(Path(path).read_bytes(), members, kept) if not holds]
    except Exception as error:
        told = [f"读不懂：{error!r}"]
    print("\n".join(f"不对：{one}" for one in told) or "对：字节、承诺、位置、签名、政策、金额")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
