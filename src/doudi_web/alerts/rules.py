"""The rules of alerts as data: what each finds, in what measure, from which values on, who acts by when.

No document that we have sets any of these thresholds but where a source is named: they are unverified and say so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from doudi_web.tenancy.roles import Role


class Unit(StrEnum):
    """What a value counts."""

    FEN = "fen"
    SHARE = "share"  # parts of 10,000
    DAYS = "days"
    COUNT = "count"
    TIMES = "times"


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a rule; `source` is empty where no document sets it: then it is unverified."""

    name: str
    title: str
    amount: int
    unit: Unit
    source: str = ""
    least: int = 0
    most: int = 10**13

    @property
    def status(self) -> str:
        """As packs mark their values."""
        return "medium" if self.source else "unverified"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: what it is called, what exactly it finds, its values. `measure` is what an alert's weight counts."""

    code: str
    title: str
    finds: str
    excludes: str
    measure: Unit
    owner: Role
    values: tuple[Value, ...]

    def value(self, name: str) -> Value:
        """One of its values."""
        return next(one for one in self.values if one.name == name)


def _due(days: int) -> Value:
    return Value("due", "几天内办", days, Unit.DAYS, least=1, most=366)


def _step(amount: int, unit: Unit) -> Value:
    return Value("step", "办结以后再长多少重新打开", amount, unit, least=1)


SHARE = Rule(
    "share", "一次就医目录外占比",
    "在院的一次就医，目录外费用接近（限额的 80% 起）或超过限额；已经结算的，超过限额，结算不到规定天数。"
    "控费管得到的才算。一次就医一条，结算以后还是这一条。",
    "没有对照、算不出占比的在院就医不报，它在“目录对照”里等；结算没有超的不报。",
    Unit.SHARE, Role.INSURANCE_OFFICE,
    (Value("back", "结算以后看几天", 30, Unit.DAYS, most=366), _due(3), _step(100, Unit.SHARE)),
)  # fmt: skip
LARGE_FLOOR = Rule(
    "large_floor", "兜底金额特别大",
    "一次就医的政府兜底金额，不低于起报金额，而且比同类（同一种就医、同一级医院，最近 366 天有兜底的）的中位数"
    "多出规定倍数的中位差以上。中位差是各次与中位数之差的中位数。",
    "同类不到规定次数的不比；正好在线上的不报。",
    Unit.FEN, Role.DISTRICT_ADMIN,
    (Value("times", "多出几倍中位差", 10, Unit.TIMES, least=1, most=1000),
     Value("least", "起报金额", 200_000, Unit.FEN), Value("peers", "同类至少几次", 20, Unit.COUNT, least=2),
     _due(10), _step(10_000, Unit.FEN)),
)  # fmt: skip
SPLIT = Rule(
    "split", "分解住院",
    "同一个人，同一类诊断（ICD 前三位；没有诊断的算同类），出院后规定天数以内又住院，本院或者外院；"
    "或者规定天数内住院达到规定次数，不论诊断。一人一年一条（后一次开始的那一年，过了年再看半年），再住一次就加进来。",
    "一次住院分几次结算的（同一住院号）是一次；出院当天或第二天转到更高一级医院的是转院；"
    "列明的重大疾病按疗程住院的不算。",
    Unit.COUNT, Role.DISTRICT_ADMIN,
    (Value("days", "出院后几天内又住", 10, Unit.DAYS, most=90), Value("many", "住院几次", 3, Unit.COUNT, least=2),
     Value("within", "几天以内", 30, Unit.DAYS, most=366), _due(15), _step(1, Unit.COUNT)),
)  # fmt: skip
DOUBLE = Rule(
    "double", "同一天重复",
    "同一个人同一天两次门诊（含慢病、重病门诊）：在两家医院，或者同一家医院里有同一天的同一个项目；"
    "两次住院的日子重叠；住院中间一天又有门诊。一人一年一条（后一次的那一年，过了年再看半年）。",
    "出院当天再入院、住院头尾两天的门诊不算；同一住院号的几次结算不算；同一家医院同一天项目不同的两次门诊不算。",
    Unit.COUNT, Role.DISTRICT_ADMIN,
    (Value("items", "同一天相同几项", 1, Unit.COUNT, least=1, most=1000), _due(15), _step(1, Unit.COUNT)),
)  # fmt: skip
DILUTION = Rule(
    "dilution", "冲淡占比",
    "结算了的住院，最后几天（从出院那天往回数规定天数）开始以前，目录外占比已经超过限额；结算时不超；"
    "最后几天收的、以前这次住院没有收过的项目里，目录内的金额达到起报金额，没有这些就还超。"
    "按费用行写的日期数；限额按同一比例折算到那时的总费用。",
    "以前收过的项目继续收（床位、护理、用药）使占比降下来的，不算；退费使占比降下来的，不算。",
    Unit.FEN, Role.DISTRICT_ADMIN,
    (Value("days", "最后几天", 2, Unit.DAYS, least=1, most=15), Value("least", "起报金额", 30_000, Unit.FEN),
     _due(15), _step(10_000, Unit.FEN)),
)  # fmt: skip
STANDING = Rule(
    "standing", "身份快到期",
    "困难身份在规定天数以内到期，或者这个月已经到期，没有接上的身份。一个镇街、一个到期月份一条；续上了，人就从里面减掉。",
    "死亡、迁出的不算；到期那天还有别的困难身份的不算。",
    Unit.COUNT, Role.TOWNSHIP_OFFICER,
    (Value("days", "几天以内到期", 30, Unit.DAYS, least=1, most=366), _due(10), _step(1, Unit.COUNT)),
)  # fmt: skip
HOUSEHOLD = Rule(
    "household", "一户负担过重",
    "一户人今年就医自己付的钱加起来，达到起报金额（防止因病返贫）。按台账最后由患者付的算，等批准才收的不算；"
    "户按登记的现在算，没有户的一个人算一户。",
    "没有困难身份的户也算；已经撤销的结算不算。",
    Unit.FEN, Role.TOWNSHIP_OFFICER,
    (Value("least", "起报金额，一户一年", 500_000, Unit.FEN, least=1), _due(15), _step(100_000, Unit.FEN)),
)  # fmt: skip
BUDGET = Rule(
    "budget", "兜底预算不够",
    "照最近几周的花法，政府兜底资金年底以前就花完；或者已经花到预算的规定比例。预测怎样算，见驾驶舱。一年一条。",
    "没有写预算的年份不报；不满六周的年份没有预测，只看已经花的。",
    Unit.SHARE, Role.DISTRICT_ADMIN,
    (Value("spent", "已经花到预算的", 9_000, Unit.SHARE, least=1, most=100_000), _due(15), _step(500, Unit.SHARE)),
)  # fmt: skip
PERIOD = Rule(
    "period", "医院一期占比超限",
    "一家医院一个月（到今天的这个月也算）控费管得到的结算，目录外费用合计超过限额合计；连续几个月和今年以来一起说。"
    "一家医院一年一条，又超一个月就加进来。",
    "正好等于限额的不算；区外医院控费管不到，不算。",
    Unit.COUNT, Role.DISTRICT_ADMIN,
    (Value("visits", "一个月至少几次就医", 5, Unit.COUNT, least=1),
     Value("severe", "连续几个月算严重", 3, Unit.COUNT, least=1), _due(15), _step(1, Unit.COUNT)),
)  # fmt: skip

ALL: Sequence[Rule] = (
    SHARE, LARGE_FLOOR, SPLIT, DOUBLE, DILUTION, STANDING, HOUSEHOLD, BUDGET, PERIOD,
)  # fmt: skip
RULES: Mapping[str, Rule] = {rule.code: rule for rule in ALL}
NOTICE, WARN, SEVERE = 1, 2, 3
SEVERITIES: Mapping[int, str] = {NOTICE: "留意", WARN: "要核实", SEVERE: "严重"}
STATES: Mapping[str, str] = {"open": "待办", "taken": "在办", "closed": "办结"}
ENDS: Mapping[str, str] = {
    "true": "属实",
    "false": "误报",
    "handled": "已处理",
    "gone": "原因没有了",
}
STATED_ENDS = ("true", "false", "handled")
"""What somebody may close an alert as; that its cause is gone the keeper alone finds."""
