"""What the reference says in Chinese of each key of a bill, a catalogue, a history and a settlement."""

from tools.reference_words import FormWords

BILL: dict[str, FormWords] = {
    "Bill": FormWords("bill", "一张账单", {
        "visit_id": "就诊号，不能重复",
        "episode_id": "住院号：一次住院分几次结算的写同一个；不写就是就诊号",
        "sequence": "顺序号：同一时刻有几次结算时，小的先算；不写是 0",
        "person": "患者",
        "facility": "医疗机构",
        "kind": "就医类别，用政策包的代码，如 `inpatient`",
        "admitted": "入院；住院必填",
        "discharged": "出院",
        "settled": "结算。身份、年龄、档次、待遇年度都看这一天；只写日期，就是当天的零点",
        "referred": "是否转诊；在区外就医必填",
        "major_disease": "是否重大疾病；不写是 false",
        "lines": "费用行；没有费用写 `[]`",
        "given": "平台已结算的：层次的名称 → 金额；可以加 deductible_met。只给付过的层，别的层由本程序计算",
        "awaiting": "平台会结算、还没有返回的层次；先按计算数，结果里有 provisional",
        "diagnoses": "诊断；不影响结算，上报台账要",
        "attributes": "政策包另要的内容；`excess_approved: true` 表示控费超出部分已批准",
    }),
    "DiagnosisForm": FormWords("diagnoses", "诊断", {
        "code": "疾病编码（ICD），用医保版",
        "name": "疾病名称",
        "main": "主要诊断写 true；都没有写，第一个是",
    }),
    "PersonForm": FormWords("person", "患者", {
        "id": "登记号；不是身份证号",
        "id_number": "身份证号；可不写，程序不用，也不打印",
        "birth_date": "出生日期",
        "insurance_tier": "参保档次，用政策包的代码，如 `tier_1`；政策包不分档次的可不写",
        "district": "参保地区划；不写就用医疗机构所在区划",
        "standings": "身份；没有写 `[]`",
        "attributes": "政策包另要的内容",
    }),
    "StandingForm": FormWords("person.standings", "身份", {
        "code": "身份的代码，如 `dibao`",
        "from": "第一天",
        "to": "截止日，不含当日；没有截止日不写或写 null",
        "known": "登记机关哪天知道的；不影响结算",
    }),
    "FacilityForm": FormWords("facility", "医疗机构", {
        "code": "编号",
        "level": "等级，用政策包的代码，如 `2`",
        "district": "所在区划；与政策包的区划相同，就是区内",
        "attributes": "政策包另要的内容",
    }),
    "LineForm": FormWords("lines", "费用行", {
        "id": "行号，一张账单里不重复",
        "code": "项目编码，在目录里找它；目录里没有，就当作医院编码到对照里找",
        "hospital_code": "医院编码：没有目录编码时，按 `--mapping` 的对照找；两个编码至少写一个",
        "name": "项目名称",
        "date": "费用日期；目录按这一天找，不写就按结算日",
        "class": "甲、乙、丙；目录里有就可不写",
        "first_self_pay_rate": "先行自付比例，小数，如 `0.10`；乙类要有，甲类不能有",
        "price_ceiling": "限价：一个单位最多多少元",
        "quantity": "数量；退费写负数",
        "unit_price": "单价",
        "amount": "金额 = 数量 × 单价，四舍五入到分；退费写负数",
        "refunds": "退的是哪一行：原行的行号。类别、比例、限价不写就用原行的",
        "consent": "患者签过自费知情同意书",
        "draft": "医嘱草稿：`doudi check` 看它的影响，结算时是错误 F430",
        "parts": "平台的分解；写了就照用",
        "attributes": "医院自有内容，程序不读",
    }),
    "PartsForm": FormWords("lines[].parts", "平台的分解", {
        "out_of_catalogue": "全自费",
        "over_ceiling": "超限价",
        "first_self_pay": "先行自付",
        "in_scope": "符合政策范围；四项之和等于金额",
    }),
}  # fmt: skip

CATALOGUE: dict[str, FormWords] = {
    "_Item": FormWords("items", "目录项目", {
        "code": "项目编码",
        "name": "项目名称",
        "class": "甲、乙、丙",
        "first_self_pay_rate": "先行自付比例；乙类必填，甲类不能有",
        "price_ceiling": "限价",
        "price_ceilings": "各级医院的限价：等级 → 元；没有写的等级用 `price_ceiling`",
        "kind": "drug 药品、herbal 饮片、service 服务项目、consumable 耗材",
        "generic_name": "通用名：同名的可以互换",
        "group": "治疗或功能分组",
        "unit": "计价单位",
        "pack_size": "一个计价单位里有多少片、毫升",
        "reference_price": "参考价：只用来比较可以换的项目，不用来结算",
        "restriction": "限定支付范围",
        "from": "第一天；不写就是从来",
        "to": "截止日，不含当日；同一编码的几段不能重叠",
    }),
}  # fmt: skip

MAPPING: dict[str, FormWords] = {
    "MappedForm": FormWords("items", "目录对照", {
        "hospital_code": "医院编码",
        "code": "医保目录编码",
        "name": "医院的名称",
        "class": "医院自己标的类别，只用来核对",
        "price_ceiling": "医院自己标的限价，只用来核对",
        "from": "第一天；不写就是从来",
        "to": "截止日，不含当日；同一医院编码的几段不能重叠",
    }),
}  # fmt: skip

HISTORY: dict[str, FormWords] = {
    "_Accumulator": FormWords("accumulators", "年度累计", {
        "person": "患者的登记号",
        "year": "待遇年度",
        "name": "累计的名称，用政策包的，如 `basic_paid`",
        "amount": "本次运行的账单之前，已累计多少",
        "source": "谁说的，如 `市医保中心`",
        "as_of": "截至哪一天",
    }),
}  # fmt: skip


def _amounts(path: str, said: str) -> dict[str, str]:
    """The words of amounts at a path."""
    return {
        path: said,
        f"{path}.pack": "政策包",
        f"{path}.fingerprint": "规则的指纹",
        f"{path}.total": "总费用",
        f"{path}.payments": "各层付了多少",
        f"{path}.payments.*": "层次的名称 → 金额",
        f"{path}.hospital": "医院承担",
        f"{path}.patient": "患者自付",
        f"{path}.excess": "控费超出限额多少",
    }


def _changes(path: str, said: str) -> dict[str, str]:
    """The words of a change at a path."""
    return {
        path: said,
        f"{path}.payments": "各层变动多少，只列变动的",
        f"{path}.payments.*": "层次的名称 → 金额",
        f"{path}.hospital": "医院承担变动多少",
        f"{path}.patient": "患者自付变动多少：正数补交，负数退给患者",
        f"{path}.excess": "控费超出变动多少",
    }


# Path in a printed settlement → its word; `*` stands for any name.
SETTLEMENT: dict[str, str] = {
    "visit_id": "就诊号",
    "episode_id": "住院号",
    "person": "患者的登记号",
    "settled": "结算时间",
    "sequence": "顺序号",
    "benefit_year": "待遇年度",
    "kind": "就医类别",
    "standing": "用了哪一种身份",
    "pack": "用了哪一个政策包",
    "fingerprint": "规则的指纹：规则或值变了它就变，注释和次序变了它不变",
    "engine": "程序的版本",
    "catalogue": "目录的版本；没有用目录是 null",
    "unverified": "没有文件证实的值和规则，这笔结算用到了它们",
    "total": "总费用",
    "out_of_catalogue": "全自费",
    "over_ceiling": "超限价",
    "first_self_pay": "先行自付",
    "in_scope": "符合政策范围；以上四项之和是总费用",
    "deductible_met": "本次计入的起付线",
    "payments": "各层付了多少，从上到下",
    "payments.*": "层次的名称 → 金额",
    "computed": "平台给出的层，按政策算是多少",
    "computed.*": "层次的名称 → 金额",
    "hospital": "医院承担",
    "patient": "患者自付；总费用 = payments 之和 + hospital + patient",
    "patient_limit": "个人负担上限；没有兜底是 null",
    "control": "控费；政策包没有控费是 null",
    "control.applies": "对这次就医起作用",
    "control.share": "目录外占比，四位小数",
    "control.limit": "限额，元",
    "control.measured": "目录外金额",
    "control.excess": "超出限额多少",
    "control.status": "within 没有超过、approaching 接近、exceeded 超过",
    "warnings": "提示，见[提示的代码](#提示的代码-warnings)",
    "warnings[].code": "代码",
    "warnings[].severity": "critical、warning、info",
    "warnings[].text": "一句话",
    "warnings[].lines": "有关的费用行",
    "warnings[].layer": "有关的层次",
    "warnings[].visits": "有关的就诊",
    "lines": "每行费用分成四部分",
    "lines[].id": "行号",
    "lines[].out_of_catalogue": "全自费",
    "lines[].over_ceiling": "超限价",
    "lines[].first_self_pay": "先行自付",
    "lines[].in_scope": "符合政策范围",
    "accumulators": "按人的累计",
    "accumulators.*": "累计的名称 → 本次之前、之后",
    "accumulators.*.before": "本次之前",
    "accumulators.*.after": "本次之后",
    "episode_accumulators": "按一次住院的累计",
    "episode_accumulators.*": "累计的名称 → 本次之前、之后",
    "episode_accumulators.*.before": "本次之前",
    "episode_accumulators.*.after": "本次之后",
    "explanation": "逐层说明",
    "explanation[].layer": "层次的名称，或 control、floor",
    "explanation[].title": "层次叫什么",
    "explanation[].text": "一句话：怎样算出来",
    "explanation[].cite": "依据：文件和标题",
    "explanation[].document": "依据的文件叫什么",
    "explanation[].status": "规则的把握",
    "explanation[].values": "用到的值",
    "explanation[].values[].name": "参数",
    "explanation[].values[].title": "参数叫什么",
    "explanation[].values[].value": "值",
    "explanation[].values[].cite": "依据",
    "explanation[].values[].status": "把握",
    "provisional": "platform：平台还没有返回，先按计算数；mapping（只在 check）：有行没有对照，暂按全自费；"
    "已结清的没有这个键",
    "corrects": "更正：这一次在历史里原来怎样结算；不是更正，或者没有变动，没有这个键",
    **_amounts("corrects.recorded", "原来的金额；历史没有写清是 null"),
    **_changes("corrects.changes", "变动：应为减原来；原来的金额不清楚是 null"),
}

# Path in a printed proposal → its word.
PROPOSAL: dict[str, str] = {
    "visit_id": "就诊号：已结算、应变动的就医",
    "person": "患者的登记号",
    "settled": "结算时间",
    "sequence": "顺序号",
    "causes": "起因：本次运行的哪几次就医",
    "text": "一句话",
    **_amounts("recorded", "原来的金额；历史没有写清是 null"),
    **_amounts("amounts", "应为多少：按更正后的累计、结算日有效的政策包重算；不能重算是 null"),
    **_changes("changes", "变动：应为减原来；不能比较是 null"),
    "moved": "这次就医之前的累计，变了的几项",
    "moved.*": "累计的名称 → 原来、现在",
    "moved.*.recorded": "原来",
    "moved.*.amended": "现在",
    "reason": "不能比较的原因：no_bill 历史里没有账单，fault 账单现在有错误，not_recorded 原来的金额不清楚",
    "faults": "reason 是 fault 时：账单现在的错误",
    "faults[].code": "代码，见[错误](faults.md)",
    "faults[].where": "在哪里",
    "faults[].what": "什么错了",
    "faults[].why": "为什么不能放过",
    "faults[].mend": "怎么改",
}

FAULT: dict[str, str] = {
    "code": "代码，见[错误](faults.md)",
    "where": "在哪里：文件和行号，或账单里的路径",
    "what": "什么错了",
    "why": "为什么不能放过",
    "mend": "怎么改",
}

# Code of a warning → what it says, what to do.
WARNINGS: dict[str, tuple[str, str]] = {
    "approaching": ("目录外费用接近限额", "再用自费项目前，先看还可用多少"),
    "exceeded": ("目录外费用超过限额", "看超出多少、由谁承担、是哪几行"),
    "given_differs": ("平台给的金额与按政策算的不同", "以平台为准；核对政策包的值，或向平台查询"),
    "provisional": ("平台还没有返回", "返回后写进 given，再结算一次"),
    "held_by": ("同一年更早的就诊有错误，没有结算，累计里没有它", "改正那一张，连同这一张再结算"),
    "amount_differs": ("带 parts 的行，金额不等于数量 × 单价", "以平台的分解为准；核对这一行"),
    "catalogue_differs": ("费用行与目录不一致", "以费用行为准；核对目录的版本和对照"),
    "late_charge": ("费用日期在出院之后", "是补记的费用就不用管；照样结算"),
    "early_charge": ("费用日期在入院之前", "核对日期；照样结算"),
    "undecided": ("（只在 check）有行没有对照到目录，也没有类别", "补对照；结算时是错误 F320"),
    "history_gap": (
        "历史没有带来本年度的全部就医，有一笔累计不知道在这一次之前还是之后；或历史里的就医合计比给出的累计多",
        "把全年的结算结果放进历史再算；核对给出的累计",
    ),
    "line_date": ("费用日期晚于结算日", "核对日期；照样结算"),
}
