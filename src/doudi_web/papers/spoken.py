"""The sentence of a layer in words that are spoken to a patient: no percent sign, no term, one idea each.

Every sentence that the engine writes is known here by its form; one that is not stands as it was written.
"""

import re
from collections.abc import Callable

from doudi_web.papers.words import said, spoken_share

Words = Callable[[re.Match[str], str], str]
_A = r"−?[0-9,]+\.[0-9]{2}"
_R = r"[0-9.]+%"


def spoken(layer: str, text: str, standing: str = "") -> str:
    """A layer's sentence as it is spoken; `standing` is what the patient's household is, where it is one.

    >>> spoken("basic", "2,539.50 元先减起付线 300.00 元，余 2,239.50 元，"
    ...     "按 70%（报销比例 60%、贫困人员加点 10%）支付 1,567.65 元。")
    '先减 300 元起付线，剩下 2,239.50 元付七成。'
    >>> spoken("medical_assistance", "971.85 元，按 60% 支付 583.11 元。", "建卡贫困户")
    '您家是建卡贫困户，剩下 971.85 元付六成。'
    >>> spoken("critical_illness", "全年累计由 0.00 元到 971.85 元，没有超过起付线 6,804.00 元，不支付。")
    '今年累计 971.85 元，没到 6,804 元，这次不付。'
    """
    for form, words in _FORMS:
        found = form.fullmatch(text)
        if found is not None:
            return words(found, standing if layer == "medical_assistance" else "")
    return text


def is_known(text: str) -> bool:
    """Whether a sentence is one of those that the engine writes."""
    return any(form.fullmatch(text) for form, _ in _FORMS)


def _home(standing: str) -> str:
    return f"您家是{standing}，" if standing else ""


def _paid(found: re.Match[str], standing: str) -> str:
    """So much of what is left; with what the deductible took, and where the year's limit ended it."""
    met, above = found["met"], found["above"] or found["base"]
    if above == "0.00":
        return (
            "没有要它付的费用。"
            if met in (None, "0.00")
            else f"没有超过 {said(met)} 元起付线，不付。"
        )
    taken = "" if met is None or met == "0.00" else f"先减 {said(met)} 元起付线，"
    share = spoken_share(found["rate"])
    what = "剩下" if taken or standing else "在目录里的"
    part = f"{what} {said(above)} 元{'全部付' if share == '全部' else f'付{share}'}"
    return f"{_home(standing)}{taken}{part}{_capped(found)}。"


def _capped(found: re.Match[str]) -> str:
    if found["cap"] is None:
        return ""
    return f"；一年最多付 {said(found['cap'])} 元，只剩 {said(found['left'])} 元"


def _bands(found: re.Match[str], _: str) -> str:
    starts, shares = found["start"].split("、"), found["rate"].split("、")
    parts = "，".join(
        f"超过 {said(start)} 元的付{spoken_share(share)}"
        for start, share in zip(starts, shares, strict=False)
    )
    return f"今年累计 {said(found['after'])} 元，{parts}{_capped(found)}。"


_CAPPED = rf"(?:；年度限额 (?P<cap>{_A}) 元还剩 (?P<left>{_A}) 元，实付 {_A} 元)?"
_STATED: tuple[tuple[str, Words], ...] = (
    (rf"(?P<base>{_A}) 元(?:先减起付线 (?P<met>{_A}) 元，余 (?P<above>{_A}) 元)?，"
     rf"按 (?P<rate>{_R})(?:（[^）]*）| )支付 (?P<paid>{_A}) 元{_CAPPED}。", _paid),
    (rf"全年累计由 {_A} 元到 (?P<after>{_A}) 元，没有超过起付线 (?P<start>{_A}) 元，不支付。",
     lambda m, _: f"今年累计 {said(m['after'])} 元，没到 {said(m['start'])} 元，这次不付。"),
    (rf"全年累计由 {_A} 元到 (?P<after>{_A}) 元，超过 (?P<start>{_A}(?:、{_A})*) 元的部分"
     rf"按 (?P<rate>{_R}(?:、{_R})*) 支付，这一次 {_A} 元{_CAPPED}。", _bands),
    (r"这次就医不由.*支付。", lambda _, __: "这次不由它付。"),
    (r"没有给出金额，按 0 计。", lambda _, __: "这次没有付。"),
    (r"这一类的支付比例为 0，不支付。", lambda _, __: "这种看病它不付。"),
    (rf"平台已结算 {_A} 元(?:，与本政策计算一致)?。", lambda _, __: "医保平台已经算好。"),
    (rf"平台已结算 {_A} 元；按本政策计算是 {_A} 元，以平台为准，请核对。",
     lambda _, __: "医保平台算的，医院正在核对。"),
    (rf"平台尚未返回，暂按计算数 {_A} 元。", lambda _, __: "医保平台还没有答复，先按这个数，以后多退少补。"),
    (rf"目录外 {_A} 元(?:（[^）]*）)?，占总费用 {_R}，(?:没有超过|接近)限额 {_A} 元（{_R}）。",
     lambda _, __: "自费的药和项目没有超过限额。"),
    (rf"目录外 {_A} 元(?:（[^）]*）)?，占总费用 {_R}，超过限额 {_A} 元（{_R}），超出 (?P<over>{_A}) 元，"
     rf"(?:其中 {_A} 元)?由医院承担，不向患者收取。",
     lambda m, _: f"自费的药和项目超过限额 {said(m['over'])} 元，由医院付，不收您的。"),
    (rf"目录外 {_A} 元(?:（[^）]*）)?，占总费用 {_R}，超过限额 {_A} 元（{_R}），超出 (?P<over>{_A}) 元，"
     r"(?:按规定只提示，不划转|已经批准，不划转)。",
     lambda m, _: f"自费的药和项目超过限额 {said(m['over'])} 元。"),
    (r"这次就医没有政府兜底。", lambda _, __: "这次没有政府兜底。"),
    (rf"各层付过(?:、医院承担后|后)余 (?P<left>{_A}) 元，没有超过总费用 (?P<rate>{_R}) 的限额 {_A} 元，"
     r"不需要兜底。",
     lambda m, _: f"剩下的没到总费用的{spoken_share(m['rate'])}，不用兜底。"),
    (rf"各层付过(?:、医院承担后|后)余 (?P<left>{_A}) 元，个人最多付总费用的 (?P<rate>{_R})，"
     rf"即 (?P<limit>{_A}) 元，其余 {_A} 元由政府付。",
     lambda m, _: f"还剩 {said(m['left'])} 元，您最多付总费用的{spoken_share(m['rate'])}，多的政府付。"),
)  # fmt: skip
_FORMS = tuple((re.compile(form), words) for form, words in _STATED)
