"""The hospital's wards: what is treated there with what, who works there, which beds there are."""

from dataclasses import dataclass

from doudi_lab import names
from doudi_lab.people import Person
from doudi_lab.streams import Stream

Illness = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Department:
    """A ward. Groups are those of the catalogue, `kind/group`; an operation brings its anaesthetic and implants.

    `outside`: the groups in which the ward reaches for what is out of the catalogue, the first the most.
    """

    name: str
    illnesses: tuple[Illness, ...]
    drugs: tuple[str, ...]
    checks: tuple[str, ...]
    outside: tuple[str, ...]
    operations: tuple[str, ...] = ()
    implants: tuple[str, ...] = ()
    daily: tuple[str, ...] = ()
    ages: tuple[int, int] = (14, 120)


DEPARTMENTS = (
    Department(
        "呼吸内科",
        (("J44.100", "慢性阻塞性肺病急性加重"), ("J18.900", "肺炎"), ("J45.900", "支气管哮喘")),
        ("drug/平喘药", "drug/祛痰药", "drug/头孢菌素类", "drug/喹诺酮类"),
        ("胸部X线摄片", "肺功能检查", "CT平扫"),
        ("drug/平喘药", "drug/头孢菌素类", "consumable/管路"),
        daily=("雾化吸入",),
    ),
    Department(
        "心血管内科",
        (("I50.900", "心力衰竭"), ("I25.100", "冠状动脉粥样硬化性心脏病"), ("I10.x00", "原发性高血压")),
        ("drug/降压药", "drug/抗血小板药", "drug/调脂药", "drug/利尿药", "drug/抗心绞痛药"),
        ("心电图", "动态心电图", "彩色多普勒超声"),
        ("drug/降压药", "drug/调脂药", "drug/抗心绞痛药", "consumable/留置针"),
    ),
    Department(
        "消化内科",
        (("K25.900", "胃溃疡"), ("K85.900", "急性胰腺炎"), ("K29.500", "慢性胃炎")),
        ("drug/抑酸药", "drug/促胃动力药", "drug/微生态制剂", "drug/硝基咪唑类"),
        ("胃镜检查", "腹部超声", "CT增强"),
        ("drug/抑酸药", "drug/微生态制剂", "drug/促胃动力药"),
    ),
    Department(
        "神经内科",
        (("I63.900", "脑梗死"), ("I69.300", "脑梗死后遗症"), ("G40.900", "癫痫")),
        ("drug/抗血小板药", "drug/调脂药", "drug/维生素类", "drug/抗癫痫药"),
        ("CT平扫", "磁共振平扫", "彩色多普勒超声"),
        ("drug/抗血小板药", "drug/调脂药", "consumable/管路"),
        daily=("针刺治疗",),
        ages=(40, 120),
    ),
    Department(
        "骨科",
        (("S72.000", "股骨颈骨折"), ("S82.200", "胫骨干骨折"), ("S52.500", "桡骨下端骨折")),
        ("drug/头孢菌素类", "drug/解热镇痛药", "drug/矿物质"),
        ("CT平扫", "胸部X线摄片", "心电图"),
        ("consumable/内固定", "consumable/敷料", "consumable/镇痛泵", "consumable/止血"),
        operations=("骨折切开复位内固定术",),
        implants=("consumable/内固定", "consumable/敷料"),
        daily=("换药（中）",),
    ),
    Department(
        "普外科",
        (("K80.200", "胆囊结石"), ("K40.900", "腹股沟疝"), ("K35.800", "急性阑尾炎")),
        ("drug/头孢菌素类", "drug/硝基咪唑类", "drug/抑酸药"),
        ("腹部超声", "CT平扫", "心电图"),
        ("consumable/缝线", "consumable/敷料", "consumable/补片", "consumable/吻合器"),
        operations=("腹腔镜胆囊切除术", "疝修补术", "阑尾切除术"),
        implants=("consumable/缝线", "consumable/敷料"),
        daily=("换药（小）",),
    ),
    Department(
        "肾内科",
        (("N18.000", "慢性肾功能衰竭"), ("N04.900", "肾病综合征")),
        ("drug/利尿药", "drug/降压药", "drug/矿物质"),
        ("腹部超声", "彩色多普勒超声", "心电图"),
        ("consumable/透析", "consumable/管路", "drug/降压药"),
        daily=("血液透析",),
        ages=(20, 120),
    ),
    Department(
        "儿科",
        (("J18.900", "肺炎"), ("A09.900", "感染性腹泻"), ("J20.900", "急性支气管炎")),
        ("drug/头孢菌素类", "drug/祛痰药", "drug/止泻药", "drug/微生态制剂"),
        ("胸部X线摄片", "腹部超声"),
        ("drug/平喘药", "drug/微生态制剂", "consumable/留置针"),
        daily=("雾化吸入",),
        ages=(0, 14),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bed:
    """Where somebody lies, and who treats them."""

    ward: str
    bed: str
    doctor: str


class Beds:
    """The beds of a hospital, given out in order; two doctors a ward in turn."""

    def __init__(self, seed: int, hospital: str) -> None:
        self._given = dict.fromkeys((one.name for one in DEPARTMENTS), 0)
        self._doctors = {
            one.name: [_doctor(Stream(seed, "staff", hospital, one.name, n)) for n in range(2)]
            for one in DEPARTMENTS
        }

    def next(self, department: Department, luck: Stream) -> Bed:
        """The next free bed of a ward: some before it are somebody else's."""
        self._given[department.name] += luck.whole(1, 3)
        number = self._given[department.name]
        doctors = self._doctors[department.name]
        return Bed(department.name, str(number), doctors[number % len(doctors)])


def fitting(person: Person, age: int) -> tuple[Department, ...]:
    """The wards in which somebody of that age may lie; whose kidneys have failed, lies where they are treated."""
    if any(disease.name == "慢性肾功能衰竭" for disease in person.diseases) and age >= 20:
        return tuple(one for one in DEPARTMENTS if one.name == "肾内科")
    return tuple(
        one for one in DEPARTMENTS if one.ages[0] <= age < one.ages[1] and one.name != "肾内科"
    )


def _doctor(luck: Stream) -> str:
    return names.surname(luck) + names.given_name(luck)
