"""What a bundle says in words, and how whoever holds it verifies it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from doudi.version import VERSION

Json = Mapping[str, Any]


def script() -> bytes:
    """The script that verifies a bundle: in the wheel, or beside the sources."""
    inside = Path(__file__).parent / "verify_bundle.py"
    beside = Path(__file__).parents[3] / "examples" / "ledger" / "verify_bundle.py"
    return (inside if inside.is_file() else beside).read_bytes()


def read_me(settlement: int) -> str:
    """What stands first in the archive for whoever opens it."""
    return f"""结算 {settlement} 的证据

核对：python verify_bundle.py 这个文件.zip
也和留存的封头比：python verify_bundle.py 这个文件.zip 封头.json
只要 Python 3.8 以上，不用本系统，也不用信任它。脚本不到一百行，可以先读一遍；
最好不用这里面的，用您自己留着的、或别处取来的同一个脚本。

answer.json       结算的结果，一字不差
evidence.zlib     当时依据的账单、登记、版本，一字节不差
inputs.json       同样的内容，可以直接读
explanation.txt   每一层用话说一遍
postings.json     每次记账的抬头、登记、分录、累计，承诺，在台账里的位置和路径
head.json         盖住它的封头：笔数、根、时间、公钥、签名
policy/           当时的政策包（files-of-… 可以直接读）、目录、对照
person.json       是谁；没有批准的，姓名和证件号遮住
seen.json         审计记录里谁看过、办过它
manifest.json     每个文件的 SHA-256；谁、什么时候、为什么做的这份证据
verify_bundle.py  核对的脚本

压缩包的最后 64 字节是签名，盖住它前面的每一个字节。
公钥要和您自己留存的封头上的一样；只看这一个文件，看不出整本台账是不是重做过。

In English: verify with `python verify_bundle.py this.zip [a head that you kept.json]`. It needs Python alone.
"""


def explanation(answer: Json, rests: Json, postings: Sequence[Json]) -> str:
    """The settlement in words: who paid what by which article, under which versions, what was booked."""
    return "\n".join(_lines(answer, rests, postings)) + "\n"


def _lines(answer: Json, rests: Json, postings: Sequence[Json]) -> Iterator[str]:
    yield f"结算 {answer['settlement_id']}，就诊 {answer['visit_id']}，登记号 {answer['person']}"
    yield f"结算时间 {answer['settled']}，年度 {answer['benefit_year']}，身份 {answer.get('standing') or '—'}"
    yield ""
    yield f"总费用 {answer['total']} 元"
    for one in answer["explanation"]:
        cite = f"（{one['cite']}）" if one.get("cite") else ""
        mark = "，没有文件证实" if one.get("status") == "unverified" else ""
        yield f"  {one['title']}：{one['text']}{cite}{mark}"
    payments = "、".join(f"{name} {amount}" for name, amount in answer["payments"].items())
    yield f"各层：{payments}；医院承担 {answer['hospital']}；患者自付 {answer['patient']}"
    yield ""
    for one in answer["warnings"]:
        yield f"提示 {one['code']}：{one['text']}"
    yield f"政策包 {rests['pack']}，指纹 {rests['fingerprint']}，内容摘要 {rests['pack_digest']}"
    yield f"目录 {rests.get('catalogue') or '—'}，摘要 {rests.get('catalogue_digest') or '—'}"
    yield f"对照摘要 {rests.get('mapping_digest') or '—'}；程序 {rests['engine']}；这份证据由程序 {VERSION} 写成"
    if answer["unverified"]:
        yield f"没有文件证实的：{'、'.join(answer['unverified'])}"
    yield ""
    for one in postings:
        yield f"记账 {one['posting']}（{_KINDS[one['kind']]}），台账第 {one['place']} 位"
        yield from (f"  {text}" for name, text in one["said"] if name == "entry")
    yield "分录的单位是分，借为正，贷为负。"


_KINDS = {"settle": "结算", "relief": "补退", "reverse": "撤销"}
