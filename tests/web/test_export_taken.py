"""An export looked at before it is made, and its files taken away: once, by who asked, recorded."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from doudi_web.exchange import looking, selectors, taking
from doudi_web.exchange.exporting import Asked, Done, export
from doudi_web.exchange.models import ExportRow, ExportTaken
from doudi_web.exchange.profiles import profile
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.who import Actor, actor_of_account
from web.accounts import person
from web.service import Service
from web.test_exporting import registered, settled

CODES = {"S736", "S737", "S739"}


def admin() -> Actor:
    return actor_of_account(person("district_admin"))


def quiet(_: int, __: int | None) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
def patients(service: Service) -> Service:
    """Three who were settled; of the last visit no diagnosis is known."""
    service.facilities("F")
    for n in range(3):
        registered(service, f"XT{n}", 900 + n)
        settled(service, f"XT{n}", f"XT{n}", **({"diagnoses": []} if n == 2 else {}))
    return service


def made(who: Actor, folder: Path, **more: Any) -> Done:
    return export(who, profile("national"), folder, Asked("试", **more), quiet)


def refused(call: Any, *values: Any) -> tuple[int, list[str]]:
    with pytest.raises(Refusal) as told:
        call(*values)
    return told.value.status, [f.code for f in told.value.faults]


def test_a_look_counts_what_the_export_then_does_and_keeps_nothing(
    patients: Service, tmp_path: Path
) -> None:
    assert patients
    who = admin()
    told = looking.look(who, profile("national"), Asked("看"), quiet)
    assert ExportRow.objects.filter(profile="national").count() == 0
    assert (told["exported"], told["held_back"]) == (2, 1), told["causes"]
    done = made(who, tmp_path)
    counts = {key: told[key] for key in ("exported", "withdrawn", "held_back", "left_out")}
    assert counts == {key: getattr(done, key) for key in counts}
    assert sum(counts.values()) == 3
    held = selectors.rows(
        who, profile="national", state="held_back", answer="", run=None, after=0, limit=9
    )
    assert [r["settlement_id"] for r in told["held"]] == [r["settlement_id"] for r in held["rows"]]
    assert [r["reasons"] for r in told["held"]] == [r["reasons"] for r in held["rows"]]


def test_a_file_is_taken_once_by_who_asked_and_as_it_was_written(patients: Service) -> None:
    who, other = admin(), admin()
    folder = Path(settings.DATA) / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    done = made(who, folder, whole=True)
    name = done.files[0].name
    assert refused(taking.take, other, done.run, name, "报送") == (403, ["S739"])
    assert refused(taking.take, who, done.run, name, " ") == (422, ["S483"])
    assert refused(taking.take, who, done.run, "../secret", "报送") == (404, ["S547"])
    assert ExportTaken.objects.count() == 0
    assert taking.take(who, done.run, name, "报送") == done.files[0].read_bytes()
    assert (
        taking.take(who, done.run, name, "断线") == done.files[0].read_bytes()
    )  # within ten minutes
    ExportTaken.objects.update(at=ExportTaken.objects.order_by("id")[0].at - timedelta(minutes=11))
    assert refused(taking.take, who, done.run, name, "再取") == (409, ["S736"])
    log = patients.rows(
        "SELECT reason FROM audit_log_record WHERE action = 'exports.file.export' ORDER BY id"
    )
    assert log == [("报送",), ("断线",)]
    again = made(who, folder, whole=True)
    again.files[0].write_bytes(b"other")
    assert refused(taking.take, who, again.run, again.files[0].name, "报送") == (409, ["S737"])
    again.files[0].unlink()
    assert refused(taking.take, who, again.run, again.files[0].name, "报送") == (409, ["S737"])
