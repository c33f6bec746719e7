"""The glossary as values: our name, the Chinese term, the platform's field, the meaning.

The names that code, documents and outputs share; docs/reference/glossary.md is generated from here.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the field."""

    name: str
    zh: str
    en: str
    platform: str
    meaning: str


TERMS: dict[str, Term] = {
    term.name: term
    for term in (
        Term("total", "总费用", "total", "medfee_sumamt", "各费用行金额之和，退费已冲减"),
        Term("out_of_catalogue", "全自费", "out of catalogue", "fulamt_ownpay_amt", "目录外项目，全部由个人负担"),
        Term("over_ceiling", "超限价", "over ceiling", "overlmt_selfpay", "超过定价上限的部分"),
        Term("first_self_pay", "先行自付", "first self-pay", "preselfpay_amt", "乙类先由个人负担的部分"),
        Term("in_scope", "符合政策范围", "in scope", "inscp_scp_amt", "各层待遇的起点"),
        Term("deductible_met", "实际支付起付线", "deductible met", "act_pay_dedc", "本次计入的起付线"),
        Term("basic", "基本医保", "basic insurance", "hifp_pay", "第一层"),
        Term("critical_illness", "大病保险", "critical-illness insurance", "hifmi_pay", "第二层"),
        Term("medical_assistance", "医疗救助", "medical assistance", "maf_pay", "第三层"),
        Term("floor", "政府兜底", "government floor", "oth_pay", "个人自付超过限额的部分由政府付"),
        Term("hospital", "医院承担", "borne by the hospital", "hosp_part_amt", "按规定由医院负担，不向患者收取"),
        Term("patient", "患者自付", "patient", "psn_part_amt", "患者实际负担"),
        Term("share", "目录外占比", "out-of-catalogue share", "", "（全自费 + 超限价）÷ 总费用，口径由政策包声明"),
        Term("limit", "限额", "limit", "", "目录外费用或个人自付最多到哪里"),
        Term("excess", "超出额", "excess", "", "目录外费用高于限额的部分"),
        Term("standing", "人员身份", "standing", "psn_idet_type", "特困、低保、建卡等，按日生效，可以重叠"),
        Term("accumulator", "年度累计", "accumulator", "cum_type_code, cum", "本次之前的累计与本次之后的累计"),
        Term("layer", "保障层次", "layer", "setldetail", "一个基金的一次支付"),
        Term("cascade", "梯次减负", "cascade", "setldetail", "各层依次支付，每层从上层付剩的算起"),
        Term("benefit_year", "待遇年度", "benefit year", "cum_ym", "累计从何时归零"),
    )
}  # fmt: skip
