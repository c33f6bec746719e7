"""The sentences of an explanation, in Chinese and in English. Amounts come in already written."""

SENTENCES: dict[str, dict[str, str]] = {
    "zh": {
        "nothing": "这次就医不由{layer}支付。",
        "not_given": "没有给出金额，按 0 计。",
        "given": "平台已结算 {paid} 元。",
        "given_same": "平台已结算 {paid} 元，与本政策计算一致。",
        "given_differs": "平台已结算 {paid} 元；按本政策计算是 {computed} 元，以平台为准，请核对。",
        "awaited": "平台尚未返回，暂按计算数 {paid} 元。",
        "deductible": "{base} 元先减起付线 {met} 元，余 {above} 元",
        "no_deductible": "{base} 元",
        "rate": "，按 {rate}{points}支付",
        "points": "（{points}）",
        "no_limit": "不设限额",
        "yes": "是",
        "no": "否",
        "bands_below": "全年累计由 {before} 元到 {after} 元，没有超过起付线 {start} 元，不支付。",
        "bands": "全年累计由 {before} 元到 {after} 元，超过 {start} 元的部分按 {rate} 支付，这一次",
        "amount": " {raw} 元。",
        "capped": " {raw} 元；年度限额 {cap} 元还剩 {left} 元，实付 {paid} 元。",
        "zero_rate": "这一类的支付比例为 0，不支付。",
        "control_within": "目录外 {measured} 元，占总费用 {share}，没有超过限额 {limit} 元（{rate}）。",
        "control_approaching": "目录外 {measured} 元，占总费用 {share}，接近限额 {limit} 元（{rate}）。",
        "control_exceeded": "目录外 {measured} 元，占总费用 {share}，超过限额 {limit} 元（{rate}），超出 {excess} 元，",
        "moved": "其中 {hospital} 元由医院承担，不向患者收取。",
        "moved_all": "超出部分由医院承担，不向患者收取。",
        "not_moved": "按规定只提示，不划转。",
        "approved": "已经批准，不划转。",
        "floor_none": "这次就医没有政府兜底。",
        "floor_below": "各层付过后余 {left} 元，没有超过总费用 {rate} 的限额 {limit} 元，不需要兜底。",
        "floor": "各层付过后余 {left} 元，个人最多付总费用的 {rate}，即 {limit} 元，其余 {paid} 元由政府付。",
        "patient": "患者付 {patient} 元，占总费用 {share}。",
    },
    "en": {
        "nothing": "This visit is not paid by {layer}.",
        "not_given": "No amount was given; it counts as 0.",
        "given": "The platform has settled {paid}.",
        "given_same": "The platform has settled {paid}, as this policy computes.",
        "given_differs": "The platform has settled {paid}; this policy computes {computed}. The platform's "
        "figure stands; please compare.",
        "awaited": "The platform has not answered; the computed {paid} stands for now.",
        "deductible": "Of {base} the deductible takes {met}; on {above}",
        "no_deductible": "On {base}",
        "rate": " it pays {rate}{points}",
        "no_limit": "no limit",
        "yes": "yes",
        "no": "no",
        "points": " ({points})",
        "bands_below": "The year's running total goes from {before} to {after}, not above the threshold "
        "of {start}: nothing is paid.",
        "bands": "The year's running total goes from {before} to {after}; above {start} it pays {rate}, "
        "this time",
        "amount": ": {raw}.",
        "capped": ": {raw}; of the cap of {cap}, {left} is left, so {paid} is paid.",
        "zero_rate": "The rate for this kind is 0: nothing is paid.",
        "control_within": "Out-of-catalogue cost is {measured}, {share} of the total: within the limit of "
        "{limit} ({rate}).",
        "control_approaching": "Out-of-catalogue cost is {measured}, {share} of the total: close to the "
        "limit of {limit} ({rate}).",
        "control_exceeded": "Out-of-catalogue cost is {measured}, {share} of the total: {excess} above the "
        "limit of {limit} ({rate}). ",
        "moved": "{hospital} of it is borne by the hospital and not charged to the patient.",
        "moved_all": "The excess is borne by the hospital and not charged to the patient.",
        "not_moved": "It is shown only; nothing moves.",
        "approved": "It was approved; nothing moves.",
        "floor_none": "There is no government floor for this visit.",
        "floor_below": "{left} is left, not above the limit of {limit} ({rate} of the total): the floor "
        "pays nothing.",
        "floor": "{left} is left; the patient bears at most {rate} of the total, {limit}; the government "
        "pays the other {paid}.",
        "patient": "The patient pays {patient}, {share} of the total.",
    },
}
