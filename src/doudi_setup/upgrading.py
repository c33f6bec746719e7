"""From one release to the next, with the data; where it does not succeed, back by itself.

In this order: place the new release beside, back up, migrate, ask the new release whether it is well, switch.
Each step stands in upgrade.json before it is begun, so that what was killed can be taken up.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from doudi.errors import Faulty, fault
from doudi_setup import driving
from doudi_setup.layout import BACKUP, MIGRATE, SWITCH, Home, Release, order_of
from doudi_setup.placing import fitting, must_have_room, place, put_command
from doudi_setup.swapping import put_back, tidy

Say = Callable[[str], None]


def install(home: Home, archive: Path, say: Say) -> Release:
    """The first release on this machine. Raises Faulty."""
    release = fitting(archive)
    if (used := home.in_use()) is not None:
        told = fault("S762", str(home.root), act="安装", state=f"已经装了 {used}")
        raise Faulty([told])
    home.root.mkdir(parents=True, exist_ok=True)
    if not home.is_there(release.version):
        say(f"安装 {release.version}")
        place(home, archive, release)
    home.backups.mkdir(mode=0o700, exist_ok=True)
    home.switch(release.version)
    put_command(home)
    home.note("install", to=release.version)
    return release


def upgrade(home: Home, archive: Path, passphrase_file: Path, say: Say) -> dict[str, Any]:
    """To the release of an unpacked archive; what the history says of it. Raises Faulty."""
    release = fitting(archive)
    old = _may_upgrade(home, release.version)
    driving.must_be_stopped(home, "升级")
    size = driving.size_of(home.data)
    must_have_room(home.backups, size, "升级以前的备份")
    if not home.is_there(release.version):
        say(f"安装 {release.version}，{old} 还在用")
        place(home, archive, release)
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    backup = home.backups / f"{old}-to-{release.version}-{stamp}.doudi"
    under = {
        "what": "upgrade", "from": old, "to": release.version, "backup": str(backup),
        "passphrase_file": str(passphrase_file.absolute()),
    }  # fmt: skip
    try:
        made = _migrated(home, under, say)
    except (driving.Failed, OSError) as failed:
        raise Faulty([_went_back(home, str(failed), say)]) from failed
    kept = {"rows": made["rows"], "digest": made["digest"], "size": made["size"]}
    home.note("upgrade", **{"from": old, "to": release.version, "backup": str(backup)}, **kept)
    home.step(None)
    return home.history()[-1]


def _may_upgrade(home: Home, version: str) -> str:
    """The release in use, from which one may go to that version. Raises Faulty."""
    must_be_settled(home)
    old, where = home.in_use(), str(home.root)
    if old is None:
        raise Faulty([fault("S762", where, act="升级", state="还没有装过")])
    if order_of(version) <= order_of(old):
        state = f"现在用的是 {old}，安装包是 {version}，不比它新"
        raise Faulty([fault("S762", where, act="升级", state=state)])
    if not (home.data / "postgres").is_dir():
        state = f"{home.data} 里没有自带的数据库"
        raise Faulty([fault("S762", where, act="升级", state=state)])
    return old


def must_be_settled(home: Home) -> None:
    """Raises Faulty where an upgrade or a rollback was broken off."""
    under = home.under_way()
    if under is not None:
        raise Faulty([fault("S769", str(home.root), step=under["step"])])


def _migrated(home: Home, under: dict[str, Any], say: Say) -> dict[str, Any]:
    """Back up, migrate, ask, switch; what the backup holds. Raises Failed."""
    old, new, data = under["from"], under["to"], str(home.data)
    home.step({**under, "step": BACKUP})
    say(f"备份到 {under['backup']}")
    asked = ("--out", under["backup"], "--passphrase-file", under["passphrase_file"])
    made = driving.told(home, old, "backup", "--data", data, *asked)
    home.step({**under, "step": MIGRATE})
    say(f"{MIGRATE}，{new}")
    driving.run(home, new, "operation", "migrate", "--data", data)
    say("试着启动，看健康检查")
    driving.must_answer(home, new)
    home.step({**under, "step": SWITCH})
    home.switch(new)
    put_command(home)
    return made


def _went_back(home: Home, reason: str, say: Say) -> Any:
    """Undo an upgrade that did not succeed; the fault that tells it."""
    under = home.under_way()
    assert under is not None
    step, version, old = under["step"], under["to"], under["from"]
    try:
        recover(home, say)
    except (Faulty, driving.Failed, OSError) as failed:
        return fault("S769", str(home.root), step=f"{step}（{reason[:200]}；{str(failed)[:200]}）")
    return fault("S766", str(home.root), version=version, step=step, reason=reason, old=old)


def recover(home: Home, say: Say) -> str | None:
    """Take up what was broken off: an upgrade goes back to the old release, a rollback goes on to its end.

    The version in use then; None where nothing was broken off. Raises Faulty, Failed.
    """
    under = home.under_way()
    if under is None:
        return None
    driving.must_be_stopped(home, "恢复")
    old = under["from"]
    step = under["step"]
    if step == BACKUP:
        with suppress(OSError):
            Path(under["backup"]).unlink()
    else:
        say(f"恢复升级以前的备份：{under['backup']}")
        put_back(home, old, under)
    home.switch(old)
    put_command(home)
    home.step(None)
    done = "rollback" if under["what"] == "rollback" else "recovered"
    home.note(done, **{"from": under["to"], "to": old, "step": step})
    tidy(home)
    return old
