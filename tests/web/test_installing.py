"""Catalogue, mapping and packs of the service: installed, in force from a moment on, named by settlements."""

import getpass
import json
import time
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from typer.testing import CliRunner

import banan
from doudi_cli.main import app
from doudi_web.policy import rules as ruling
from web.service import Json, Service
from web.test_settling import bill

RUNNER = CliRunner()
AMOXICILLIN = "XZ01AA000A0010100300000"  # 乙, first self pay 0.1


def run(service: Service, *words: str) -> tuple[int, Json]:
    """`doudi policy …` on the service's database."""
    options = ("--data", str(settings.DATA), "--database", service.url, "--json")
    ran = RUNNER.invoke(app, ["policy", *words, *options])
    return ran.exit_code, json.loads(ran.stdout) if ran.stdout.startswith("{") else {}


def catalogue(folder: Path, version: str, rate: str = "0.1") -> str:
    item = {"code": AMOXICILLIN, "name": "阿莫西林", "class": "乙", "first_self_pay_rate": rate}
    path = folder / f"{version}.json"
    path.write_text(json.dumps({"version": version, "items": [item]}))
    return str(path)


def mapping(folder: Path, *codes: tuple[str, str]) -> str:
    items = [{"hospital_code": own, "code": code} for own, code in codes]
    path = folder / "mapping.json"
    path.write_text(json.dumps({"items": items}))
    return str(path)


def coded(visit: str, person: str, **line: Any) -> Json:
    made = bill(visit, person)
    own = {"id": "L1", "quantity": "1", "unit_price": "1000.00", "amount": "1000.00"}
    return {**made, "lines": [{**own, **line}]}


def evidence(service: Service, visit: str) -> Json:
    rows = service.rows("SELECT evidence FROM settlement_settlement WHERE visit = %s", visit)
    return json.loads(zlib.decompress(rows[0][0]))


def test_lines_are_looked_up_in_the_catalogue_and_the_hospitals_own_mapping(
    service: Service, tmp_path: Path
) -> None:
    token = service.token(may_back_date=True)
    status, told = service.settle(token, coded("I1", "PI", code=AMOXICILLIN))
    assert (status, [f["code"] for f in told["faults"]]) == (422, ["F308"])  # no catalogue yet
    code, told = run(service, "install", catalogue(tmp_path, "v1"), "--kind", "catalogue")
    assert (code, told["installed"]["name"]) == (0, "catalogue")
    first = told["installed"]["digest"]
    status, settled = service.settle(token, coded("I1", "PI", code=AMOXICILLIN))
    assert (status, settled["first_self_pay"], settled["catalogue"]) == (201, "100.00", "v1")
    assert evidence(service, "I1")["catalogue_digest"] == first
    # the facility F has a mapping, G has none
    own = mapping(tmp_path, ("H3", AMOXICILLIN))
    code, told = run(service, "install", own, "--kind", "mapping", "--facility", "F")
    assert code == 0
    status, settled = service.settle(token, coded("I2", "PI", hospital_code="H3"))
    assert (status, settled["first_self_pay"]) == (201, "100.00")
    assert evidence(service, "I2")["mapping_digest"] == told["installed"]["digest"]
    elsewhere = {**coded("I3", "PI", hospital_code="H3")}
    elsewhere["facility"] = {**elsewhere["facility"], "code": "G"}
    status, told = service.settle(token, elsewhere)
    assert (status, [f["code"] for f in told["faults"]]) == (422, ["F320"])
    # another version follows: what was settled keeps the old one
    run(service, "install", catalogue(tmp_path, "v2", "0.2"), "--kind", "catalogue")
    _, settled = service.settle(token, coded("I4", "PI", code=AMOXICILLIN))
    assert (settled["first_self_pay"], settled["catalogue"]) == ("200.00", "v2")
    old = ruling.rules(evidence(service, "I1")["generation"])
    assert (old.catalogue.version, old.catalogue_digest) == ("v1", first)
    _, looked = service.ask("POST", "/api/v1/precheck", token, coded("I5", "PI", code=AMOXICILLIN))
    assert looked["catalogue"] == "v2"


def test_who_installs_what_is_recorded(service: Service, tmp_path: Path) -> None:
    code, told = run(service, "install", catalogue(tmp_path, "vr", "0.9"), "--kind", "catalogue")
    assert code == 0
    ((actor, role, subject, detail),) = service.rows(
        "SELECT actor, role, subject, detail FROM audit_log_record WHERE action = 'policy.install'"
        " ORDER BY id DESC LIMIT 1"
    )
    assert (actor, role) == (f"command:{getpass.getuser()}", "district_admin")
    installed = told["installed"]
    assert (subject, detail) == (
        "catalogue:catalogue", {"digest": installed["digest"], "since": installed["since"]},
    )  # fmt: skip


def test_what_waits_for_its_moment_does_not_rule_before(service: Service, tmp_path: Path) -> None:
    token = service.token(may_back_date=True)
    run(service, "install", catalogue(tmp_path, "now", "0.3"), "--kind", "catalogue")
    soon = (datetime.now(UTC) + timedelta(seconds=5)).isoformat()
    code, _ = run(
        service,
        "install",
        catalogue(tmp_path, "soon", "0.4"),
        "--kind",
        "catalogue",
        "--since",
        soon,
    )
    assert code == 0
    _, settled = service.settle(token, coded("J1", "PJ", code=AMOXICILLIN))
    assert settled["catalogue"] == "now"
    # something else that is installed meanwhile does not bring it forward
    run(
        service,
        "install",
        mapping(tmp_path, ("H9", AMOXICILLIN)),
        "--kind",
        "mapping",
        "--facility",
        "J",
    )
    _, settled = service.settle(token, coded("J2", "PJ", code=AMOXICILLIN))
    assert settled["catalogue"] == "now"
    before = evidence(service, "J2")["generation"]
    while datetime.now(UTC).isoformat() <= soon:
        time.sleep(0.05)
    _, settled = service.settle(token, coded("J3", "PJ", code=AMOXICILLIN))
    assert settled["catalogue"] == "soon"
    ruling.rules.cache_clear()
    assert ruling.rules(before).catalogue.version == "now"
    assert "H9" in ruling.rules(evidence(service, "J3")["generation"]).mappings["J"].by_code


def test_nothing_comes_into_force_in_the_past(service: Service, tmp_path: Path) -> None:
    late = catalogue(tmp_path, "late")
    code, told = run(service, "install", late, "--kind", "catalogue", "--since", "2019-01-01")
    assert (code, [f["code"] for f in told["faults"]]) == (1, ["S499"])
    code, told = run(service, "install", late, "--kind", "catalogue", "--since", "soon")
    assert (code, [f["code"] for f in told["faults"]]) == (1, ["F203"])


def test_a_pack_is_a_draft_until_it_is_put_in_force(service: Service, tmp_path: Path) -> None:
    folder = tmp_path / "cn" / "999999" / "2019"
    for name, content in banan.FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content.decode().replace(banan.PACK_ID, "cn/999999/2019").replace("500113", "999999")
        path.write_text(text)
    token = service.token(may_back_date=True)
    there = {"facility": {"code": "F", "level": "2", "district": "999999"}}
    code, told = run(service, "install", str(folder), "--kind", "pack")
    assert (code, told["installed"]["since"]) == (0, None)
    status, refused = service.settle(token, bill("Z1", "PZ", **there))
    assert (status, [f["code"] for f in refused["faults"]]) == (422, ["F401"])
    code, told = run(service, "install", str(folder), "--kind", "pack", "--since", "now")
    assert (code, told["installed"]["name"]) == (0, "cn/999999/2019")
    status, settled = service.settle(token, bill("Z1", "PZ", **there))
    assert (status, settled["pack"], settled["patient"]) == (201, "cn/999999/2019", "1195.80")
    assert evidence(service, "Z1")["pack_digest"] == told["installed"]["digest"]
    rows = run(service, "list")[1]["installed"]
    assert [r["name"] for r in rows if r["kind"] == "pack" and "999999" in r["name"]] == [
        "cn/999999/2019"
    ]
    assert run(service, "install", str(folder), "--kind", "pack", "--since", "now")[0] == 0
    assert (
        run(service, "list")[1]["installed"] == rows
    )  # the same content is not put in force twice
    twin = tmp_path / "cn" / "999999" / "twin"
    folder.rename(twin)
    head = twin / "pack.yaml"
    head.write_text(head.read_text().replace("cn/999999/2019", "cn/999999/twin"))
    code, told = run(service, "install", str(twin), "--kind", "pack", "--since", "now")
    assert (code, [f["code"] for f in told["faults"]]) == (1, ["F413"])


def test_two_packs_of_a_district_do_not_rule_at_once_also_not_tomorrow(
    service: Service, tmp_path: Path
) -> None:
    def install(pack_id: str, since: timedelta, district: str = "999989") -> list[str]:
        folder = str(copied(tmp_path, pack_id, district))
        at = (datetime.now(UTC) + since).isoformat()
        _, told = run(service, "install", folder, "--kind", "pack", "--since", at)
        return [f["code"] for f in told.get("faults", ())]

    day = timedelta(days=1)
    assert install("cn/999989/a", day) == []
    assert install("cn/999989/b", day) == ["F413"]  # both tomorrow
    assert install("cn/999989/b", 2 * day) == ["F413"]  # behind the other
    # until the other begins, and then with it
    assert install("cn/999989/b", timedelta(hours=1)) == ["F413"]
    assert install("cn/999989/a", 3 * day) == []
    assert install("cn/999988/b", day, "999988") == []
    rows = run(service, "list")[1]["installed"]
    assert [r["name"] for r in rows if "99998" in r["name"] and r["since"]] == [
        "cn/999988/b", "cn/999989/a",
    ]  # fmt: skip


def test_a_list_with_faults_is_not_installed(service: Service, tmp_path: Path) -> None:
    rows = "SELECT count(*) FROM policy_source"
    before = service.rows(rows)
    twice = mapping(tmp_path, ("H1", "A"), ("H1", "B"))
    code, told = run(service, "install", twice, "--kind", "mapping", "--facility", "F")
    assert (code, [f["code"] for f in told["faults"]]) == (1, ["F321"])
    bad = catalogue(tmp_path, "bad", "1.5")
    code, told = run(service, "install", bad, "--kind", "catalogue")
    assert (code, [f["code"] for f in told["faults"]]) == (1, ["F208"])
    assert service.rows(rows) == before


def copied(folder: Path, pack: str, district: str) -> Path:
    """The pack of 巴南 under another name, for another district."""
    made = folder / pack
    for name, content in banan.FILES.items():
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content.decode().replace(banan.PACK_ID, pack).replace("500113", district)
        path.write_text(text)
    return made


def ruling_in(service: Service, folder: Path, district: str) -> tuple[str, str, Json]:
    """A pack that rules in a district of its own: its id, its folder, and where a bill says that it was treated."""
    pack = f"cn/{district}/2019"
    made = str(copied(folder, pack, district))
    assert run(service, "install", made, "--kind", "pack", "--since", "now")[0] == 0
    return pack, made, {"facility": {"code": "F", "level": "2", "district": district}}


def test_a_withdrawn_pack_settles_nothing_more_and_what_it_settled_stays(
    service: Service, tmp_path: Path
) -> None:
    token = service.token(may_back_date=True)
    pack, folder, there = ruling_in(service, tmp_path, "999998")
    status, settled = service.settle(token, bill("W1", "PW", **there))
    assert (status, settled["pack"]) == (201, pack)
    before = service.rows("SELECT * FROM settlement_settlement ORDER BY id")
    reason = "市里发文停止执行"
    code, told = run(service, "withdraw", pack, "--since", "now", "--reason", reason)
    assert (code, told["faults"], told["withdrawn"]["withdrawn"]) == (0, [], reason)
    status, refused = service.settle(token, bill("W2", "PW", **there))
    assert (status, [f["code"] for f in refused["faults"]]) == (422, ["F401"])
    assert service.rows("SELECT * FROM settlement_settlement ORDER BY id") == before
    path = f"/api/v1/settlements/{settled['settlement_id']}"
    assert service.ask("GET", path, token) == (200, {**settled, "reversed": False})
    ruling.rules.cache_clear()
    found = evidence(service, "W1")
    assert ruling.rules(found["generation"]).digests[pack] == found["pack_digest"]
    recorded = service.rows(
        "SELECT actor_kind, reason, detail FROM audit_log_record WHERE action = 'policy.withdraw' AND subject = %s",
        f"pack:{pack}",
    )
    assert [(kind, why) for kind, why, _ in recorded] == [("command", reason)]
    listed = [r for r in run(service, "list")[1]["installed"] if r["name"] == pack]
    assert [(r["digest"], r.get("withdrawn")) for r in listed] == [
        (found["pack_digest"], None), (None, reason),
    ]  # fmt: skip
    # another time there is nothing to withdraw; installed again, it rules again
    code, told = run(service, "withdraw", pack, "--since", "now", "--reason", "又")
    assert (code, [f["code"] for f in told["faults"]]) == (1, ["S449"])
    assert run(service, "install", folder, "--kind", "pack", "--since", "now")[0] == 0
    assert service.settle(token, bill("W2", "PW", **there))[0] == 201


def test_a_pack_is_withdrawn_from_a_moment_on_and_not_before(
    service: Service, tmp_path: Path
) -> None:
    token = service.token(may_back_date=True)
    pack, _, there = ruling_in(service, tmp_path, "999997")
    code, told = run(service, "withdraw", pack, "--since", "2019-01-01", "--reason", "迟")
    assert (code, [f["code"] for f in told["faults"]]) == (1, ["S499"])
    soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    assert run(service, "withdraw", pack, "--since", soon, "--reason", "到期")[0] == 0
    assert service.settle(token, bill("X1", "PX", **there))[0] == 201
    while datetime.now(UTC).isoformat() <= soon:
        time.sleep(0.05)
    assert service.settle(token, bill("X2", "PX", **there))[0] == 422


def test_a_pack_that_another_builds_upon_is_not_withdrawn(service: Service, tmp_path: Path) -> None:
    base, above = "cn/999996/2019", "cn/999996/2020"
    folder = str(copied(tmp_path, base, "999996"))
    assert run(service, "install", folder, "--kind", "pack", "--since", "now")[0] == 0
    child = tmp_path / above
    child.mkdir(parents=True)
    head = {
        "pack": above,
        "extends": base,
        "district": "999995",
        "title": {"zh": "继承的", "en": "above"},
    }
    (child / "pack.yaml").write_text(json.dumps(head, ensure_ascii=False))
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    code, told = run(service, "install", str(child), "--kind", "pack", "--since", later)
    assert (code, told["faults"]) == (0, [])
    for since in ("now", (datetime.now(UTC) + timedelta(days=2)).isoformat()):
        code, told = run(service, "withdraw", base, "--since", since, "--reason", "试")
        assert (code, [f["code"] for f in told["faults"]]) == (1, ["S448"])
        assert above in told["faults"][0]["what"]
    assert run(service, "withdraw", above, "--since", "now", "--reason", "先停它")[0] == 1
    latest = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    assert run(service, "withdraw", above, "--since", latest, "--reason", "先停它")[0] == 0
    assert run(service, "withdraw", base, "--since", latest, "--reason", "再停它")[0] == 0
    code, told = run(service, "install", str(child), "--kind", "pack", "--since", later)
    assert (code, [f["code"] for f in told["faults"]]) == (1, ["P105"])  # what it extends goes


@pytest.mark.parametrize(
    "words",
    [
        ("install", "x", "--kind", "list"),
        ("install", "x", "--kind", "mapping"),
        ("install", "x", "--kind", "catalogue", "--facility", "F"),
        ("withdraw", "x", "--since", "now"),
        ("withdraw", "x", "--reason", "试"),
        ("withdraw", "x", "--since", "now", "--reason", "  "),
    ],
)
def test_misuse_ends_with_2(service: Service, words: tuple[str, ...]) -> None:
    assert run(service, *words)[0] == 2


CODES = {"S448", "S449", "S499"}
"""The codes that this file makes."""
