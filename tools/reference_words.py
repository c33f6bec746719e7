"""What the reference says in Chinese of each form and key of a pack. The pages check that none is missing.

A word is a sentence, or (type, sentence) where the form's own type says too little: an expression.
"""

from dataclasses import dataclass

Word = str | tuple[str, str]

AMOUNT, RATE, CONDITION = "金额表达式", "比例表达式", "条件表达式"
CITE = "出处：`sources/文件.md#标题`，标题要在这个政策包自己的文件里"
STATUS = "把握：这个值有多可靠"
_TITLE = "叫什么；只写一种文字，中英文都用它"


@dataclass(frozen=True, slots=True)
class FormWords:
    """One form: where it stands, what it is, and a word for each key."""

    where: str
    title: str
    keys: dict[str, Word]


_CITED: dict[str, Word] = {"cite": CITE, "status": STATUS}

PACK: dict[str, FormWords] = {
    "PackForm": FormWords("pack.yaml", "整个政策包", {
        "pack": "与文件夹的路径相同，如 `cn/500000/500113/2019`",
        "title": _TITLE,
        "district": "区划代码；账单按参保地找政策包，先找区县，再找市、省",
        "valid": "从哪天到哪天有效",
        "currency": "人民币，两位小数",
        "benefit_year": "累计从这里归零",
        "extends": "在哪个政策包上改；写那个政策包的编号。见[继承](pack-files.md#继承-extends)",
        "dimensions": "规则要区分什么",
        "groups": (f"英文名 → {CONDITION}", "给一个条件起名字，如 `poor: standing in [destitute, dibao]`"),
        "parameters": "每个数，如 `basic.rate`",
        "decomposition": "每行费用分成四部分时怎样进位",
        "amounts": (
            f"英文名 → {AMOUNT}或{RATE}",
            "给一个算式起名字，如 `out_of_scope: out_of_catalogue + over_ceiling`",
        ),
        "accumulators": "累计",
        "layers": "从上到下付款，1 至 40 层",
        "control": "控费；不写就没有",
        "floor": "政府兜底；不写就没有",
        "late_knowledge": "身份补认：结算以后才知道、起始日却在结算以前的身份，怎样办；不写就是没有说",
    }),
    "TitleForm": FormWords("title", "中英文名称", {
        "zh": "中文名称",
        "en": "英文名称",
    }),
    "ValidForm": FormWords("valid", "有效期", {
        "from": "第一天",
        "to": "截止日，不含当日；没有截止日写 null",
    }),
    "CurrencyForm": FormWords("currency", "币种", {
        "code": "只有人民币",
        "decimals": "小数位数",
    }),
    "YearForm": FormWords("benefit_year", "待遇年度", {
        "starts": "从几月几日起，如 `01-01`",
        "decided_by": "看哪一天：结算日",
    }),
    "DimensionForm": FormWords("dimensions", "维度", {
        "title": _TITLE,
        "of": "账单上的位置，见[维度取自哪里](#维度取自哪里-of)",
        "codes": "代码 → 名称；账单上出现别的代码就是错误 F403。身份的次序有意义：同一天有几种，取排在前面的",
        "otherwise": "没有身份的人算哪一个代码；`of: person.standings` 必填，取自 attributes 的可填，其余不填",
    }),
    "ParameterForm": FormWords("parameters", "参数", {
        **_CITED,
        "title": _TITLE,
        "unit": "单位",
        "by": "按哪个维度分；几个维度写成列表，值的表逐层展开；不分就不写",
        "values": (
            "日期 → 值",
            "从哪一天起是多少，到下一个日期为止；第一个日期不晚于有效期的第一天。"
            "分维度的写成表，每个代码都要有。某一天另有出处的，写 `{value: …, cite: …, status: …}`",
        ),
    }),
    "DecompositionForm": FormWords("decomposition", "费用分解", {
        **_CITED,
        "round": "超限价、先行自付各进位一次；要让退费与原行对称，用 half_away",
    }),
    "AccumulatorForm": FormWords("accumulators", "累计", {
        **_CITED,
        "title": _TITLE,
        "owner": "谁的：person 按人，episode 按一次住院（账单上同一个 episode_id）",
        "period": "多长时间：benefit_year 一个待遇年度，episode 一次住院；与 owner 相配",
        "measure": "累计什么：paid 已付多少，cap 用；position 累计到哪里，bands 用；"
        "met 已付的起付线，deductible 用",
        "adds": (AMOUNT, "每次就医加多少；可以用任何一层的金额和 deductible_met"),
        "when": (CONDITION, "什么时候加；不写就每次都加"),
    }),
    "PayerForm": FormWords("payer", "付款方", {
        "fund": "基金的国家代码，如 `\"390100\"`；没有就不写",
        "name": "基金名称",
        "field": "平台的字段，如 hifp_pay",
    }),
    "LayerForm": FormWords("layers", "保障层次", {
        **_CITED,
        "layer": "后面的层次用它指这一层付了多少",
        "title": _TITLE,
        "payer": "谁付",
        "given": "平台可以先结算这一层；不写就总由本程序计算",
        "shown": "always 总列出；nonzero 付了钱才列出。不写是 always",
        "rules": "规则，用第一条合条件的；一条都不合就付 0。不写规则，金额只能随账单给出",
    }),
    "GivenForm": FormWords("layers[].given", "平台给出的金额", {
        "at_most": (AMOUNT, "最多多少；账单给得更多是错误 F404"),
        "when": (CONDITION, "什么时候可以给；不合条件时最多 0"),
    }),
    "RuleForm": FormWords("layers[].rules", "规则", {
        **_CITED,
        "rule": "同一层里不重复",
        "title": _TITLE,
        "when": (CONDITION, "什么时候用这一条；不写就总用"),
        "base": (AMOUNT, "从多少算起；超过上面各层付剩的，按付剩的算"),
        "deductible": "先减的起付线；一个政策包只有一层可以有",
        "rate": (RATE, "付几成；与 bands 写其中一个"),
        "bands": "按累计分段付；与 rate 写其中一个",
        "round": "付款额进位一次，在 cap 之前",
        "cap": "限额：最多付到限额减已付",
    }),
    "DeductibleForm": FormWords("layers[].rules[].deductible", "起付线", {
        "limit": (AMOUNT, "起付标准"),
        "met": "以前已付多少：measure 是 met 的累计；不写就每次从头算",
    }),
    "BandsForm": FormWords("layers[].rules[].bands", "分段", {
        "over": "在哪项累计上分段：measure 是 position 的累计",
        "bands": "各段，从低到高，1 至 20 段。一次就医付“累计后应付”减“累计前应付”",
    }),
    "BandForm": FormWords("layers[].rules[].bands.bands", "一段", {
        "from": (AMOUNT, "从多少起，到下一段为止；最后一段没有上限"),
        "rate": (RATE, "这一段付几成"),
    }),
    "CapForm": FormWords("layers[].rules[].cap", "限额", {
        "limit": (AMOUNT, "限额。只写一个参数名时，表里可以有 `none`：不设限额"),
        "paid": "已付多少：measure 是 paid 的累计",
    }),
    "ControlForm": FormWords("control", "控费", {
        **_CITED,
        "title": _TITLE,
        "measure": (AMOUNT, "量什么，如全自费加超限价"),
        "of": (AMOUNT, "与什么比，如 total"),
        "limit": "限额：of 的几成",
        "approaching": (RATE, "到限额的几成算接近"),
        "applies": (CONDITION, "对谁起作用；别人只提示，不划转"),
        "excess": "超出部分怎么办：hospital 由医院承担；approval 由医院承担，除非批准"
        "（账单 attributes 里 excess_approved 写 true）；warn 只提示",
        "consented": "患者签字同意的费用计不计入",
        "approval": "超过限额的要不要医院医保办同意；不写就是没有说。不影响任何一次结算的金额",
    }),
    "LimitForm": FormWords("control.limit", "控费限额", {
        "share": (RATE, "几成"),
        "round": "限额怎样进位；原文说“不超过”用 down",
    }),
    "ConsentForm": FormWords("control.consented", "知情同意", {
        **_CITED,
        "value": "counts 计入；leaves 不计入（费用行上 consent: true 的）",
    }),
    "ApprovalForm": FormWords("control.approval", "超限审批", {
        **_CITED,
        "value": "exceeded 超过限额的要医院医保办同意；never 不要",
        "within_hours": "从提示起几小时以内医生写明理由、医保办办完；不写就是没有期限",
    }),
    "FloorForm": FormWords("floor", "政府兜底", {
        **_CITED,
        "title": _TITLE,
        "payer": "谁付",
        "when": (CONDITION, "谁在什么时候有兜底"),
        "patient_at_most": "患者最多付多少；其余由兜底资金付",
    }),
    "LateKnowledgeForm": FormWords("late_knowledge", "身份补认", {
        **_CITED,
        "effect": "reopen 以前的结算按补认的身份重算，差额列为建议，由区里批准；"
        "forward 只管知道以后的就医，以前的结算不动",
    }),
    "PatientLimitForm": FormWords("floor.patient_at_most", "个人负担上限", {
        "share": (RATE, "几成"),
        "of": (AMOUNT, "什么的几成，如 total"),
        "round": "上限怎样进位；原文说“不超过”用 down",
    }),
}  # fmt: skip

CASES: dict[str, FormWords] = {
    "CasesForm": FormWords("cases/*.yaml", "例题文件", {
        "cases": "一个文件里的例题",
    }),
    "CaseForm": FormWords("cases", "例题", {
        "case": "叫什么，同一个政策包里不重复",
        "oracle": "答案从哪里来：published 原文或报道给出；by_hand 手算",
        "cite": CITE,
        "working": "算式，一步一行",
        "bills": "账单，格式见[账单](bill.md)",
        "history": "以前的账单、结算结果或累计，格式见[账单](bill.md#历史文件)",
        "expect": ("就诊号 → 应得的结果", "只写要核对的键；没有写的不比。键见[结算结果](settlement.md)"),
        "faults": "应得的错误代码；不写就是没有错误",
    }),
}  # fmt: skip

UNITS: dict[str, tuple[str, str]] = {
    "yuan": ("元，最多两位小数；`none` 表示不设限额，只能用在 cap 的 limit", "300、0.50、none"),
    "percent": ("百分数，0% 至 100%，要写百分号", "80%、0.9%"),
    "years": ("周岁，整数", "18"),
    "flag": ("是或否", "true、false"),
}

STATUSES: dict[str, str] = {
    "declared": "声明：原文没有规定，由这个政策包自己定",
    "strong": "有原文：正式文件，或官方访谈",
    "medium": "有旁证：业务系统的程序或导出、论文、医院通知",
    "weak": "间接来源：转述",
    "unverified": "未证实：没有找到来源。用到它的结算结果会列出它",
}

ROUNDINGS: dict[str, str] = {
    "half_up": "四舍五入：正好一半时向大的一边进",
    "half_away": "四舍五入：正好一半时向远离零的一边进，退费与原行对称",
    "half_even": "四舍六入五成双：正好一半时取双数",
    "down": "舍去：不超过",
    "up": "进一：有余数就进",
}

PLACE = """\
代码只能是这两组中的一组：{either}。区划按代码的前几位算：`500000` 包含全部 50 开头的，\
`230800` 包含全部 2308 开头的，`500113` 只是它自己。"""

PLACES: dict[str, str] = {
    "in_district": "医院在政策包的区划之内；referred 写什么都一样",
    "referred": "在区划之外，referred 是 true",
    "in_province": "在区划之外、本省之内，referred 是 true",
    "out_of_province": "在本省之外，referred 是 true",
    "unreferred": "在区划之外，referred 是 false",
}

OPEN = """\
没有文件写出的值，写 `open`：整个值，或表里的一格。不能猜，也不能当作零。用不到它的账单照常结算；\
用到它的不结算，错误 F420 指出是哪个参数、哪一格。找到文件以后，在继承这个政策包的政策包里填上，\
见[填上待定的值](../how-to/open-values.md)。

```yaml
critical.cap:
  title: {zh: 大病保险年度限额, en: critical-illness cap}
  unit: yuan
  by: standing
  values:
    2025-01-01: {dibao: none, ordinary: open}   # 低保不设限额；一般人员的限额没有找到文件
  cite: sources/rules.md#大病保险：年度限额
  status: unverified
```"""

OF: dict[str, str] = {
    "kind": "就医类别",
    "place": "就医地点，由医院所在区划和 referred 得出，见[就医地点](#就医地点-place)",
    "person.standings": "身份：结算日有效的，取 codes 里排在最前的",
    "person.insurance_tier": "参保档次",
    "facility.level": "医院等级",
    "bill.attributes.名称": "账单 attributes 里的一项",
    "person.attributes.名称": "患者 attributes 里的一项",
    "facility.attributes.名称": "医疗机构 attributes 里的一项",
}
