"""What a monitor is told beside whether the service can settle: what will soon be wrong, how much room is left."""

from typing import Any

from doudi_web.operation import backups, clock, space
from doudi_web.operation.space import Level
from doudi_web.tenancy.clock import now


def health() -> tuple[bool, dict[str, Any]]:
    """Whether new writes are taken, and what will soon keep them from being taken."""
    level = space.level()
    warnings = ["space"] if level is not Level.FINE else []
    if clock.kernel().synchronised is False:
        warnings.append("clock_unsynchronised")
    if clock.recent():
        warnings.append("clock_set")
    return level is not Level.FULL, {"space": level is not Level.FULL, "warnings": warnings}


def gauges() -> dict[str, tuple[str, int]]:
    """By name, with what it means."""
    found = {
        f"{one.name}_free_bytes": (f"{one.title}所在的磁盘还空多少字节", one.free)
        for one in space.disks()
    }
    kernel = clock.kernel()
    if kernel.synchronised is not None:
        found["clock_synchronised"] = ("系统时钟有没有对时", int(kernel.synchronised))
    found["clock_set"] = ("一周内时钟被拨过几次", len(clock.recent()))
    return found


def backup_gauges() -> dict[str, tuple[str, int]]:
    """The age of the last backup and of its last test, in seconds; nothing where there was none."""
    found: dict[str, tuple[str, int]] = {}
    for name, title, at in (
        ("backup_age_seconds", "上一次备份到现在多少秒", backups.last_at(backups.MADE)),
        ("restore_test_age_seconds", "上一次试恢复到现在多少秒", backups.last_at(backups.TRIED)),
    ):
        if at is not None:
            found[name] = (title, int((now() - at).total_seconds()))
    return found
