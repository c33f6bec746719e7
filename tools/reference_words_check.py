"""Chinese words for the keys that `doudi check --json` prints beside those of a settlement."""

_EFFECT = {
    "patient": "患者",
    "hospital": "医院承担",
    "payments": "各层",
    "payments.*": "层次的名称 → 金额",
}


def _marginal(at: str, *, refunds: bool = True) -> dict[str, str]:
    """The keys of one line's effect."""
    words = {f"{at}.line": "行号"} | {f"{at}.{key}": text for key, text in _EFFECT.items()}
    return words | (
        {f"{at}.refunds": "这一行的退费行，连同它们一起算；没有退费的没有这个键"} if refunds else {}
    )


CHECK: dict[str, str] = {
    "room": "目录外还可用多少（元）：再多一分就超限额；有草稿的，是草稿都下了以后；没有限额是 null",
    "marginal": "每一行的影响：有它比没有它，谁多付多少；负数是少付。没有它账单不成立的，金额都是 null。"
    "没有对照的行不在里面",
    **_marginal("marginal[]"),
    "alternatives": "可以换成什么；每行最多五个，患者省得多的在前。没有目录的是空列表",
    "alternatives[].line": "换的是哪一行",
    "alternatives[].code": "目录编码",
    "alternatives[].name": "名称",
    "alternatives[].class": "甲或乙",
    "alternatives[].same": "generic_name 同通用名、group 同类",
    "alternatives[].quantity": "数量：按包装换算，不足一个包装的按一个",
    "alternatives[].unit": "计价单位",
    "alternatives[].unit_price": "目录里的参考价",
    "alternatives[].amount": "金额",
    "alternatives[].restriction": "限定支付范围；没有是 null",
    "alternatives[].saves": "换了以后各省多少；负数是多付",
    **{f"alternatives[].saves.{key}": text for key, text in _EFFECT.items()},
    "alternatives[].saves.patient": "患者，不小于 0",
    "drafts": "医嘱草稿都下了以后；没有草稿的没有这个键",
    "drafts.lines": "每条草稿的影响，别的草稿都算在内；意思同 marginal",
    **_marginal("drafts.lines[]", refunds=False),
    "drafts.effect": "草稿合在一起，谁多付多少",
    **{f"drafts.effect.{key}": text for key, text in _EFFECT.items()},
    "drafts.after": "下了以后的结算：total、patient、hospital、payments、control、warnings，意思同结算结果",
    "undecided": "没有对照、也没有类别的行；没有这样的行就没有这个键",
    "undecided.lines": "行号",
    "undecided.amount": "合计金额，退费已减",
    "undecided.share": "目录外占比，四位小数",
    "undecided.share.least": "最少",
    "undecided.share.most": "最多",
    "undecided.patient": "患者自付；要用政策包里待定的值的是 null",
    "undecided.patient.least": "最少",
    "undecided.patient.most": "最多",
}

# What can be null.
NULL = {
    "room",
    *(
        f"{at}.{key}"
        for at in ("marginal[]", "drafts.lines[]")
        for key in ("patient", "hospital", "payments")
    ),
    "alternatives[].unit",
    "alternatives[].restriction",
    "undecided.patient",
}
