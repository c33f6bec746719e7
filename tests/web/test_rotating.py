"""A new key for who somebody is: killed in the midst it goes on under the same key, and everything opens."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from web.people import person
from web.served import DOUDI, Served

PEOPLE = 3000


def _rekeyed(served: Served) -> "subprocess.CompletedProcess[bytes]":
    words = [*DOUDI, "register", "rekey", "--data", str(served.data)]
    return subprocess.run(words, capture_output=True, check=False, timeout=120)


def _under(served: Served) -> dict[int, int]:
    """How many people's names are under each key."""
    rows = served.rows("SELECT get_byte(name, 1), count(*) FROM register_person GROUP BY 1")
    return dict(rows)


def _names(served: Served, admin: str) -> list[str]:
    found: list[str] = []
    for n in (1, PEOPLE // 2, PEOPLE):
        path = f"/api/v1/persons/K{n}?unmask=1&reason=%E6%A0%B8%E5%AF%B9"
        status, told = served.ask("GET", path, admin)
        assert status == 200
        found.append(told["name"])
    return found


@pytest.mark.slow
def test_killed_in_the_midst_it_goes_on_under_the_same_key(folder: Path) -> None:
    """The rows of one batch are held from beside, so that the kill comes where some are done and some are not."""
    served = Served(folder / "data")
    served.start()
    try:
        admin = served.token("district_admin")
        for start in range(1, PEOPLE + 1, 500):
            stated = [person(f"K{n}", name=f"名{n}") for n in range(start, start + 500)]
            assert (
                served.ask("POST", "/api/v1/persons", admin, {"persons": stated}, within=120)[0]
                == 201
            )
        assert _under(served) == {1: PEOPLE}
        with psycopg.connect(served.database) as beside:
            ((held,),) = served.rows(
                "SELECT id FROM register_person ORDER BY id OFFSET 1700 LIMIT 1"
            )
            beside.execute("SELECT FROM register_person WHERE id = %s FOR UPDATE", [held])
            process = subprocess.Popen([*DOUDI, "register", "rekey", "--data", str(served.data)])
            until = time.monotonic() + 60
            while _under(served) != {1: 1500, 2: 1500}:
                assert time.monotonic() < until, _under(served)
                time.sleep(0.05)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        assert _names(served, admin) == ["名1", f"名{PEOPLE // 2}", f"名{PEOPLE}"]  # under two keys
        ran = _rekeyed(served)
        assert ran.returncode == 0, ran.stderr
        assert "第 2 把密钥；重新加密 1500 人，接着上一次没有做完的" in ran.stdout.decode()
        assert _under(served) == {2: PEOPLE}
        assert _names(served, admin) == ["名1", f"名{PEOPLE // 2}", f"名{PEOPLE}"]
        assert sorted(p.name for p in (served.data / "secrets").glob("persons.*")) == [
            "persons.1",
            "persons.2",
        ]
        assert "第 3 把密钥" in _rekeyed(served).stdout.decode()  # what ended is not taken up again
        assert _under(served) == {3: PEOPLE}
    finally:
        served.stop()
