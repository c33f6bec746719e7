"""Back to the release before, with the data as the upgrade's backup has it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from doudi.errors import Faulty, fault
from doudi_setup import driving
from doudi_setup.layout import BACKUP, RESTORE, Home
from doudi_setup.placing import must_have_room, put_command
from doudi_setup.swapping import put_back, tidy
from doudi_setup.upgrading import Say, must_be_settled

SETTLED = "settlement_settlement"
_NAMED = {
    SETTLED: "结算", "settlement_visit": "就医", "register_person": "人员", "register_fact": "登记",
    "review_request": "审批", "clearing_event": "兜底付款", "tenancy_account": "账号",
}  # fmt: skip


def rollback(home: Home, passphrase_file: Path, lose: int | None, say: Say) -> dict[str, Any]:
    """To the release before the last upgrade; what the history says of it. Raises Faulty.

    What came since is lost: it is counted, and `lose` must be the number of settlements. It is kept in a backup of
    its own before.
    """
    last, now_used = _last_upgrade(home)
    driving.must_be_stopped(home, "退回")
    old, data = last["from"], str(home.data)
    try:
        since = lost(
            last["rows"],
            driving.told(home, now_used, "operation", "counts", "--data", data)["rows"],
        )
    except driving.Failed as failed:
        raise Faulty([fault("S766", str(home.root), version=old, step="退回以前的清点",
                            reason=str(failed), old=now_used)]) from failed  # fmt: skip
    count = since.get(SETTLED, 0)
    if since and lose != count:
        raise Faulty([fault("S767", str(home.root), version=old, count=count, told=_told(since))])
    must_have_room(home.root, 2 * driving.size_of(home.data), "退回")
    stamp = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    kept = home.backups / f"{now_used}-before-back-to-{old}-{stamp}.doudi"
    phrase = str(passphrase_file.absolute())
    under = {
        "what": "rollback",
        "from": old,
        "to": now_used,
        "backup": last["backup"],
        "passphrase_file": phrase,
    }
    try:
        say(f"先把现在的备份到 {kept}")
        driving.run(
            home,
            now_used,
            "backup",
            "--data",
            data,
            "--out",
            str(kept),
            "--passphrase-file",
            phrase,
        )
        say(f"恢复升级以前的备份：{last['backup']}")
        put_back(home, old, {**under, "step": RESTORE})
        home.switch(old)
        put_command(home)
        say("试着启动，看健康检查")
        driving.must_answer(home, old)
    except (driving.Failed, OSError) as failed:
        raise Faulty([_failed(home, str(failed), old, now_used)]) from failed
    home.note("rollback", **{"from": now_used, "to": old, "lost": since, "kept": str(kept)})
    home.step(None)
    tidy(home)
    return home.history()[-1]


def _last_upgrade(home: Home) -> tuple[dict[str, Any], str]:
    """The upgrade that brought the release in use, and that release. Raises Faulty."""
    must_be_settled(home)
    used, where = home.in_use(), str(home.root)
    moves = [one for one in home.history() if one["done"] in ("install", "upgrade", "rollback")]
    if not moves or moves[-1]["done"] != "upgrade" or moves[-1]["to"] != used:
        state = f"现在用的 {used or '还没有装'}，不是刚升级来的"
        raise Faulty([fault("S762", where, act="退回", state=state)])
    last = moves[-1]
    if not home.is_there(last["from"]):
        raise Faulty([fault("S762", where, act="退回", state=f"{last['from']} 已经删了")])
    backup = Path(last["backup"])
    if not backup.is_file() or backup.stat().st_size != last["size"]:
        raise Faulty(
            [fault("S762", where, act="退回", state=f"升级时的备份不在，或不完整：{backup}")]
        )
    return last, used or ""


def lost(before: Mapping[str, int], after: Mapping[str, int]) -> dict[str, int]:
    """How many rows of what people know by name came since, by table; nothing of what did not change."""
    return {name: more for name in _NAMED if (more := after.get(name, 0) - before.get(name, 0))}


def _told(since: Mapping[str, int]) -> str:
    return "、".join(f"{_NAMED[name]} {count}" for name, count in since.items())


def _failed(home: Home, reason: str, old: str, used: str) -> Any:
    """What is told where it did not succeed: until the data is swapped nothing has changed."""
    under = home.under_way()
    if under is None or under["step"] in (BACKUP, RESTORE):
        home.step(None)
        tidy(home)
        return fault("S766", str(home.root), version=old, step="退回", reason=reason, old=used)
    return fault("S769", str(home.root), step=f"{under['step']}（{reason[:300]}）")
