"""The words of warnings, in Chinese and in English. Amounts come in already written."""

WARNINGS: dict[str, dict[str, str]] = {
    "zh": {
        "approaching": "目录外 {measured} 元，占 {share}，限额 {limit} 元，离限额 {room} 元。",
        "exceeded_moved": "目录外 {measured} 元，占 {share}，限额 {limit} 元，超出的 {excess} 元由医院承担，"
        "不向患者收取。",
        "exceeded_part_moved": "目录外 {measured} 元，占 {share}，限额 {limit} 元，超出 {excess} 元，"
        "其中 {moved} 元由医院承担，不向患者收取。",
        "exceeded": "目录外 {measured} 元，占 {share}，限额 {limit} 元，超出 {excess} 元；只提示，不划转。",
        "approval": "目录外 {measured} 元，占 {share}，限额 {limit} 元，超出 {excess} 元；已批准，不划转。",
        "given_differs": "{layer}（{layer_id}）平台结算 {paid} 元，按政策计算 {computed} 元，相差 {gap} 元；"
        "以平台为准，请核对。",
        "provisional": "平台尚未返回 {layers}，暂按计算数，返回后再结清。",
        "held_by": "这位患者本年度更早的就诊 {visits} 有错误没有结算，累计里没有它们；改正后请重算本次。",
        "catalogue_differs": "行 {line}：平台分解为全自费、超限价、先行自付、符合政策范围 {parts}，"
        "按目录是 {listed}；以平台为准，请核对。",
        "undecided": "行 {lines} 没有对照到目录，也没有类别：下面的数暂按全自费算，先补对照再结算。",
        "history_before": "{title}有 {amount} 元来自历史没有带来的就医，不知道在这一次之前还是之后，"
        "这里算在之前；带上全年的结算结果再算。",
        "history_behind": "后面的结算结果说{title}另有 {amount} 元，历史没有带来是哪几次就医，不知道在这一次"
        "之前还是之后，这里算在之后；带上全年的结算结果再算。",
        "history_beyond": "历史里的就医使{title}比给出的累计还多 {amount} 元；给出的累计可能不是最新的，请核对。",
        "comma": "、",
    },
    "en": {
        "approaching": "Out-of-catalogue cost {measured}, {share}; limit {limit}; {room} below it.",
        "exceeded_moved": "Out-of-catalogue cost {measured}, {share}; limit {limit}; the {excess} over is borne "
        "by the hospital and not charged to the patient.",
        "exceeded_part_moved": "Out-of-catalogue cost {measured}, {share}; limit {limit}; {excess} over, of "
        "which {moved} is borne by the hospital and not charged to the patient.",
        "exceeded": "Out-of-catalogue cost {measured}, {share}; limit {limit}; {excess} over; shown only, "
        "nothing moves.",
        "approval": "Out-of-catalogue cost {measured}, {share}; limit {limit}; {excess} over; approved, "
        "nothing moves.",
        "given_differs": "{layer} ({layer_id}): the platform settled {paid}, this policy computes {computed}, "
        "{gap} apart; the platform's figure stands, please compare.",
        "provisional": "The platform has not answered for {layers}; computed amounts stand for now.",
        "held_by": "Earlier visits of this person in the year, {visits}, have faults and were not settled; "
        "they are not in the accumulators. Settle this one again once they are mended.",
        "catalogue_differs": "Line {line}: the platform's parts (out of catalogue, over ceiling, first "
        "self-pay, in scope) are {parts}; by the catalogue {listed}. The platform's stand, please compare.",
        "undecided": "Lines {lines} are not mapped to the catalogue and state no class: the amounts below take "
        "them as wholly own pay for now; map them before settling.",
        "history_before": "{amount} of {title} comes from visits that the history does not bring; whether they "
        "were before this one is not known, here they are. Bring the year's settlements and settle again.",
        "history_behind": "Later settlements tell of {amount} more of {title} from visits that the history does "
        "not bring; whether they were before this one is not known, here they are not. Bring the year's "
        "settlements and settle again.",
        "history_beyond": "The visits in the history bring {title} to {amount} more than the stated sum, which "
        "may be out of date; please compare.",
        "comma": ", ",
    },
}
