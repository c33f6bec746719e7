"""Tables that commands write: what stands in them, that nothing in them is run, that none is half written."""

import csv
import io
import json
import os
from pathlib import Path

import pytest

from doudi.wire.sheets import read
from faults.bills import SOUND
from faults.command import as_a_user, called, doudi, told
from properties.test_tables_out import formulas
from tables import HEADER, VISIT, csv_of, fee_rows, xlsx_of
from tools.sample_catalogue import FOLDER

EXAMPLES = Path(__file__).parents[2] / "examples" / "bills"
FORMS = pytest.mark.parametrize("ending", ["csv", "xlsx"])
Rows = list[dict[str, str]]


def _sheets(path: Path) -> dict[str, Rows]:
    """The tables of a file by name, each row by its headings."""
    found: dict[str, Rows] = {}
    for sheet in read(path.name, path.read_bytes()):
        head, *rows = ([cell.text for cell in row] for row in sheet.rows)
        name = sheet.name.partition("［")[2].rstrip("］")
        found[name] = [dict(zip(head, row, strict=True)) for row in rows]
    return found


def _first(path: Path) -> Rows:
    return next(iter(_sheets(path).values()))


def _fen(text: str) -> int:
    return round(float(text) * 100)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a visit and its fee list, without a fault and with three."""
    (tmp_path / "visit.json").write_text(json.dumps(VISIT))
    rows = fee_rows(12)
    (tmp_path / "fees.xlsx").write_bytes(xlsx_of([HEADER, *rows]))
    rows[3][8], rows[5][6], rows[9][3] = "9999.00", "两", "2024-05-45"
    (tmp_path / "bad.xlsx").write_bytes(xlsx_of([["示例医院"], HEADER, *rows]))
    (tmp_path / "bad.csv").write_bytes(csv_of([["示例医院"], HEADER, *rows], "gbk"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ------------------------------------------------------------------------ what stands in them


# Catches a table that says something else than the check, or in another order than the terminal.
@FORMS
def test_the_bills_of_a_folder_are_a_table_with_the_worst_first(
    ending: str, tmp_path: Path
) -> None:
    path = tmp_path / f"bills.{ending}"
    done = called("check", str(EXAMPLES), "-o", str(path))
    assert done.returncode == 0
    shown = [line.split()[0] for line in done.stdout.decode().splitlines() if line.startswith("V")]
    rows = _first(path)
    assert [row["就诊号"] for row in rows] == shown
    checks = json.loads(called("check", str(EXAMPLES), "--json").stdout)["checks"]
    by_visit = {one["visit_id"]: one for one in checks}
    assert len(rows) == len(by_visit) == 45
    for row in rows:
        one = by_visit[row["就诊号"]]
        floor = _fen(one["payments"]["floor"])
        funds = sum(map(_fen, one["payments"].values())) - floor
        assert row["登记号"] == one["person"]
        amounts = [row[key] for key in ("总费用", "患者", "基金", "政府兜底", "医院")]
        wanted = [_fen(one["total"]), _fen(one["patient"]), funds, floor, _fen(one["hospital"])]
        assert list(map(_fen, amounts)) == wanted
        assert (row["限额内还可用"] and _fen(row["限额内还可用"])) == (
            one["room"] and _fen(one["room"])
        )
        assert row["提示"] == "\n".join(warning["text"] for warning in one["warnings"])
    worst = rows[0]
    share = {"csv": "21.46%", "xlsx": "0.2146"}[ending]
    assert (worst["就诊号"], worst["目录外占比"], worst["控费"]) == ("V0301", share, "超过")
    assert [_fen(worst[key]) for key in ("目录外金额", "限额", "超出")] == [
        655_200,
        305_324,
        349_876,
    ]


def test_an_xlsx_also_has_each_lines_effect_and_what_it_could_be_instead(tmp_path: Path) -> None:
    path, visit = tmp_path / "bills.xlsx", {**SOUND, "settled": "2024-06-30"}
    catalogue = {"version": "v", "items": [
        {"code": "A1", "name": "甲药", "class": "丙", "generic_name": "某药", "unit": "片"},
        {"code": "A2", "name": "=替药", "class": "甲", "generic_name": "某药", "unit": "片",
         "reference_price": 0.5},
    ]}  # fmt: skip
    line = {
        "id": "007",
        "code": "A1",
        "name": "甲药",
        "quantity": 10,
        "unit_price": 9,
        "amount": "90.00",
    }
    (tmp_path / "bill.json").write_text(json.dumps({**visit, "lines": [line]}))
    (tmp_path / "catalogue.json").write_text(json.dumps(catalogue))
    arguments = (
        "check",
        str(tmp_path / "bill.json"),
        "--catalogue",
        str(tmp_path / "catalogue.json"),
    )
    assert called(*arguments, "-o", str(path)).returncode == 0
    (one,) = json.loads(called(*arguments, "--json").stdout)["checks"]
    sheets = _sheets(path)
    assert list(sheets) == ["账单", "每一行的影响", "可以换成"]
    (effect,), (other,) = sheets["每一行的影响"], sheets["可以换成"]
    assert (effect["行"], effect["项目"], effect["是什么"], effect["多付合计"]) == (
        "007",
        "甲药",
        "费用",
        "90",
    )
    assert _fen(effect["患者"]) == _fen(one["marginal"][0]["patient"])
    assert [other[key] for key in ("行", "可以换成", "医保编码", "相同的是", "数量", "单价", "金额")] == [
        "007", "=替药", "A2", "同通用名", "10", "0.5", "5",
    ]  # fmt: skip
    assert _fen(other["省患者"]) == _fen(one["alternatives"][0]["saves"]["patient"]) > 0


def test_a_bill_that_could_not_be_looked_at_is_not_missing_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(json.dumps(SOUND))
    (tmp_path / "x 第 3 行.json").write_text(json.dumps({**SOUND, "visit_id": "V2", "kind": "？"}))
    path = tmp_path / "bills.xlsx"
    assert called("check", str(tmp_path), "-o", str(path)).returncode == 1
    sheets = _sheets(path)
    assert list(sheets) == ["账单", "每一行的影响", "可以换成", "错误"]
    assert [(row["文件"], row["行"], row["键"]) for row in sheets["错误"]] == [
        (str(tmp_path / "x 第 3 行.json"), "", "kind")
    ]


PLANTED = [
    # code, row, column, its title, the key
    ("F203", "8", "G", "数量", "lines[5].quantity"),
    ("F203", "12", "D", "费用发生时间", "lines[9].date"),
]


@FORMS
@pytest.mark.parametrize("brought", ["bad.xlsx", "bad.csv"])
@pytest.mark.parametrize("command", ["settle", "check"])
def test_faults_are_a_table_beside_the_fee_list(
    office: Path, command: str, brought: str, ending: str
) -> None:
    path = office / f"faults.{ending}"
    done = called(command, brought, "--visit", "visit.json", "--faults", str(path))
    assert done.returncode == 1
    assert f"写到 {path}" in done.stderr.decode()
    rows = _first(path)
    assert [
        tuple(row[key] for key in ("代码", "行", "列", "列名", "键")) for row in rows
    ] == PLANTED
    assert {row["文件"] for row in rows} == {brought}
    json_faults = told(called(command, brought, "--visit", "visit.json", "--json"))
    assert [(r["哪里错了"], r["为什么"], r["怎么改"]) for r in rows] == [
        (f.what, f.why, f.mend) for f in json_faults
    ]


@FORMS
def test_an_import_writes_its_faults_or_an_empty_table_in_place_of_an_old_one(
    office: Path, ending: str
) -> None:
    path = office / f"faults.{ending}"
    rows = [HEADER, *fee_rows(3), ["合计", *[None] * 7, "1.00"]]
    (office / "total.xlsx").write_bytes(xlsx_of(rows))
    arguments = (
        "import",
        "fees",
        "total.xlsx",
        "--visit",
        "visit.json",
        "-o",
        "bill.json",
        "--faults",
    )
    assert called(*arguments, str(path)).returncode == 1
    (row,) = _first(path)
    assert [row[key] for key in ("代码", "文件", "行", "列", "列名")] == [
        "F128",
        "total.xlsx",
        "5",
        "I",
        "金额",
    ]
    assert not (office / "bill.json").exists()
    (office / "total.xlsx").write_bytes(xlsx_of(rows[:-1]))
    assert called(*arguments, str(path)).returncode == 0
    assert _first(path) == []
    assert len(json.loads((office / "bill.json").read_text())["lines"]) == 3


@FORMS
def test_what_is_to_be_mended_in_a_mapping_is_a_table(ending: str, office: Path) -> None:
    path = office / f"mapping.{ending}"
    mapping = csv_of([
        ["院内编码", "院内名称", "医保编码", "类别", "限价", "生效日期", "失效日期"],
        ["0001", "甲药", "Z1", "乙", "", "", ""], ["0002", "乙药", "Z9", "", "", "", ""],
        ["0003", "丙药", "Z3", "", "", "", ""], ["0001", "甲药", "Z2", "", "", "", ""],
        ["0004", "丁药", "Z1", "甲", "3.5", "", ""],
    ])  # fmt: skip
    catalogue = csv_of([
        ["编码", "名称", "甲乙丙", "限价", "生效日期", "失效日期"], ["Z1", "甲药", "甲", "2.00", "", ""],
        ["Z3", "丙药", "甲", "", "2020-01-01", "2021-01-01"],
    ])  # fmt: skip
    (office / "m.csv").write_bytes(mapping)
    (office / "c.csv").write_bytes(catalogue)
    line = {
        "id": 1,
        "hospital_code": "0099",
        "name": "甲药片",
        "quantity": 2,
        "unit_price": 3,
        "amount": 6,
    }
    (office / "bill.json").write_text(json.dumps({**SOUND, "lines": [line]}))
    arguments = (
        "mapping",
        "report",
        "--mapping",
        "m.csv",
        "--catalogue",
        "c.csv",
        "--bills",
        "bill.json",
    )
    done = called(*arguments, "--day", "2024-06-30", "-o", str(path))
    assert done.returncode == 1
    keys = ("要核对的", "行", "医院编码", "医保编码", "医院写的", "目录写的", "费用行数")
    assert [tuple(row[key] for key in keys) for row in _first(path)][:5] == [
        ("没有对照", "", "0099", "", "", "", "1"),
        ("类别不同", "2", "0001", "Z1", "乙", "甲", ""),
        ("目录里没有这个编码", "3", "0002", "Z9", "Z9", "", ""),
        ("目录项目已失效", "4", "0003", "Z3", "Z3", "2020-01-01 至 2020-12-31", ""),
        ("限价不同", "6", "0004", "Z1", "3.5", "2", ""),
    ]
    clash = _first(path)[5]
    assert clash["要核对的"].startswith("F321 医院编码 0001")
    assert (clash["文件"], clash["行"]) == ("m.csv", "5")
    assert all(row["怎么改"].endswith("。") for row in _first(path))


# ------------------------------------------------------------------------ nothing in them is run

HOSTILE = (
    '=HYPERLINK("http://a.example","点")', "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "＝1+1", ' "=1', "药;=1+1",
    "药\n=1", "药,=cmd|' /C calc'!A0", "<r><t>=1</t></r>", "=1'", "'=1", "\u202e=1", "\ufeff=1",
)  # fmt: skip


# Catches a cell that a hospital's text turns into a formula on an officer's desk.
@FORMS
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_inert_in_every_table(office: Path, name: str, ending: str) -> None:
    rows, id_ = fee_rows(6), "".join(c for c in name if c.isprintable()).strip()
    for row in rows:
        row[0], row[1], row[2] = f"{id_}{row[0]}", f"{id_}{row[1]}", name
    (office / "fees.xlsx").write_bytes(xlsx_of([HEADER, *rows]))
    items = [
        {"code": row[1], "name": name, "class": "甲", "generic_name": name, "restriction": name, "unit": name}
        for row in rows
    ]  # fmt: skip
    catalogue = {"version": id_, "items": [one | {"reference_price": "0.01"} for one in items]}
    catalogue["items"] = list({one["code"]: one for one in catalogue["items"]}.values())
    (office / "c.json").write_text(json.dumps(catalogue))
    mapped = [{"hospital_code": f"{id_}{n}", "name": name, "code": f"{id_}{n}"} for n in range(2)]
    (office / "m.json").write_text(json.dumps({"items": [*mapped, mapped[0]]}))
    person = {**VISIT["person"], "id": id_}
    (office / "v.json").write_text(json.dumps({**VISIT, "visit_id": id_, "person": person}))
    visit, tables = ("--visit", "v.json"), [f"{n}.{ending}" for n in range(4)]
    called("check", "fees.xlsx", *visit, "--catalogue", "c.json", "-o", tables[0])
    rows[0][6] = rows[1][3] = name
    bad = f"{name.replace('/', '')[:40]}.xlsx"
    (office / bad).write_bytes(xlsx_of([[*HEADER, name], *rows]))
    called("settle", f"./{bad}", *visit, "--faults", tables[1])
    (office / bad).write_bytes(xlsx_of([[name, *HEADER[1:]], *rows]))
    called("import", "fees", f"./{bad}", *visit, "-o", "b.json", "--faults", tables[2])
    lists = ("--mapping", "m.json", "--catalogue", "c.json")
    called("mapping", "report", *lists, "--fees", "fees.xlsx", *visit, "-o", tables[3])
    said = [json.dumps(_sheets(Path(path)), ensure_ascii=False) for path in tables]
    for path, text in zip(map(Path, tables), said, strict=True):
        assert formulas(path.name, path.read_bytes()) == [], path
        assert id_[-2:] in text, path


# ------------------------------------------------------------------------ whole or as it was


def _as_a_list(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def test_a_file_that_was_there_is_replaced_and_keeps_its_rights(office: Path) -> None:
    path = office / "old.csv"
    path.write_text("old")
    path.chmod(0o640)
    (office / "link.csv").symlink_to(path)
    assert called("check", "fees.xlsx", "--visit", "visit.json", "-o", "link.csv").returncode == 0
    assert _as_a_list(path)[1][0] == "V1"
    assert path.stat().st_mode & 0o777 == 0o640
    assert (office / "link.csv").is_symlink()
    assert not list(office.glob(".doudi*"))


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("no/a.csv", "没有这个文件夹"),
        ("fees.xlsx/a.csv", "不是文件夹"),
        ("folder.csv", "这是文件夹"),
        ("pipe.csv", "不是普通的文件"),
        ("loop.csv", "符号链接"),
        (f"{'长' * 90}.csv", "文件名太长"),
    ],
    ids=lambda v: v[:12],
)
def test_a_target_that_cannot_be_written_is_told_before_any_work(
    office: Path, target: str, reason: str
) -> None:
    (office / "folder.csv").mkdir()
    os.mkfifo(office / "pipe.csv")
    (office / "loop.csv").symlink_to("loop.csv")
    before = sorted(office.iterdir())
    visit = ("--visit", "visit.json")
    # the visit is not there: a fault of its own, which would be told if work had begun
    nowhere = ("--visit", "none.json")
    for arguments in (
        ("check", "fees.xlsx", *nowhere, "-o", target),
        ("check", "fees.xlsx", *nowhere, "--faults", target),
        ("settle", "fees.xlsx", *nowhere, "--faults", target),
        ("import", "fees", "fees.xlsx", *nowhere, "-o", "bill.json", "--faults", target),
        ("mapping", "report", "--mapping", "none.csv", "--catalogue", "none.csv", "-o", target),
    ):
        (fault,) = told(called(*arguments, "--json"))
        assert (fault.code, fault.where) == ("F135", target)
        assert reason in fault.what
        assert sorted(office.iterdir()) == before
    done = called("check", "fees.xlsx", *visit, "-o", target, "--faults", "faults.csv", "--json")
    assert [f.code for f in told(done)] == ["F135"]
    assert _as_a_list(office / "faults.csv")[1][:2] == ["F135", target]


def test_a_file_that_may_only_be_read_stays(office: Path) -> None:
    (office / "kept.csv").write_text("kept")
    (office / "kept.csv").chmod(0o444)
    arguments = ("check", "fees.xlsx", "--visit", "visit.json", "-o", "kept.csv", "--json")
    (fault,) = told(doudi(*arguments, cwd=office, start=as_a_user))
    assert (fault.code, fault.what) == ("F135", "写不出文件：没有写的权限")
    assert (office / "kept.csv").read_text() == "kept"


# Catches a table half written where the disk is full, or an old one lost.
def test_a_write_that_fails_leaves_what_was_there(
    office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = office / "old.csv"
    path.write_text("old")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    done = called("check", "fees.xlsx", "--visit", "visit.json", "-o", "old.csv", "--json")
    (fault,) = told(done)
    assert (fault.code, "磁盘满了" in fault.what) == ("F135", True)
    assert len(json.loads(done.stdout)["checks"]) == 1
    assert path.read_text() == "old"
    assert not list(office.glob(".doudi*"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "fees.xlsx", "--visit", "visit.json", "-o", "a.txt"),
        ("check", "fees.xlsx", "--visit", "visit.json", "-o", "./fees.xlsx"),
        ("check", "fees.xlsx", "--visit", "visit.json", "-o", "a.csv", "--faults", "./a.csv"),
        ("check", ".", "--watch", "-o", "a.csv"),
        ("check", ".", "--watch", "--faults", "a.csv"),
        ("settle", "fees.xlsx", "--visit", "visit.json", "--faults", "a.json"),
        ("settle", "fees.xlsx", "--visit", "visit.json", "--faults", "fees.xlsx"),
        ("import", "fees", "fees.xlsx", "--visit", "visit.json", "-o", "visit.json"),
        (
            "import",
            "fees",
            "fees.xlsx",
            "--visit",
            "visit.json",
            "-o",
            "b.csv",
            "--faults",
            "b.csv",
        ),
        ("mapping", "report", "--mapping", "m.csv", "--catalogue", "c.csv", "-o", "m.csv"),
    ],
    ids=" ".join,
)
def test_a_file_is_never_written_over_what_is_read(
    office: Path, arguments: tuple[str, ...]
) -> None:
    before = {path: path.read_bytes() for path in office.iterdir()}
    assert called(*arguments).returncode == 2
    assert {path: path.read_bytes() for path in office.iterdir()} == before


def test_the_sample_mapping_is_written_as_it_is_shown(office: Path) -> None:
    arguments = (
        "--mapping",
        str(FOLDER / "mapping.csv"),
        "--catalogue",
        str(FOLDER / "sample.csv"),
    )
    called("mapping", "report", *arguments, "--day", "2019-06-01", "-o", "m.xlsx")
    rows = _first(office / "m.xlsx")
    assert [(row["要核对的"], row["医院编码"], row["行"]) for row in rows] == [
        ("类别不同", "H00320", "303"),
        ("目录里没有这个编码", "H90001", "345"),
    ]
