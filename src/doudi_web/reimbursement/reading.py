"""What was typed of an invoice → what is on it, and everything that is wrong with it at once."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import zip_longest

from pydantic import TypeAdapter, ValidationError

from doudi.errors import Fault, fault
from doudi.source_text import shown
from doudi.wire.bill_form import Fen
from doudi.wire.identity_numbers import has_identity_number
from doudi_web.reimbursement.invoice import CLASSES, KINDS, OTHERS, Line, Stated, plain
from doudi_web.tenancy.refusals import Refusal

Typed = Mapping[str, str]
Rows = Mapping[str, Sequence[str]]
"""Columns of the lines: name, class, amount, first, over."""
MOST_LINES = 200
_FEN: TypeAdapter[int] = TypeAdapter(Fen)
_DIVISION = re.compile(r"[0-9]{6}", re.ASCII)
_CODE = re.compile(r"[0-9A-Za-z_-]{0,40}", re.ASCII)
_NUMBER = re.compile(r"[0-9A-Za-z/_-]{1,40}", re.ASCII)
_LEVELS = ("1", "2", "3")


def read(typed: Typed, rows: Rows, *, home: str, today: date) -> Stated:
    """What is on the invoice. `home` is the district that pays. Raises Refusal 422 with every fault."""
    wrong: list[Fault] = []
    texts = _texts(typed, home, wrong)
    days = {key: _day(typed, key, what, wrong) for key, what in _DAYS.items()}
    _order(days, today, wrong)
    total = _fen(typed.get("total", ""), "total", "总费用", wrong)
    lines = _lines(rows, wrong)
    given = {
        key: amount
        for key, what in OTHERS.items()
        if (text := typed.get(f"given_{key}", "").strip())
        and (amount := _fen(text, f"given_{key}", what, wrong)) is not None
    }
    summed = sum(line.amount_fen for line in lines)
    if not wrong and total != summed:
        wrong.append(fault("S743", "total", total=_yuan(total or 0), sum=_yuan(summed)))
    if not wrong and total == 0:
        wrong.append(fault("F203", "total", value="0.00", expected="大于 0 的总费用"))
    if wrong:
        raise Refusal(422, wrong)
    assert total is not None
    admitted, discharged, issued = (days[key] for key in _DAYS)
    assert admitted is not None
    assert discharged is not None
    assert issued is not None
    return Stated(
        texts["number"], texts["issuer"], texts["issuer_code"], texts["level"], texts["district"], texts["kind"],
        typed.get("referred") == "1", admitted, discharged, issued, total, tuple(lines), given,
    )  # fmt: skip


_DAYS = {"admitted": "入院（就诊）日期", "discharged": "出院日期", "issued": "开票日期"}


def _texts(typed: Typed, home: str, wrong: list[Fault]) -> dict[str, str]:
    """The texts, each in its form; a number as it is known again, however it was typed."""
    expected = {
        "number": "发票号码，1 至 40 位数字、字母", "issuer": "开票的医院，1 至 60 字",
        "issuer_code": "医疗机构编码，没有就空着", "level": "医院等级：1、2 或 3",
        "district": f"医院所在区县的六位代码，不是本区 {home}；本区的医院自己结算", "kind": "就诊类型",
    }  # fmt: skip
    texts = {key: typed.get(key, "").strip() for key in expected}
    texts |= {"number": plain(texts["number"]), "district": plain(texts["district"])}
    right = {
        "number": bool(_NUMBER.fullmatch(texts["number"])),
        "issuer": 0 < len(texts["issuer"]) <= 60 and texts["issuer"].isprintable(),
        "issuer_code": bool(_CODE.fullmatch(texts["issuer_code"])),
        "level": texts["level"] in _LEVELS,
        "district": bool(_DIVISION.fullmatch(texts["district"])) and texts["district"] != home,
        "kind": texts["kind"] in KINDS,
    }
    for key, value in texts.items():
        if has_identity_number(value):
            wrong.append(fault("F209", key))
        elif not right[key]:
            wrong.append(fault("F203", key, value=shown(value, 40), expected=expected[key]))
    return texts


def _day(typed: Typed, key: str, what: str, wrong: list[Fault]) -> date | None:
    text = typed.get(key, "").strip()
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        found = None
    if found is None or found.year < 1990:
        wrong.append(fault("F203", key, value=shown(text, 40), expected=f"{what}（如 2019-11-27）"))
        return None
    return found


def _order(days: Mapping[str, date | None], today: date, wrong: list[Fault]) -> None:
    """Admitted, discharged, today: in this order; an invoice is not of a day to come."""
    pairs = (
        ("discharged", "入院日期", days["admitted"], "出院日期", days["discharged"]),
        ("discharged", "出院日期", days["discharged"], "今天", today),
        ("issued", "入院日期", days["admitted"], "开票日期", days["issued"]),
        ("issued", "开票日期", days["issued"], "今天", today),
    )
    for key, earlier, first, later, second in pairs:
        if first is not None and second is not None and second < first:
            wrong.append(
                fault("F302", key, earlier=earlier, earlier_value=first, later=later, later_value=second)
            )  # fmt: skip


def _lines(rows: Rows, wrong: list[Fault]) -> list[Line]:
    """The lines that say anything; each part fits into its amount."""
    columns = [rows.get(key, ()) for key in ("name", "class", "amount", "first", "over")]
    made: list[Line] = []
    for n, cells in enumerate(zip_longest(*columns, fillvalue=""), 1):
        name, of, amount, first, over = (str(cell).strip() for cell in cells)
        if not (amount or first or over or name):
            continue
        if n > MOST_LINES:
            wrong.append(fault("F110", "lines", name="费用行", count=n, limit=MOST_LINES))
            break
        before = len(wrong)
        if of not in CLASSES:
            wrong.append(
                fault("F203", f"lines.{n}.class", value=shown(of, 10), expected="甲、乙或丙")
            )
        if len(name) > 60 or not name.isprintable():
            wrong.append(
                fault(
                    "F203",
                    f"lines.{n}.name",
                    value=shown(name, 40),
                    expected="不超过 60 字的项目名称",
                )
            )
        if has_identity_number(name):
            wrong.append(fault("F209", f"lines.{n}.name"))
        whole = _fen(amount, f"lines.{n}.amount", "金额", wrong)
        bears = _fen(first or "0", f"lines.{n}.first", "先行自付", wrong)
        above = _fen(over or "0", f"lines.{n}.over", "超限价", wrong)
        if len(wrong) > before or whole is None or bears is None or above is None:
            continue
        if bears + above > whole or (of != "乙" and bears):
            expected = "先行自付只有乙类有，和超限价加起来不超过金额"
            wrong.append(fault("F203", f"lines.{n}", value=f"{first}、{over}", expected=expected))
            continue
        made.append(Line(name or f"{of}类费用", of, whole, bears, above))
    if not made and not wrong:
        wrong.append(fault("F201", "lines", key="lines", expected="费用，至少一行或一类"))
    return made


def _fen(text: str, key: str, what: str, wrong: list[Fault]) -> int | None:
    try:
        found = _FEN.validate_python(text.strip().replace(",", ""))
    except ValidationError:
        found = None
    if found is None or found < 0:
        wrong.append(
            fault(
                "F203", key, value=shown(text, 40), expected=f"{what}（元，如 2539.50，不小于 0）"
            )
        )
        return None
    return found


def _yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"
