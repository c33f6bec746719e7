"""The district: its townships and villages, its hospitals, and hospitals elsewhere that its people go to."""

from dataclasses import dataclass

from doudi_lab.names import township_name, village_name
from doudi_lab.streams import Stream

TOWNSHIPS = 22


@dataclass(frozen=True, slots=True)
class Village:
    """A village of a township (twelve digits)."""

    code: str
    name: str
    township: str


@dataclass(frozen=True, slots=True)
class Township:
    """A township or street (nine digits) and its villages."""

    code: str
    name: str
    villages: tuple[Village, ...]


@dataclass(frozen=True, slots=True)
class Facility:
    """A hospital: its level, and the district where it stands."""

    code: str
    name: str
    level: str
    district: str


@dataclass(frozen=True, slots=True)
class Places:
    """Where a county's people live and are treated."""

    district: str
    townships: tuple[Township, ...]
    clinics: tuple[Facility, ...]
    """The institution of each township, level 1, in the order of the townships."""
    hospitals: tuple[Facility, ...]
    """The district's own, levels 2 and 3."""
    outside: tuple[Facility, ...]

    @property
    def facilities(self) -> tuple[Facility, ...]:
        return (*self.hospitals, *self.clinics, *self.outside)

    def divisions(self) -> list[dict[str, str]]:
        """The names of townships and villages, as the register takes them."""
        named = [(one.code, one.name) for town in self.townships for one in (town, *town.villages)]
        return [{"code": code, "name": name} for code, name in named]


def places(seed: int, district: str) -> Places:
    """A district's places: 22 townships with their institutions, 4 hospitals, 6 elsewhere."""
    townships = tuple(_township(seed, district, n) for n in range(TOWNSHIPS))
    clinics = tuple(
        Facility(f"{district}C{n + 1:02d}", f"{t.name}卫生院", "1", district)
        for n, t in enumerate(townships)
    )
    names = (("县人民医院", "3"), ("县中医院", "3"), ("县妇幼保健院", "2"), ("第二人民医院", "2"))
    hospitals = tuple(
        Facility(f"{district}H{n + 1:02d}", name, level, district)
        for n, (name, level) in enumerate(names)
    )
    near, far = _near(district), "510104" if district[:2] != "51" else "500103"
    outside = tuple(
        Facility(f"{where}X{n + 1:02d}", name, level, where)
        for n, (name, level, where) in enumerate(
            (("市第一医院", "3", near), ("市肿瘤医院", "3", near), ("邻县人民医院", "2", near),
             ("省人民医院", "3", far), ("外省大学附属医院", "3", far), ("外省县医院", "2", far))
        )
    )  # fmt: skip
    return Places(district, townships, clinics, hospitals, outside)


def _near(district: str) -> str:
    """Another district of the same city."""
    number = int(district[4:])
    return f"{district[:4]}{number + 1 if number < 99 else number - 1:02d}"


def _township(seed: int, district: str, number: int) -> Township:
    """Codes from 901 on: higher than any township's."""
    luck = Stream(seed, "township", number)
    code = f"{district}{901 + number}"
    first = luck.whole(0, 99)
    return Township(
        code,
        township_name(number),
        tuple(
            Village(f"{code}{n + 201}", village_name(first + n), code)
            for n in range(luck.whole(8, 14))
        ),
    )
