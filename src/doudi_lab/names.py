"""Invented names of people, villages and townships, and numbers that no authority has given out."""

from datetime import date

from doudi_lab.streams import Stream

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余"
    "于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦"
)
_GIVEN = (
    "明华建国秀英桂兰志强玉珍小平晓红春梅永福德贵世全光荣天成家和文清淑芬素云国庆开珍"
    "正才大勇思源雨桐浩然子涵欣怡永芳昌富银秀朝阳红军"
)
_PLACES = "青石白鹤双桥清泉松岭龙井清溪金竹南岭东坪云台柳湾枫林望江凤鸣竹园晴川梅岭鹿鸣桃源杏花映山"
_VILLAGES = "新建团结红星胜利前进光明和平永兴大田水口石坝桥头黄桷柏树梨园茶店青杠川洞沙井高坪凉水"
_ETHNICITIES = (("汉族", 93.0), ("土家族", 3.0), ("苗族", 2.5), ("彝族", 0.8), ("回族", 0.7))


def surname(luck: Stream) -> str:
    """A family's name."""
    return luck.pick(_SURNAMES)


def given_name(luck: Stream) -> str:
    """A given name of one or two characters."""
    return "".join(luck.pick(_GIVEN) for _ in range(1 if luck.chance(0.18) else 2))


def ethnicity(luck: Stream) -> str:
    """汉族 for most."""
    return luck.weighted(_ETHNICITIES)


def _pairs(text: str) -> tuple[str, ...]:
    return tuple(text[n : n + 2] for n in range(0, len(text), 2))


def township_name(number: int) -> str:
    """The name of a district's township of that number; the first two are streets."""
    names = _pairs(_PLACES)
    name = names[number % len(names)] + ("" if number < len(names) else str(number // len(names)))
    return name + ("街道" if number < 2 else "镇")


def village_name(number: int) -> str:
    """The name of a village; the same comes again in other townships."""
    names = _pairs(_VILLAGES)
    return f"{names[number % len(names)]}村"


def identity_number(division: str, born: date, order: int) -> str:
    """A citizen's number as it is written (GB 11643): division, day of birth, order, check character.

    >>> identity_number("990101", date(1970, 1, 2), 13)
    '990101197001020138'
    """
    digits = f"{division}{born:%Y%m%d}{order:03d}"
    total = sum(int(digit) * pow(2, 17 - n, 11) for n, digit in enumerate(digits))
    return digits + "10X98765432"[total % 11]


def invented_number(number: int, born: date, *, is_male: bool) -> str:
    """The number of the person of that number: right in form, and of a province that does not exist, 99.

    No two of the first five million are the same.
    """
    division, order = divmod(number, 500)
    return identity_number(f"99{division % 10_000:04d}", born, order * 2 + is_male)


def phone(luck: Stream) -> str:
    """A mobile phone's number in a range that no operator has: 100."""
    return f"100{luck.whole(0, 99_999_999):08d}"
