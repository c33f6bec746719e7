"""核对一份结算证明，不用信任服务器：python check_proof.py 证明.json [留存的封头.json]

Checks the proof of a settlement with nothing but Python and `cryptography`: the answer is committed to, the
commitment stands in the log, and the head over it is signed. It knows nothing of Doudi;
docs/how-to/verify-the-ledger.md says what each step proves.
"""

import json
import sys
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SM3, Hash


def sm3(*parts: bytes) -> bytes:
    digest = Hash(SM3())
    for part in parts:
        digest.update(part)
    return digest.finalize()


def check(proof: dict[str, Any], kept: dict[str, Any] | None) -> str:
    """What the proof proves. Raises ValueError with what does not hold."""
    head = proof["head"]
    commitment = bytes.fromhex(proof["commitment"])
    # 1 the answer, the parts, the commitment
    if proof["salt"] is not None:
        salt, parts = bytes.fromhex(proof["salt"]), bytes.fromhex(proof["parts"])
        if sm3(salt, sm3(parts)) != commitment:
            raise ValueError("承诺不是这些部分的")
        counts = [int.from_bytes(parts[at : at + 2], "big") for at in (0, 2, 4)]
        answer = 6 + 32 * (2 + counts[0] + counts[1])  # behind head, row, entries and sums
        stated = sm3(salt, b"kept 0\0", proof["result"].encode())
        if not counts[2] or parts[answer : answer + 32] != stated:
            raise ValueError("结果被改过")
        if json.loads(proof["result"])["settlement_id"] != proof["settlement_id"]:
            raise ValueError("是另一笔结算的证明")
    # 2 the place in the log, up to the root
    root, place, last = sm3(b"\0", commitment), proof["place"], head["size"] - 1
    if not 0 <= place <= last:
        raise ValueError("不在封头写的笔数里")
    for other in map(bytes.fromhex, proof["path"]):
        if last == 0:
            raise ValueError("路径太长")
        if place & 1 or place == last:
            root = sm3(b"\1", other, root)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            root = sm3(b"\1", root, other)
        place, last = place >> 1, last >> 1
    if last or root.hex() != head["root"]:
        raise ValueError("不在封存的台账里")
    # 3 the head and its signature
    text = "doudi ledger head 1\n{size}\n{root}\n{before}\n{sealed}\n".format(**head)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head["public_key"]))
    try:
        key.verify(bytes.fromhex(head["signature"]), sm3(text.encode()))
    except InvalidSignature:
        raise ValueError("封头的签名不对") from None
    # 4 the witness
    if kept is not None and kept["public_key"] != head["public_key"]:
        raise ValueError("公钥不是留存的封头上的公钥")
    if kept is not None and kept["size"] == head["size"] and kept["root"] != head["root"]:
        raise ValueError("与留存的封头不是同一本台账")
    what = "的内容已经抹去，它的位置" if proof["salt"] is None else "的结果"
    return (
        f"对：结算 {proof['settlement_id']} {what}在台账第 {proof['place']} 位，"
        f"{head['sealed']} 封存，公钥 {head['public_key'][:16]}…"
    )


def main(arguments: list[str]) -> int:
    if not 1 <= len(arguments) <= 2:
        print("用法：python check_proof.py 证明.json [留存的封头.json]", file=sys.stderr)
        return 2
    try:
        read = [json.loads(Path(name).read_text(encoding="utf-8")) for name in arguments]
        print(check(read[0], read[1] if len(read) > 1 else None))
    except (KeyError, TypeError, AttributeError) as error:
        print(f"不对：不是证明或封头（{error}）")
        return 1
    except (OSError, ValueError) as error:
        print(f"不对：{error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
