"""What the parts of a pack are called where a person reads them."""

from fractions import Fraction

from doudi.money import percent, yuan_for_people
from doudi.packs.model import Approval, Basis, Demand, Effect, Unit

STATUS = {
    "declared": "声明", "strong": "有原文", "medium": "有旁证", "weak": "间接来源",
    "unverified": "未证实",
}  # fmt: skip
LATE_KNOWLEDGE = {
    Effect.REOPEN: "结算以后才知道的身份，以前的结算按它重算，差额列为建议",
    Effect.FORWARD: "结算以后才知道的身份，只管以后的就医，以前的结算不动",
}
APPROVAL = {
    Demand.EXCEEDED: "超过限额的，医生写明理由，医院医保办同意",
    Demand.NEVER: "超过限额的，不须医院医保办同意",
}
OPEN = "待定（open）"
SECTIONS = {
    "pack": "政策包", "dimensions": "维度", "groups": "条件", "parameters": "值", "amounts": "算式",
    "accumulators": "累计", "decomposition": "费用分解", "layers": "层次", "rules": "规则",
    "control": "控费", "approval": "超限审批", "floor": "政府兜底", "late_knowledge": "身份补认",
}  # fmt: skip
FACETS = {
    "title": "名称", "title_en": "英文名称", "district": "区划",
    "valid": "有效期", "benefit_year": "待遇年度起点", "of": "取自",
    "otherwise": "没有身份的人", "order": "次序", "formula": "算式", "owner": "归属", "period": "期间",
    "measure": "累计什么", "adds": "每次加", "when": "条件", "payer": "付款方", "given": "平台给出，至多",
    "given_when": "平台给出的条件", "shown": "列出", "base": "从多少算起", "deductible": "起付线",
    "met": "起付线累计", "rate": "比例", "over": "分段的累计", "round": "进位", "cap": "限额",
    "paid": "限额累计", "limit": "限额", "approaching": "接近", "applies": "对谁起作用", "excess": "超出部分",
    "consented": "知情同意", "share": "个人负担", "unit": "单位", "place": "第几位", "basis": "依据",
    "value": "值", "from": "起点", "effect": "以前的结算", "demand": "要医保办同意", "within_hours": "期限（小时）",
}  # fmt: skip


def approval_text(stated: Approval) -> str:
    """Whether the insurance office must agree to a visit above the limit, and within how many hours."""
    hours = "" if stated.within_hours is None else f"，从提示起 {stated.within_hours} 小时以内"
    return f"{APPROVAL[stated.demand]}{hours}。"


def facet_text(facet: str) -> str:
    """A facet's word; of a band or a code also which.

    >>> facet_text("rate"), facet_text("bands.2.from"), facet_text("codes.dibao")
    ('比例', '第 2 段起点', '代码 dibao')
    """
    head, _, rest = facet.partition(".")
    match head:
        case "bands":
            number, _, what = rest.partition(".")
            return f"第 {number} 段{FACETS[what]}"
        case "codes":
            return f"代码 {rest}"
        case _:
            return FACETS[head]


def value_text(unit: Unit, value: Fraction | None) -> str:
    """A value in its unit; none is no limit."""
    if value is None:
        return "不设限额"
    match unit:
        case Unit.YUAN:
            return f"{yuan_for_people(int(value))} 元"
        case Unit.PERCENT:
            return percent(value.numerator, value.denominator)
        case Unit.YEARS:
            return f"{int(value)} 岁"
        case Unit.FLAG:
            return "是" if value else "否"


def basis_text(basis: Basis) -> str:
    """Mark, document and article."""
    return f"{STATUS[basis.status.value]}  {basis.cite.document} · {basis.cite.heading}"
