"""A new version of a district's pack with a small change from a day on: for the demonstration, and to be tried.

The figures are invented, and say so: they are marked unverified under a heading of their own.
"""

from collections.abc import Mapping

FROM = "2019-12-15"
_HEADING = "演示：调整起付标准和救助比例"
_SOURCE = f"""
## {_HEADING}
这是演示用的虚构调整，没有文件：{FROM} 起，二级医院起付标准 400 元，建卡贫困户医疗救助 70%。原文未找到。
"""
_CASE = f"""\
# 演示的调整：同样的费用，{FROM} 以后结算。
cases:
  - case: 调整以后：建卡贫困户在区内二级
    oracle: by_hand
    cite: sources/rules.md#{_HEADING}
    working: |
      基本医保 (2,539.50 − 400.00) × 70% = 1,497.65
      医疗救助 (2,539.50 − 1,497.65) × 70% = 1,041.85 × 70% = 729.295，进位 729.30
      付剩 1,041.85 − 729.30 = 312.55；个人上限 253.95；兜底 58.60
    bills:
      - visit_id: V1
        person: {{id: P1, birth_date: 1970-03-01, insurance_tier: tier_1, district: "500113",
                 standings: [{{code: registered_poor, from: 2018-01-01, to: null}}]}}
        facility: {{code: H2, level: 2, district: "500113"}}
        kind: inpatient
        admitted: 2019-12-10
        discharged: 2019-12-20
        settled: 2019-12-20
        lines:
          - {{id: "1", code: A1, name: 费用, class: 甲, quantity: "1", unit_price: "2539.50", amount: "2539.50"}}
    expect:
      V1:
        deductible_met: "400.00"
        payments: {{basic: "1497.65", critical_illness: "0.00", medical_assistance: "729.30", floor: "58.60"}}
        hospital: "0.00"
        patient: "253.95"
"""
_CHANGES = (
    (
        "parameters/basic.yaml",
        "      2019-01-01: {1: 100, 2: 300, 3: 800}\n",
        f"      {FROM}:\n        value: {{1: 100, 2: 400, 3: 800}}\n        cite: sources/rules.md#{_HEADING}\n"
        "        status: unverified\n",
    ),
    (
        "parameters/above-basic.yaml",
        "      2019-01-01: {destitute: 100%, dibao: 70%, registered_poor: 60%, ordinary: 0%}\n",
        f"      {FROM}:\n        value: {{destitute: 100%, dibao: 70%, registered_poor: 70%, ordinary: 0%}}\n"
        f"        cite: sources/rules.md#{_HEADING}\n        status: unverified\n",
    ),
)


def reformed(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The pack's files with the change: its values from the day on, its source, and a case worked by hand."""
    made = dict(files)
    for name, after, added in _CHANGES:
        text = made[name].decode()
        assert text.count(after) == 1, f"{name} is not what it was"
        made[name] = text.replace(after, after + added).encode()
    made["sources/rules.md"] += _SOURCE.encode()
    made["cases/reform.yaml"] = _CASE.encode()
    return made
