"""The columns of the files that a county is written into: what each is called, its type, how it is read, what it
means. The queries and the reference are made of these lists, so neither can say what the other does not."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, its type in Parquet, the expression that reads it, its meaning in Chinese."""

    name: str
    type: str
    read: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """A Parquet file: what one row is, from which rows it is read (in SQL), and its columns."""

    name: str
    row: str
    source: str
    columns: tuple[Column, ...]

    @property
    def query(self) -> str:
        """The rows as they are written."""
        reads = ", ".join(f"CAST({c.read} AS {c.type}) AS {c.name}" for c in self.columns)
        return f"SELECT {reads} FROM {self.source}"


def _columns(*stated: tuple[str, str, str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, type_, read or name, said) for name, type_, read, said in stated)


_MONEY = "DECIMAL(14,2)"

DIVISIONS = Table(
    "divisions",
    "一个村或社区",
    "divisions",
    _columns(
        ("village", "VARCHAR", "", "村（社区）代码，12 位；编的，乡镇段从 901 起"),
        ("village_name", "VARCHAR", "", "村（社区）名称"),
        ("township", "VARCHAR", "", "乡镇（街道）代码，9 位"),
        ("township_name", "VARCHAR", "", "乡镇（街道）名称"),
        ("district", "VARCHAR", "", "区县代码，6 位"),
    ),
)

FACILITIES = Table(
    "facilities",
    "一家医疗机构",
    "facilities",
    _columns(
        ("code", "VARCHAR", "", "医疗机构编码；编的"),
        ("name", "VARCHAR", "", "名称"),
        ("level", "VARCHAR", "", "等级：1、2、3"),
        ("district", "VARCHAR", "", "所在区县；不是参保地的，是区外医院"),
    ),
)

PERSONS = Table(
    "persons",
    "一个人",
    "persons",
    _columns(
        ("person", "VARCHAR", "", "登记号；不是身份证号"),
        ("name", "VARCHAR", "", "姓名；编的"),
        ("id_number", "VARCHAR", "", "身份证号：校验码是对的，前两位 99 不是任何一个省"),
        ("birth_date", "DATE", "", "出生日期"),
        ("sex", "VARCHAR", "", "男、女"),
        ("ethnicity", "VARCHAR", "", "民族"),
        ("insurance_tier", "VARCHAR", "", "参保档次：tier_1、tier_2"),
        ("district", "VARCHAR", "", "参保区县"),
        ("village", "VARCHAR", "", "村（社区）代码"),
        ("household", "VARCHAR", "", "户号"),
        ("standings", 'STRUCT(code VARCHAR, "from" DATE, "to" DATE)[]', "",
         "身份和有效的日子 [from, to)；可以重叠，可以在年内开始、中断、结束"),
        ("diseases", "STRUCT(name VARCHAR, kind VARCHAR, since DATE)[]", "",
         "登记的疾病：chronic 慢性病、major 重大疾病，从哪一天起"),
        ("doctor", "STRUCT(facility VARCHAR, name VARCHAR, phone VARCHAR, since DATE)", "",
         "家庭医生签约；电话的号段不存在；没有签约是空"),
    ),
)  # fmt: skip

VISITS = Table(
    "visits",
    "一张账单；分几次结算的住院是几张，同一个 episode",
    "bills",
    _columns(
        ("visit", "VARCHAR", "visit_id", "就诊号"),
        ("episode", "VARCHAR", "coalesce(episode_id, visit_id)", "一次住院的号"),
        ("person", "VARCHAR", "person.id", "登记号"),
        ("facility", "VARCHAR", "facility.code", "医疗机构编码"),
        ("level", "VARCHAR", "facility.level", "医院等级"),
        ("facility_district", "VARCHAR", "facility.district", "医院所在区县"),
        ("kind", "VARCHAR", "", "就医类别：inpatient、chronic_outpatient、major_outpatient、outpatient"),
        ("admitted", "DATE", "", "入院日期；门诊是空"),
        ("discharged", "DATE", "", "出院日期；中途结算和门诊是空"),
        ("settled", "TIMESTAMP", "left(settled, 19)", "结算时间，北京时间"),
        ("referred", "BOOLEAN", "", "是否转诊；区内一律 false"),
        ("major_disease", "BOOLEAN", "", "是否重大疾病"),
        ("lines", "INTEGER", "len(lines)", "费用行数"),
        ("total", _MONEY, "list_sum(list_transform(lines, lambda x: CAST(x.amount AS DECIMAL(14,2))))",
         "总费用，元；退费已冲减"),
        ("given_basic", _MONEY, "given.basic", "平台已结算的基本医保，元；平台没有结算是空"),
        ("given_deductible_met", _MONEY, "given.deductible_met", "平台计入的起付线，元"),
        ("given_critical_illness", _MONEY, "given.critical_illness", "平台已结算的大病保险，元"),
        ("given_medical_assistance", _MONEY, "given.medical_assistance", "平台已结算的医疗救助，元"),
    ),
)  # fmt: skip

ITEMS = Table(
    "items",
    "一行费用",
    "(SELECT visit_id, unnest(lines) AS line FROM bills)",
    _columns(
        ("visit", "VARCHAR", "visit_id", "就诊号"),
        ("line", "VARCHAR", "line.id", "行号"),
        ("date", "DATE", "line.date", "费用日期；在出院以后的是补记"),
        ("code", "VARCHAR", "line.code", "医疗目录编码"),
        ("name", "VARCHAR", "line.name", "项目名称"),
        ("class", "VARCHAR", 'line."class"', "甲、乙、丙；退费行是空，跟着原来的行"),
        ("first_self_pay_rate", "DECIMAL(7,6)", "line.first_self_pay_rate", "先行自付比例"),
        (
            "price_ceiling",
            "DECIMAL(16,6)",
            "line.price_ceiling",
            "这一级医院的限价，元；没有限价是空",
        ),
        ("quantity", "DECIMAL(14,4)", "line.quantity", "数量；退费是负数"),
        ("unit_price", "DECIMAL(16,6)", "line.unit_price", "单价，元"),
        ("amount", _MONEY, "line.amount", "金额，元"),
        ("refunds", "VARCHAR", "line.refunds", "退的是哪一行；不是退费是空"),
        ("consent", "BOOLEAN", "coalesce(line.consent, false)", "患者是否签字同意自费"),
    ),
)

TABLES = (DIVISIONS, FACILITIES, PERSONS, VISITS, ITEMS)
