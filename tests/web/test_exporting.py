"""The ledger for other systems: what is written, what is held back, what comes again."""

import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.hazmat.primitives.hashes import SM3, Hash
from django.conf import settings

from doudi.errors import Faulty
from doudi.wire import sheets
from doudi_web.exchange import exporting
from doudi_web.exchange.exporting import Asked, Done, export
from doudi_web.exchange.profiles import Profile, profile, read
from doudi_web.runs.worker import run_next
from doudi_web.site.works import WORKS
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from web.people import number, person, standing
from web.service import Json, Service
from web.test_settling import bill

CODES = {"S540", "S541", "S542"}
ADMIN = Actor("test:admin", Role.DISTRICT_ADMIN)
VILLAGE = "500113001001"
FOUND = [{"code": "J18.900", "name": "肺炎", "main": True}]
SHIPPED = Path(exporting.__file__).with_name("profiles")


def registered(service: Service, key: str, order: int, **more: Any) -> None:
    """A poor person of whom all is known."""
    stated = person(
        key, order,
        **{"name": "周小某", "sex": "女", "ethnicity": "土家族", "village": VILLAGE, "insurance_tier": "tier_1",
           "standings": [standing("registered_poor")], **more},
    )  # fmt: skip
    admin = service.token("district_admin")
    status, told = service.ask("POST", "/api/v1/persons", admin, {"persons": [stated]})
    assert status == 201, told


def settled(service: Service, visit: str, who: str, amount: str = "2539.50", **more: Any) -> Json:
    asked = {"discharged": "2019-06-12", "diagnoses": FOUND, **more}
    token = service.token(may_back_date=True)
    status, told = service.settle(token, bill(visit, who, amount, **asked))
    assert status == 201, told
    return told


def undone(service: Service, told: Json) -> None:
    path = f"/api/v1/settlements/{told['settlement_id']}/reverse"
    asked = {"message_id": f"undo-{told['settlement_id']}", "reason": "试"}
    assert service.ask("POST", path, service.token("district_admin"), asked)[0] == 201


def run(folder: Path, named: str | Profile = "national", **asked: Any) -> Done:
    """One export, its progress thrown away."""
    found = named if isinstance(named, Profile) else profile(named)
    return export(ADMIN, found, folder, Asked("试", **asked), lambda *_: None)


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a file by their titles."""
    (sheet,) = sheets.read(path.name, path.read_bytes())
    titles = [cell.text for cell in sheet.rows[0]]
    return [
        dict(zip(titles, (sheet.cell(n, c).text for c in range(len(titles))), strict=True))
        for n in range(1, len(sheet.rows))
    ]


def visits_in(done: Done) -> list[list[str]]:
    """The visits of each file of the national profile."""
    return [[row["住院登记编码"] for row in rows_of(path)] for path in done.files]


def states(service: Service, named: str = "national") -> dict[str, tuple[str, str]]:
    return {
        visit: (state, answer)
        for visit, state, answer in service.rows(
            "SELECT visit, state, answer FROM exchange_exportrow WHERE profile = %s", named
        )
    }


def reasons(service: Service, visit: str, named: str = "national") -> list[tuple[str, str, str]]:
    ((found,),) = service.rows(
        "SELECT reasons FROM exchange_exportrow WHERE profile = %s AND visit = %s", named, visit
    )
    return [(one["check"], one["column"], one["text"]) for one in found]


def changed(named: str, **more: Any) -> Profile:
    """A shipped profile under another name, with some lines in the place of others."""
    text = (SHIPPED / f"{named}.yaml").read_text("utf-8")
    for old, new in {
        f"profile: {named}": f"profile: {more.pop('as_')}",
        **more.pop("lines", {}),
    }.items():
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return read("site.yaml", text.encode())


@pytest.fixture(scope="module", autouse=True)
def district(service: Service) -> None:
    service.facilities("F")


@pytest.fixture
def own(service: Service, request: pytest.FixtureRequest) -> str:
    """A profile's name of this test's own."""
    assert service
    return "p" + "".join(c for c in request.node.name.lower() if c.isalpha() and c.isascii())[-30:]


NATIONAL = {
    "身份证号": number(1), "姓名": "周小某", "性别": "女", "年龄": "49", "民族": "土家族",
    "人员类型": "建档立卡贫困户",
    "村级行政区划": VILLAGE, "住院登记编码": "x1", "年度": "2019", "补偿年度": "2019", "入院时间": "2019-06-01",
    "出院时间": "2019-06-12", "天数": "11", "ICD编码": "J18.900", "疾病名称": "肺炎", "机构编码": "F",
    "机构名称": "院", "机构级别": "二级", "机构等级": "", "补偿类型": "住院", "总费用": "2539.5",
    "医保报销费用": "1567.65",
    "大病保险报销费用": "0", "医疗救助费用": "583.11", "商业保险报销费用": "0", "政府兜底金额": "134.79",
    "其他补充金额": "0", "个人自付费用": "253.95", "目录内费用": "2539.5", "目录外费用": "0",
}  # fmt: skip
"""The reported case as the state gets it."""
ONE_STOP = {
    "姓名": "周小某", "身份证号": number(1), "身份类别": "建卡贫困户", "单位地址": "", "疾病诊断": "肺炎",
    "入院日期": "2019-06-01", "出院日期": "2019-06-12", "总金额": "2539.5", "进入统筹费用": "2539.5",
    "起付线": "300", "超限价自费": "0", "政策范围外自费": "0", "统筹支付": "1567.65", "大病支付": "0",
    "补充保险": "0", "民政救助": "583.11",
    "政府兜底": "134.79", "自付费用": "253.95", "医院垫付(目录外超10%费用)": "0", "撤销": "",
}  # fmt: skip


MONEY = [*list(NATIONAL)[20:], *list(ONE_STOP)[7:-1]]


def in_csv(row: dict[str, str]) -> dict[str, str]:
    """The same row where a number has no format: amounts with two places."""
    return {key: f"{float(cell):.2f}" if key in MONEY else cell for key, cell in row.items()}


def test_the_reported_case_is_a_row_of_each_profile_in_every_form(
    service: Service, tmp_path: Path
) -> None:
    registered(service, "PX", 1)
    settled(service, "x1", "PX")
    for named, row in (("national", NATIONAL), ("one_stop", ONE_STOP)):
        for form, encoding in (("xlsx", "utf-8"), ("csv", "utf-8"), ("csv", "gbk")):
            done = run(tmp_path, named, form=form, encoding=encoding, whole=True)
            assert (done.exported, done.held_back, len(done.files)) == (1, 0, 1)
            content = done.files[0].read_bytes()
            found = rows_of(done.files[0])
            assert found == [row if form == "xlsx" else in_csv(row)], (named, form)
            if form == "csv":
                assert content.startswith(b"\xef\xbb\xbf") == (encoding == "utf-8")
                content.decode("utf-8-sig" if encoding == "utf-8" else "gbk")
            assert done.files[0].stat().st_mode & 0o777 == 0o600
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_the_manifest_says_what_was_written_from_where_to_where(
    service: Service, tmp_path: Path
) -> None:
    first = run(tmp_path, "one_stop", whole=True)
    assert first.manifest is not None
    ((posted,),) = service.rows("SELECT max(id) FROM settlement_posting")
    said = json.loads(first.manifest.read_text())
    digest = Hash(SM3())
    digest.update(first.files[0].read_bytes())
    assert said["files"] == [
        {"name": first.files[0].name, "what": "一站式补偿明细", "rows": 1, "sm3": digest.finalize().hex()}
    ]  # fmt: skip
    assert said["ledger"] == {"from": posted, "to": posted}
    text = Hash(SM3())
    text.update((SHIPPED / "one_stop.yaml").read_bytes())
    assert said["profile_sm3"] == text.finalize().hex()
    assert (said["rows"], said["withdrawn"], said["held_back"], said["run"]) == (1, 0, 0, first.run)


def test_a_second_export_holds_only_what_changed(
    service: Service, tmp_path: Path, own: str
) -> None:
    mine = changed("national", as_=own)
    registered(service, "PB", 2)
    told = [settled(service, f"b{n}", "PB") for n in range(3)]
    first = run(tmp_path, mine)
    assert first.exported == 4  # with x1
    again = run(tmp_path, mine)
    assert (again.exported, again.withdrawn, again.files, again.manifest) == (0, 0, (), None)
    settled(service, "b3", "PB")
    assert visits_in(run(tmp_path, mine)) == [["b3"]]
    registered(service, "PB", 2, ethnicity="苗族")
    of_person = run(tmp_path, mine)
    assert visits_in(of_person) == [["b0", "b1", "b2", "b3"]]
    assert {row["民族"] for row in rows_of(of_person.files[0])} == {"苗族"}
    registered(service, "PB", 2, ethnicity="苗族", phone="13800001234")
    assert run(tmp_path, mine).exported == 0  # what is not in a row changes none
    undone(service, told[0])
    undone(service, told[1])
    settled(service, "b1", "PB", "1000.00")
    last = run(tmp_path, mine)
    assert (last.exported, last.withdrawn) == (1, 1)
    assert visits_in(last) == [["b1"], ["b0"]]
    taken_back = rows_of(last.files[1])
    assert taken_back == [
        {"身份证号": number(2), "姓名": "周小某", "住院登记编码": "b0", "机构编码": "F"}
    ]
    assert run(tmp_path, mine).exported == run(tmp_path, mine).withdrawn == 0
    whole = run(tmp_path, mine, whole=True)
    assert sorted(visits_in(whole)[0]) == ["b1", "b2", "b3", "x1"]
    settled(service, "b0", "PB")
    assert visits_in(run(tmp_path, mine)) == [["b0"]]


def test_a_row_that_is_settled_for_nobody_poor_any_more_is_taken_back(
    service: Service, tmp_path: Path, own: str
) -> None:
    mine = changed("national", as_=own)
    registered(service, "PC", 3)
    told = settled(service, "c1", "PC")
    assert "c1" in visits_in(run(tmp_path, mine))[0]
    registered(service, "PC", 3, standings=[])
    undone(service, told)
    settled(service, "c1", "PC")
    done = run(tmp_path, mine)
    assert (done.exported, done.withdrawn, visits_in(done)) == (0, 1, [["c1"]])
    assert states(service, own)["c1"] == ("withdrawn", "")
    settled(service, "c2", "PC")
    assert run(tmp_path, mine).left_out == 1
    assert states(service, own)["c2"] == ("left_out", "")


def test_a_profile_may_take_back_by_a_column(service: Service, tmp_path: Path, own: str) -> None:
    mine = changed("one_stop", as_=own)
    registered(service, "PD", 4)
    told = settled(service, "d1", "PD", "77.00")
    run(tmp_path, mine)
    undone(service, told)
    done = run(tmp_path, mine)
    assert (done.exported, done.withdrawn, len(done.files)) == (0, 1, 1)
    assert [(row["总金额"], row["撤销"]) for row in rows_of(done.files[0])] == [("77", "是")]


def test_what_fails_is_held_back_and_the_others_go(
    service: Service, tmp_path: Path, own: str
) -> None:
    mine = changed("national", as_=own)
    run(tmp_path, mine)
    registered(service, "PE", 5, name="李𬭸", village=None)
    settled(service, "e1", "PE", diagnoses=None, discharged=None)
    registered(service, "PF", 6)
    settled(service, "f1", "PF")
    done = run(tmp_path, mine, form="csv", encoding="gbk")
    assert (done.exported, done.held_back, visits_in(done)) == (1, 1, [["f1"]])
    assert reasons(service, "e1", own) == [
        ("characters", "姓名", "姓名：GBK 里没有“𬭸”（U+2CB78）"),
        ("required", "村级行政区划", "村级行政区划：没有"),
        ("required", "出院时间", "出院时间：没有"),
        ("required", "天数", "天数：没有"),
        ("required", "ICD编码", "ICD编码：没有"),
        ("required", "疾病名称", "疾病名称：没有"),
    ]
    status, told = service.ask(
        "GET", f"/api/v1/export-rows?profile={own}&state=held_back", service.token("auditor")
    )
    assert status == 200
    assert [(row["visit_id"], row["run"], len(row["reasons"])) for row in told["rows"]] == [
        ("e1", None, 6)
    ]
    assert number(5) not in json.dumps(told)
    registered(service, "PE", 5, name="李勇", village=VILLAGE)
    assert reasons(service, "e1", own)  # until it is looked at again
    assert run(tmp_path, mine).held_back == 1
    assert [one[1] for one in reasons(service, "e1", own)] == [
        "出院时间",
        "天数",
        "ICD编码",
        "疾病名称",
    ]


def test_what_the_receiver_has_is_taken_back_though_its_newer_content_was_held_back(
    service: Service, tmp_path: Path, own: str
) -> None:
    mine = changed("national", as_=own)
    registered(service, "PG", 7)
    told = settled(service, "g1", "PG")
    run(tmp_path, mine)
    registered(service, "PG", 7, ethnicity=None, name="周小某")
    service.rows("UPDATE register_person SET ethnicity = '' WHERE id = 'PG' RETURNING id")
    assert run(tmp_path, mine).held_back >= 1
    assert states(service, own)["g1"] == ("held_back", "")
    service.rows("UPDATE register_person SET ethnicity = '土家族' WHERE id = 'PG' RETURNING id")
    assert run(tmp_path, mine).exported == 0  # the receiver has that content
    assert states(service, own)["g1"] == ("exported", "")
    service.rows("UPDATE register_person SET ethnicity = '' WHERE id = 'PG' RETURNING id")
    run(tmp_path, mine)
    undone(service, told)
    assert run(tmp_path, mine).withdrawn == 1


def test_nothing_that_is_written_is_run_or_split(
    service: Service, tmp_path: Path, own: str
) -> None:
    mine = changed("national", as_=own)
    run(tmp_path, mine)
    name = '=HYPERLINK("x","y"),<r>&_x0041_</r>'
    registered(service, "PH", 8, name=name)
    settled(service, "h1", "PH", diagnoses=[{"code": "@SUM(A1)", "name": "<r>肺_x0041_</r>"}])
    for form in ("xlsx", "csv"):
        done = run(tmp_path, mine, form=form, whole=True)
        row = next(row for row in rows_of(done.files[0]) if row["住院登记编码"] == "h1")
        assert (row["姓名"], row["ICD编码"], row["疾病名称"]) == (
            name,
            "@SUM(A1)",
            "<r>肺_x0041_</r>",
        )
        if form == "csv":
            assert "\"'=HYPERLINK" in done.files[0].read_text("utf-8-sig")
            assert '"\'@SUM(A1)"' in done.files[0].read_text("utf-8-sig")
        else:
            sheet = zipfile.ZipFile(done.files[0]).read("xl/worksheets/sheet1.xml").decode()
            assert "<f>" not in sheet
            assert "_x005F_x0041_" in sheet


def test_files_are_split_by_rows(service: Service, tmp_path: Path, own: str) -> None:
    assert service
    mine = changed("national", as_=own, lines={"rows_per_file: 50000": "rows_per_file: 3"})
    done = run(tmp_path, mine)
    sizes = [len(one) for one in visits_in(done)]
    assert len(sizes) > 1
    assert set(sizes[:-1]) == {3}
    assert sum(sizes) == done.exported
    assert [path.name for path in done.files] == [
        f"{own}-{done.run}-{n + 1}.xlsx" for n in range(len(sizes))
    ]


def test_units_and_dates_are_the_profiles(service: Service, tmp_path: Path, own: str) -> None:
    assert service
    lines = {"amounts: yuan": "amounts: fen", "dates: YYYY-MM-DD": "dates: YYYYMMDD"}
    for form in ("csv", "xlsx"):
        done = run(tmp_path, changed("national", as_=f"{own}{form}", lines=lines), form=form)
        row = next(row for row in rows_of(done.files[0]) if row["住院登记编码"] == "x1")
        assert (row["总费用"], row["个人自付费用"], row["入院时间"]) == (
            "253950",
            "25395",
            "20190601",
        )


def test_files_are_there_whole_or_not_at_all(
    service: Service, tmp_path: Path, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = changed("national", as_=own)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "full")

    with monkeypatch.context() as patched:
        patched.setattr(exporting, "record", full)  # the last before the files have their names
        with pytest.raises(OSError, match="full"):
            run(tmp_path, mine)
    assert list(tmp_path.iterdir()) == []
    assert states(service, own) == {}
    assert service.rows("SELECT 1 FROM exchange_exportrun WHERE profile = %s", own) == []
    taken = tmp_path / f"{own}-{run(tmp_path, mine).run + 1}-manifest.json"
    taken.write_text("mine")
    with pytest.raises(FileExistsError):
        run(tmp_path, mine, whole=True)
    assert taken.read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 3


def test_one_export_of_a_profile_runs_at_a_time(service: Service, tmp_path: Path) -> None:
    with _held(service, "national"), pytest.raises(Refusal) as refused:
        run(tmp_path, "national")
    assert [f.code for f in refused.value.faults] == ["S542"]
    assert run(tmp_path, "national").held_back >= 0


@contextmanager
def _held(service: Service, named: str) -> Iterator[None]:
    """Somebody else exports by this profile."""
    lock = [exporting.lock_of(named)]
    with psycopg.connect(service.url, autocommit=True) as database:
        database.execute("SELECT pg_advisory_lock(%s)", lock)
        yield
        database.execute("SELECT pg_advisory_unlock(%s)", lock)


def test_who_takes_data_out_says_why_and_is_recorded_for_each_person(
    service: Service, tmp_path: Path, own: str
) -> None:
    mine = changed("national", as_=own)
    with pytest.raises(Refusal) as refused:
        export(ADMIN, mine, tmp_path, Asked(" "), lambda *_: None)
    assert [f.code for f in refused.value.faults] == ["S483"]
    with pytest.raises(Refusal) as refused:
        export(Actor("a", Role.AUDITOR), mine, tmp_path, Asked("试"), lambda *_: None)
    assert [f.code for f in refused.value.faults] == ["S403"]
    assert list(tmp_path.iterdir()) == []
    seen: list[tuple[int, int | None]] = []
    done = export(ADMIN, mine, tmp_path, Asked("月报"), lambda n, of: seen.append((n, of)))
    assert seen[0] == (0, seen[-1][0])
    assert seen[-1][0] == seen[-1][1]
    found = service.rows(
        "SELECT action, subject, reason FROM audit_log_record WHERE detail ->> 'run' = %s",
        str(done.run),
    )
    assert ("persons.export", "person:PX", "月报") in found
    assert ("ledger.export", "ledger", "月报") in found


WRONG = [
    ("fact: person.name,", "fact: person.surname,", "没有“person.surname”这一项内容"),
    ("fact: person.name,", "fact: person.name, sum: [total],", "fact 和 sum"),
    ("sum: [in_scope, first_self_pay]", "sum: [in_scope, visit]", "“visit”不是金额"),
    ("title: 姓名,", "title: 性别,", "“性别”用了两次"),
    ("fact: total}", "fact: total, longest: 3}", "codes 和 longest 只用于文字"),
    ("value: 0}", "value: 无}", "不是同一种内容"),
    ("left: [total], right: [basic", "left: [totall], right: [basic", "没有“totall”这一列"),
    ("in_order: [admitted, discharged]", "in_order: [admitted, name]", "不是这种核对能看的"),
    ("answered: true", "answered: true, identity_number: id_number", "只写一种"),
    (
        "withdrawal: {file: 撤销, columns",
        "withdrawal: {file: 撤销, column: 撤, columns",
        "或者写 column",
    ),
    ("key: [facility, visit]", "key: [facility, name, age]", "report 的 key"),
    ("rejected: [失败", "rejected: [成功, 失败", "既是接受又是退回"),
    ("rows_per_file: 50000", "rows_per_file: no", "写法不对"),
    ("title: 就医台账", "heading: 就医台账", "没有这个键"),
]


@pytest.mark.parametrize(("old", "new", "why"), WRONG, ids=[row[1] for row in WRONG])
def test_a_profile_that_does_not_fit_itself_is_a_fault(old: str, new: str, why: str) -> None:
    text = (SHIPPED / "national.yaml").read_text("utf-8")
    assert old in text
    with pytest.raises(Faulty) as refused:
        read("site.yaml", text.replace(old, new, 1).encode())
    assert {f.code for f in refused.value.faults} == {"S540"}
    assert any(why in f.what for f in refused.value.faults), [f.what for f in refused.value.faults]


def test_a_profile_that_is_nowhere_is_a_fault() -> None:
    with pytest.raises(Faulty) as refused:
        profile("nowhere.yaml")
    assert [f.code for f in refused.value.faults] == ["S541"]


def test_an_export_is_long_work_that_a_route_asks_for(
    service: Service, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DATA", folder)
    admin = service.token("district_admin")
    asked = {"reason": "月报", "profile": "one_stop", "format": "csv", "all": True}
    status, told = service.ask("POST", "/api/v1/runs/export", admin, asked)
    assert status == 202, told
    assert run_next(threading.Event(), WORKS)
    _, seen = service.ask("GET", f"/api/v1/runs/{told['id']}", admin)
    assert (seen["state"], seen["done"]) == ("done", seen["of"])
    result = seen["result"]
    assert result["files"] == [f"one_stop-{result['export']}-1.csv"]
    assert len(rows_of(folder / "exports" / result["files"][0])) == result["exported"] > 0
    assert (folder / "exports").stat().st_mode & 0o777 == 0o700
    _, one = service.ask("GET", f"/api/v1/exports/{result['export']}", service.token("auditor"))
    assert (one["reason"], one["all"], one["exported"]) == ("月报", True, result["exported"])
    status, told = service.ask("POST", "/api/v1/runs/export", admin, {**asked, "profile": "x.yaml"})
    assert (status, [f["code"] for f in told["faults"]]) == (422, ["F203"])
    status, _ = service.ask("POST", "/api/v1/runs/export", service.token("auditor"), asked)
    assert status == 403
