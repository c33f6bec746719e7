"""A pack's new version: brought by one, checked, tried on real visits, approved by another; and its end."""

import io
import threading
import zipfile
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from doudi.dates import CHINA
from doudi.errors import Faulty
from doudi_lab.reform import reformed
from doudi_web.policy import selectors, uploading, versions
from doudi_web.policy.models import InForce, Version
from doudi_web.policy.rules import generation, rules
from doudi_web.policy.uploading import from_folder, from_zip
from doudi_web.rehearsal import asking
from doudi_web.rehearsal import selectors as trials
from doudi_web.rehearsal.models import Outcome, Trial
from doudi_web.runs.worker import run_next
from doudi_web.settlement import tables
from doudi_web.settlement.replaying import STANDING, Stored
from doudi_web.site.works import WORKS
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor, actor_of_account
from web.accounts import person
from web.service import Service, shipped
from web.test_learned import register, since
from web.test_places import bill

CODES = {"S731", "S732", "S733", "S734", "S735"}
PACK = "cn/500000/500113/2019"


def zipped(files: Mapping[str, bytes], below: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(below + name, content)
    return out.getvalue()


def admin() -> Actor:
    return actor_of_account(person("district_admin"))


def day(month: int, of: int = 1) -> datetime:
    return datetime(2019, month, of, tzinfo=CHINA)


def work() -> None:
    while run_next(threading.Event(), WORKS):
        pass


def brought(actor: Actor) -> int:
    return versions.bring(actor, from_folder(reformed(shipped()[PACK])), None, "提高救助")


def tried(actor: Actor, number: int) -> Trial:
    made = asking.ask(actor, number, day(11), day(12))
    work()
    return Trial.objects.get(pk=made)


def refused(call: Any, *values: Any) -> tuple[int, list[str]]:
    with pytest.raises(Refusal) as told:
        call(*values)
    return told.value.status, [f.code for f in told.value.faults]


@pytest.fixture(scope="module")
def settled(service: Service) -> Service:
    """A poor person's and an ordinary one's visit in November, and one of October."""
    register(service, "PA", since("2019-01-01"))
    register(service, "PB")
    token = service.token(may_back_date=True)
    for visit, of, on in (
        ("PA0", "PA", "2019-10-05"),
        ("PA1", "PA", "2019-11-05"),
        ("PB1", "PB", "2019-11-06"),
    ):
        status, told = service.settle(token, bill(visit, of, "2539.50", on))
        assert status == 201, told
    return service


def test_a_version_is_tried_on_last_months_visits_under_both(settled: Service) -> None:
    one = admin()
    number = brought(one)
    trial = tried(one, number)
    told = trial.told
    assert (str(trial.as_of), told["visits"], told["otherwise"], told["faulty"]) == (
        "2019-12-15",
        2,
        2,
        0,
    )
    # PA: 300 → 400 of the deductible, 60% → 70%: 1567.65, 583.11, 134.79 become 1497.65, 729.30, 58.60
    # PB: (2539.50 − 300) × 60% = 1343.70 and 1195.80 become (2539.50 − 400) × 60% = 1283.70 and 1255.80
    assert told["before"] == {
        "fund:basic": 156765 + 134370, "fund:critical_illness": 0, "fund:medical_assistance": 58311,
        "fund:floor": 13479, "hospital": 0, "patient": 25395 + 119580, "total": 507900,
    }  # fmt: skip
    assert told["after"] == {
        "fund:basic": 149765 + 128370, "fund:critical_illness": 0, "fund:medical_assistance": 72930,
        "fund:floor": 5860, "hospital": 0, "patient": 25395 + 125580, "total": 507900,
    }  # fmt: skip
    more = told["more"]["patient"]
    assert (more["persons"], more["visits"], more["amount"], more["largest"]) == (1, 1, 6000, 6000)
    assert told["by"]["standing"]["registered_poor"] == {
        "visits": 1, "otherwise": 1, "total": 253950, "before": 25395, "after": 25395,
    }  # fmt: skip
    shown = trials.visits(one, trial, "", 0)
    assert [(v["visit"], v["patient"]) for v in shown] == [("PB1", 6000), ("PA1", 0)]
    assert [v["visit"] for v in trials.visits(one, trial, "funds", 0)] == ["PA1"]
    assert settled.rows("SELECT count(*) FROM settlement_settlement")[0][0] == 3
    versions.drop(one, number, "只是试试")


def test_two_people_put_a_version_in_force_and_what_was_settled_stays(settled: Service) -> None:
    one, other = admin(), admin()
    before = rules(generation()).digests[PACK]
    number = brought(one)
    assert refused(versions.approve, other, number, "同意") == (
        409,
        ["S733"],
    )  # nobody saw what it changes
    tried(one, number)
    assert refused(versions.approve, one, number, "同意") == (403, ["S731"])
    versions.approve(other, number, "按会议纪要执行")
    after = rules(generation()).digests[PACK]
    assert after != before
    assert selectors.became(Version.objects.get(pk=number)) == "rules"
    assert refused(versions.approve, other, number, "再来") == (409, ["S732"])
    again = [one.again(one.sums()).settled().patient for one in _stored(settled)]
    assert again == [25395, 25395, 119580]  # by what ruled then
    status, told = settled.settle(
        settled.token(may_back_date=True), bill("PA2", "PA", "2539.50", "2019-12-20")
    )
    assert (status, told["payments"]["medical_assistance"]) == (201, "729.30")
    log = settled.rows(
        "SELECT action FROM audit_log_record WHERE subject = %s ORDER BY id", f"policy:{number}"
    )
    assert [a for (a,) in log] == ["policies.bring", "policies.approved"]


def _stored(service: Service) -> list[Any]:
    assert service
    rows = tables.driver().execute(f"{STANDING} ORDER BY s.settled, s.sequence").fetchall()
    return [Stored(*row) for row in rows][:3]


def test_a_trial_is_held_against_what_rules_now(settled: Service) -> None:
    assert settled
    one, other = admin(), admin()
    files = dict(reformed(shipped()[PACK]))
    files["sources/rules.md"] += "\n又核对过一次。\n".encode()
    first = versions.bring(one, from_folder(files), None, "又核对过")
    second = brought_other(one)
    tried(one, first)
    tried(one, second)
    versions.approve(other, second, "先执行这一份")
    assert refused(versions.approve, other, first, "同意") == (409, ["S733"])
    tried(one, first)
    versions.approve(other, first, "看过了")
    assert [selectors.became(Version.objects.get(pk=n)) for n in (second, first)] == [
        "superseded",
        "rules",
    ]


# Catches a version whose predecessor, of another name, was replaced after the trial.
def test_a_trial_is_held_against_every_pack_that_rules_not_against_one_of_its_own_name(
    settled: Service,
) -> None:
    assert settled
    one, other = admin(), admin()
    files = {
        name: content.replace(PACK.encode(), b"cn/500000/500113/2020") for name, content in shipped()[PACK].items()
        if not name.startswith("cases/")
    }  # fmt: skip
    number = Version.objects.create(
        kind="install", name="cn/500000/500113/2020", reason="试", asked_by=one.key, asked=now(), state="checked",
        source_id=versions.keep_pack("cn/500000/500113/2020", files),
    ).pk  # fmt: skip
    tried(one, number)
    assert versions.is_current(Version.objects.get(pk=number))
    between = dict(reformed(shipped()[PACK]))
    between["sources/rules.md"] += "\n其间换过。\n".encode()
    replaced = versions.bring(one, from_folder(between), None, "其间换过")
    tried(one, replaced)
    versions.approve(other, replaced, "看过了")
    assert refused(versions.approve, other, number, "同意") == (409, ["S733"])


def test_a_trial_on_days_without_visits_shows_nothing_and_lets_nobody_approve(
    settled: Service,
) -> None:
    assert settled
    one, number = admin(), brought_other(admin())
    for start, end, may in (
        (day(2), day(2, 2), False), (day(2), day(3), True), (day(11, 5), day(11, 6), True),
    ):  # fmt: skip
        Version.objects.filter(pk=number).update(tried=None, ruled=None)
        asking.ask(one, number, start, end)
        work()
        assert versions.is_current(Version.objects.get(pk=number)) == may, start
    Version.objects.filter(pk=number).update(tried=None, ruled=None)
    ahead = now().replace(month=1, day=1) + timedelta(days=366)
    asking.ask(one, number, ahead, ahead + timedelta(days=31))
    work()
    assert refused(versions.approve, admin(), number, "同意") == (409, ["S733"])
    versions.drop(Actor(Version.objects.get(pk=number).asked_by, one.role), number, "试完")


def brought_other(actor: Actor) -> int:
    files = dict(reformed(shipped()[PACK]))
    files["sources/rules.md"] += "\n另一份。\n".encode()
    return versions.bring(actor, from_folder(files), None, "另一份")


def test_a_version_with_faults_stays_a_draft_and_says_where(settled: Service) -> None:
    assert settled
    one = admin()
    files = dict(reformed(shipped()[PACK]))
    files["parameters/basic.yaml"] = files["parameters/basic.yaml"].replace(b"2: 400", b"2: many")
    number = versions.bring(one, from_folder(files), None, "试")
    found = Version.objects.get(pk=number)
    assert found.state == "draft"
    assert any(
        f["where"].startswith(f"{PACK}/parameters/basic.yaml:") for f in found.found["faults"]
    )
    assert refused(asking.ask, one, number, day(11), day(12)) == (409, ["S732"])
    assert refused(versions.approve, admin(), number, "同意") == (409, ["S732"])


def test_a_worked_case_that_does_not_hold_is_a_fault(settled: Service) -> None:
    assert settled
    files = dict(reformed(shipped()[PACK]))
    files["cases/reform.yaml"] = files["cases/reform.yaml"].replace(b'"58.60"', b'"58.61"')
    found = versions.checked(PACK, files)
    assert [f["code"] for f in found["faults"]] == ["P301"]
    assert (found["cases"] - found["held"], found["count"]) == (1, 1)


def test_ending_a_pack_takes_two(settled: Service) -> None:
    assert settled
    one, other = admin(), admin()
    name = "cn/230000/230800/2018"
    number = versions.ask_end(one, name, None, "不用了")
    assert refused(versions.ask_end, one, name, None, "再提") == (409, ["S732"])
    assert refused(versions.approve, one, number, "同意") == (403, ["S731"])
    versions.approve(other, number, "区里没有这里的患者")
    assert name not in rules(generation()).digests
    row = InForce.objects.filter(name=name).order_by("-id")[0]
    assert (row.source_id, row.reason) == (None, "区里没有这里的患者")


def test_a_version_that_takes_a_later_value_back_is_tried_by_the_day_of_that_value(
    settled: Service,
) -> None:
    assert settled
    assert rules(generation()).digests[PACK] != stored_digest(shipped()[PACK])
    files = {**shipped()[PACK], "sources/more.md": "# 恢复".encode()}
    number = versions.bring(admin(), from_folder(files), None, "恢复")
    trial = tried(admin(), number)
    # what rules since the tests above: 400 and 70% from 12-15 on; the version: 300 and 60%
    assert (str(trial.as_of), trial.told["otherwise"]) == ("2019-12-15", 2)
    assert trial.told["after"]["fund:medical_assistance"] == 58311
    assert trial.told["less"]["patient"]["amount"] == -6000


def stored_digest(files: Mapping[str, bytes]) -> str:
    return versions.keep_pack(PACK, files).hex()


def test_only_one_of_two_who_decide_at_once_does(settled: Service) -> None:
    assert settled
    one, number = admin(), brought_other(admin())
    tried(one, number)
    others, told = [admin(), admin()], list[str]()
    begin = threading.Barrier(2)

    def decide(who: Actor) -> None:
        begin.wait()
        try:
            versions.approve(who, number, "同意")
            told.append("approved")
        except Refusal as refusal:
            told.append(refusal.faults[0].code)
        finally:
            connection.close()

    threads = [threading.Thread(target=decide, args=(who,)) for who in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["S732", "approved"]


def test_one_person_at_the_machine_installs_only_what_is_new_or_ruled_before(
    settled: Service,
) -> None:
    assert settled
    files = dict(reformed(shipped()[PACK]))
    files["sources/rules.md"] += "\n一个人的改动。\n".encode()
    with pytest.raises(Faulty) as told:
        versions.must_be_first(PACK, files)
    assert [f.code for f in told.value.faults] == ["S735"]
    versions.must_be_first("cn/999999/2019", files)  # none of this name ever ruled
    name = "cn/230000/230800/2018"  # ended above: it comes back as it was, and not otherwise
    versions.must_be_first(name, shipped()[name])
    with pytest.raises(Faulty):
        versions.must_be_first(name, {**shipped()[name], "sources/more.md": b"# more"})


HOSTILE: dict[str, Any] = {
    "no zip": b"PK nothing",
    "empty": zipped({}),
    "no head": zipped({"layers.yaml": b"x: 1"}),
    "two packs": zipped({"a/pack.yaml": b"pack: a", "b/pack.yaml": b"pack: b"}),
    "out of it": zipped({"../pack.yaml": b"pack: a"}),
    "absolute": zipped({"/etc/pack.yaml": b"pack: a"}),
    "drive": zipped({"c:/pack.yaml": b"pack: a"}),
    "bomb": zipped({"pack.yaml": b"0" * (uploading.SIZE_LIMIT_MB * 2**20 + 1)}),
    "many": zipped({f"cases/{n}.yaml": b"" for n in range(501)}),
    "no name": zipped({"pack.yaml": b"title: x"}),
    "a way out as its name": zipped({"pack.yaml": b"pack: ../x"}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_pack_is_refused(name: str) -> None:
    with pytest.raises(Faulty) as told:
        from_zip(HOSTILE[name])
    assert [f.code for f in told.value.faults] == ["S734"]


def test_a_pack_is_found_in_a_folder_of_its_archive_and_what_is_none_of_its_files_is_named() -> (
    None
):
    files = {**shipped()[PACK], "注意.txt": b"x", "__MACOSX/a": b"x"}
    found = from_zip(zipped(files, "2019/"))
    assert (found.name, found.left_out) == (PACK, ("2019/__MACOSX/a", "2019/注意.txt"))
    assert found.files == shipped()[PACK]


def test_outcomes_hold_nothing_that_names_a_person(settled: Service) -> None:
    assert settled
    names = {field.name for field in Outcome._meta.get_fields()}
    assert names == {
        "id", "trial", "settlement", "facility", "kind", "standing", "patient", "before", "after", "fault",
    }  # fmt: skip
