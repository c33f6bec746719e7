"""A data folder and a port are one service's: how it starts beside another, stops, and is killed."""

import os
import shutil
import signal
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from web.served import DOUDI, Served


@pytest.fixture(scope="module")
def served(module_folder: Path) -> Iterator[Served]:
    made = Served(module_folder / "data")
    made.start()
    yield made
    made.stop()


def _ran(*words: str) -> tuple[int, str]:
    ran = subprocess.run([*DOUDI, *words], capture_output=True, timeout=60, check=False)
    return ran.returncode, ran.stderr.decode()


def _until_in_log(served: Served, text: str) -> None:
    until = time.monotonic() + 60
    while text not in served.log():
        assert time.monotonic() < until, served.log()
        time.sleep(0.005)


def test_a_port_that_is_taken_is_told(served: Served, folder: Path) -> None:
    other = folder / "other"
    code, told = _ran("serve", "--data", str(other), "--port", str(served.port))
    assert (code, "S513" in told, "Traceback" in told) == (1, True, False)
    assert not other.exists()


def test_a_copy_of_a_folder_whose_database_runs_is_not_opened(served: Served, folder: Path) -> None:
    """Its commands read and wrote the original, which the copy's notes name as running."""
    copy = folder / "copy"
    shutil.copytree(served.data, copy, ignore=shutil.ignore_patterns(".s.PGSQL*"))
    code, told = _ran("account", "list", "--data", str(copy))
    assert (code, "S512" in told, str(served.data) in told) == (1, True, True)
    code, told = _ran("account", "list", "--data", str(served.data))
    assert code == 0, told


def test_a_number_that_another_program_has_by_now_is_no_running_database(folder: Path) -> None:
    data = folder / "stale"
    assert (
        _ran("token", "create", "--data", str(data), "--client", "t", "--role", "auditor")[0] == 0
    )
    notes = data / "postgres" / "postmaster.pid"
    assert not notes.exists()
    notes.write_text(
        f"{os.getpid()}\n{data / 'postgres'}\n1700000000\n5432\n{data}\n\n1 1\nready   \n"
    )
    code, told = _ran("token", "list", "--data", str(data))
    assert code == 0, told


def test_the_database_stops_with_the_service_after_an_earlier_one_was_killed(folder: Path) -> None:
    served = Served(folder / "killed")
    served.start()
    served.kill()
    served.start()
    assert served.process is not None
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(30) == 0
    assert not (served.data / "postgres" / "postmaster.pid").exists()


@pytest.mark.slow
def test_ctrl_c_ends_workers_that_are_just_starting(folder: Path) -> None:
    """A signal that comes before granian listens for it is lost; the worker is killed when its time is up."""
    served = Served(folder / "early")
    served.start()
    served.stop()
    log = (folder / "early.log").open("wb")
    served.process = subprocess.Popen(
        [*DOUDI, "serve", "--data", str(served.data), "--port", str(served.port)],
        stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip
    _until_in_log(served, "Spawning worker-1")
    os.killpg(served.process.pid, signal.SIGINT)
    assert served.process.wait(20) == 0, served.log()


@pytest.mark.slow
def test_ctrl_c_ends_an_established_service_by_itself(folder: Path) -> None:
    """Long before workers are killed. By the clock: granian also says it of one that has just ended."""
    served, taken = Served(folder / "ended"), list[float]()
    for _ in range(3):
        served.start()
        assert served.process is not None
        asked = time.monotonic()
        os.killpg(served.process.pid, signal.SIGINT)
        assert served.process.wait(20) == 0, served.log()
        taken.append(time.monotonic() - asked)
    assert statistics.median(taken) < 8


@pytest.mark.slow
def test_workers_that_die_one_soon_after_another_are_started_anew(folder: Path) -> None:
    """Granian ends where a worker dies again within seconds of its start."""
    served = Served(folder / "dying")
    served.start()
    assert served.process is not None
    dying = served.workers()[0]
    for _ in range(2):
        others, until = set(served.workers()), time.monotonic() + 30
        os.kill(dying, signal.SIGKILL)
        while not (new := set(served.workers()) - others):
            assert time.monotonic() < until, served.log()
            time.sleep(0.02)
        dying = new.pop()
    served.wait(60)
    assert "started anew" in served.log()
    assert served.process.poll() is None
    served.stop()


CODES = {"S512", "S513"}
"""The codes that this file makes."""
