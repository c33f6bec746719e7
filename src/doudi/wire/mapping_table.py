"""What is to be mended in a hospital's mapping, as a table: what, where, why, how."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from doudi.errors import Fault
from doudi.mapping_check import Doubt, Report, Unmapped
from doudi.wire.fault_table import place_of
from doudi.wire.sheets import Heading, Holds, Page
from doudi.wire.sheets.page import Value

WHAT: Mapping[str, str] = {
    "class_differs": "类别不同",
    "ceiling_differs": "限价不同",
    "expired": "目录项目已失效",
    "unknown": "目录里没有这个编码",
}
_MEND: Mapping[str, str] = {
    "class_differs": "核对对照得对不对；对的，医院的类别改成目录的。",
    "ceiling_differs": "核对对照得对不对；对的，医院的限价改成目录的。",
    "expired": "换成现行的医保编码；旧的一行写上失效日期，新的另起一行。",
    "unknown": "核对医保编码有没有抄错；没有抄错，换新的目录。",
}
_HEADINGS = (
    Heading("要核对的"), Heading("文件"), Heading("表"), Heading("行", Holds.COUNT), Heading("医院编码"),
    Heading("医院名称"), Heading("医保编码"), Heading("医院写的"), Heading("目录写的"),
    Heading("费用行数", Holds.COUNT), Heading("金额", Holds.AMOUNT), Heading("怎么改"),
)  # fmt: skip


def mapping_page(found: Report, faults: Sequence[Fault], files: Iterable[str]) -> Page:
    """Items that are not mapped, the dearest first; then what differs from the catalogue; then faults."""
    names = tuple(files)
    rows = [
        *(_unmapped(one) for one in found.unmapped),
        *(_doubt(one, names) for one in found.doubts),
        *_faults(faults, names),
    ]
    return Page("对照核对", _HEADINGS, rows)


def _unmapped(one: Unmapped) -> tuple[Value, ...]:
    near = "；".join(f"{item.code} {item.name}（{item.item_class}）" for item in one.near)
    mend = "在对照里加一行：这个医院编码，和它的医保编码。"
    if near:
        mend += f"相近的有：{near}。核对以后再用。"
    return (
        "没有对照", None, None, None, one.code, one.name, None, None, None, one.lines, one.amount, mend,
    )  # fmt: skip


def _doubt(doubt: Doubt, files: Sequence[str]) -> tuple[Value, ...]:
    at, mapped = place_of(doubt.mapped.where, files), doubt.mapped
    return (
        WHAT[doubt.what], at.file, at.sheet, at.row, mapped.hospital_code, mapped.name or "", mapped.code,
        doubt.own, doubt.catalogue, None, None, _MEND[doubt.what],
    )  # fmt: skip


def _faults(faults: Sequence[Fault], files: Sequence[str]) -> Iterator[tuple[Value, ...]]:
    for one in faults:
        at = place_of(one.where, files)
        nothing = (None,) * 7
        yield (
            f"{one.code} {one.what}",
            at.file,
            at.sheet,
            at.row,
            *nothing,
            f"{one.why}{one.mend}",
        )
