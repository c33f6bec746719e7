"""Faults in the words of who sees a table: columns by their titles, not by the keys of a bill."""

from collections.abc import Mapping
from dataclasses import replace

from doudi.errors import Fault

_SAID: Mapping[str, Mapping[str, str]] = {
    "F207": {"why": "退费用负的数量，并写明退的是哪一行。"},
    "F209": {"mend": "换成医院自己的编号；身份证号只写在身份证号一列。"},
    "F307": {"mend": "填自付比例；或在目录里补上这个项目。"},
    "F308": {
        "why": "这一行没有写等级，目录里也没有这个编码；不能当作丙类。",
        "mend": "填收费项目等级（甲、乙、丙），或在目录里补上这个编码。",
    },
    "F309": {"mend": "在退费原流水号一列写原费用的行号。"},
    "F313": {
        "what": "写了退的是哪一行，数量却不是负数",
        "mend": "把数量和金额改成负数，或者去掉退费原流水号。",
    },
    "F314": {"mend": "核对退费行的类别和金额。"},
    "F315": {"mend": "核对平台分解的四部分。"},
}
"""What a fault says here otherwise than of a bill."""


def in_words(told: Fault, titles: Mapping[str, str]) -> Fault:
    """The fault as the page and the table of faults say it; `titles` are the columns' by their keys."""
    said = replace(told, **_SAID.get(told.code, {}))
    if told.code != "F201":
        return said
    for key, title in titles.items():
        last = f"“{key.rpartition('.')[2]}”"
        if last in said.what:
            return replace(said, what=said.what.replace(last, f"“{title}”"), mend=f"补上{title}。")
    return said
