"""`python -m tools.sample_catalogue`: writes the sample catalogue and a sample hospital's mapping to it.

Everything is invented: codes have the national shape and stand for nothing, prices are round figures. `--check`
says what is not current.
"""

import csv
import io
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "examples" / "catalogue"
VERSION = "sample-2019（示例，编码和价格都是编的）"
HEAD = (
    "医疗目录编码", "项目名称", "目录类别", "先行自付比例", "限价", "一级限价", "二级限价", "三级限价", "项目类型",
    "通用名", "分组", "单位", "包装数量", "参考价", "限定支付范围", "生效日期", "失效日期",
)  # fmt: skip


def _listed(name: str) -> list[str]:
    """The lines of a list beside this file."""
    text = (Path(__file__).parent / "sample_items" / f"{name}.txt").read_text("utf-8")
    return text.splitlines()


# 通用名 剂型 规格 单位 每包装 参考价（元） 分组；国产甲类为准，另配大包装、乙类、丙类的同名药
DRUGS = _listed("drugs")

# 项目 单位 参考价 分组
SERVICES = _listed("services")
_NOT_COVERED = {"单人间床位费", "骨密度测定", "中药熏洗"}

# 名称 单位 参考价 分组；国产甲类，另配乙类加强型和丙类进口的同组耗材
CONSUMABLES = _listed("consumables")


def _row(code: str, name: str, class_: str, **rest: str) -> tuple[str, ...]:
    stated = {
        "医疗目录编码": code, "项目名称": name, "目录类别": class_, "生效日期": "2019-01-01", **rest,
    }  # fmt: skip
    return tuple(stated.get(key, "") for key in HEAD)


def _price(text: str, per_cent: int) -> str:
    fen = int(text.replace(".", "")) * per_cent // 100
    return f"{fen // 100}.{fen % 100:02d}"


def _drugs() -> Iterator[tuple[str, ...]]:
    """Of each generic name: 甲; 甲 in a double pack; 乙 of another maker; 丙 imported. One turns 乙 in July."""
    for n, line in enumerate(DRUGS):
        name, form, strength, unit, pack, price, group = line.split()
        code = f"XZ{n + 1:02d}AA{n * 7 % 1000:03d}A001010{{}}{n * 13 % 100000:05d}"
        said = {"项目类型": "西药", "通用名": name, "分组": group, "单位": unit}
        full = f"{name}{form} {strength}"
        double = str(2 * int(pack))
        first = {**said, "包装数量": pack, "参考价": price, "限价": _price(price, 110)}
        if n % 10 == 4:
            yield _row(code.format("01"), f"{full}×{pack}", "甲", **first, 失效日期="2019-07-01")
            changed = {**first, "先行自付比例": "0.05", "生效日期": "2019-07-01"}
            yield _row(code.format("01"), f"{full}×{pack}", "乙", **changed)
        else:
            yield _row(code.format("01"), f"{full}×{pack}", "甲", **first)
        yield _row(
            code.format("02"), f"{full}×{double}（大包装）", "甲", **said, 包装数量=double,
            参考价=_price(price, 185),
        )  # fmt: skip
        yield _row(
            code.format("03"), f"{full}×{pack}（乙类）", "乙", **said, 先行自付比例=("0.1", "0.2")[n % 2],
            包装数量=pack, 参考价=_price(price, 150), 限价=_price(price, 180),
            限定支付范围="限二级以上医疗机构" if n % 7 == 0 else "",
        )  # fmt: skip
        yield _row(
            code.format("04"), f"{full}×{pack}（进口）", "丙", **said, 包装数量=pack,
            参考价=_price(price, 320),
        )  # fmt: skip


def _services() -> Iterator[tuple[str, ...]]:
    for n, line in enumerate(SERVICES):
        name, unit, price, group = line.split()
        code = f"00{(n % 9) + 1}1{n * 17 % 1000:03d}{n:04d}0000"
        if name in _NOT_COVERED:
            yield _row(code, name, "丙", 项目类型="服务项目", 分组=group, 单位=unit, 参考价=price)
            continue
        ceilings = {
            "一级限价": _price(price, 90), "二级限价": _price(price, 100), "三级限价": _price(price, 115),
        }  # fmt: skip
        said = {"项目类型": "服务项目", "分组": group, "单位": unit, "参考价": _price(price, 90)}
        is_b = n % 6 == 5
        rate = {"先行自付比例": "0.15"} if is_b else {}
        yield _row(code, name, "乙" if is_b else "甲", **said, **ceilings, **rate)


def _consumables() -> Iterator[tuple[str, ...]]:
    for n, line in enumerate(CONSUMABLES):
        name, unit, price, group = line.split()
        code = f"C{n + 1:02d}0{n * 11 % 100:02d}{n:05d}0{{}}000{n * 19 % 10000:04d}"
        said = {"项目类型": "耗材", "分组": group, "单位": unit}
        yield _row(
            code.format("1"), f"{name}（国产）", "甲", **said, 参考价=price, 限价=_price(price, 120)
        )
        yield _row(
            code.format("2"), f"{name}（加强型）", "乙", **said, 先行自付比例="0.3", 参考价=_price(price, 160),
            限价=_price(price, 200),
        )  # fmt: skip
        yield _row(code.format("3"), f"{name}（进口）", "丙", **said, 参考价=_price(price, 420))


def items() -> list[tuple[str, ...]]:
    """Every line of the sample catalogue."""
    return [*_drugs(), *_services(), *_consumables()]


def catalogue_text() -> str:
    return _csv([("版本", VERSION), HEAD, *items()])


def mapping_text() -> str:
    """A hospital that has mapped most of its items: some not, one twice in turn, one to nothing."""
    rows: list[tuple[str, ...]] = [
        ("院内编码", "院内名称", "医保编码", "类别", "限价", "生效日期", "失效日期")
    ]
    seen: set[str] = set()
    for n, item in enumerate(items()):
        code, name, class_, ceiling = item[0], item[1], item[2], item[4]
        if code in seen or n % 23 == 7:
            continue
        seen.add(code)
        own_class = "甲" if name.startswith("止血纱布（加强型") else class_
        rows.append((f"H{n + 1:05d}", name, code, own_class, ceiling, "2019-01-01", ""))
    rows.append(("H90001", "已停用的老项目", "X99AA000A00101009999999", "甲", "", "2019-01-01", ""))
    return _csv(rows)


FILES = {"sample.csv": catalogue_text, "mapping.csv": mapping_text}


def _csv(rows: list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def stale(folder: Path = FOLDER) -> list[str]:
    """The files that are missing or not what this makes."""
    return [
        name
        for name, make in FILES.items()
        if not (folder / name).is_file() or (folder / name).read_text("utf-8") != make()
    ]


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        print("\n".join(stale()))
        return 1 if stale() else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, make in FILES.items():
        (FOLDER / name).write_text(make(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
