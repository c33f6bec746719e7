"""How an installation is, thing by thing: what it is now, whether somebody must act, and what they do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from doudi_web.operation.space import Disk, Level, size
from doudi_web.operation.state import State, waiting_seconds
from doudi_web.tenancy.clock import now as clock_now
from doudi_web.tenancy.clock import real_now
from doudi_web.tenancy.named import called

NEED, NEAR, FINE = "need", "near", "fine"
"""Somebody must act; somebody should soon; all is well. In this order the page has them."""

BACKUP_DUE, BACKUP_LATE = timedelta(hours=26), timedelta(days=3)
TRY_DUE = timedelta(days=92)
KEY_OLD = timedelta(days=365)
CERTIFICATE_SOON = timedelta(days=30)
_QUEUE_SECONDS, _SEAL_SECONDS = 600, 60


@dataclass(frozen=True, slots=True)
class Finding:
    """A thing, what it is now, and what to do where it is not well."""

    key: str
    title: str
    level: str
    now: str
    do: str = ""
    note: str = ""


def findings(found: State) -> list[Finding]:
    """Every thing, those first that somebody must act on."""
    order = (NEED, NEAR, FINE)
    return sorted(_all(found), key=lambda one: order.index(one.level))


def _all(found: State) -> Iterator[Finding]:
    for disk in found.disks:
        yield _disk(disk)
    yield _clock(found)
    yield _made(found)
    yield _tried(found)
    yield _database(found)
    yield _sealing(found)
    yield _workers(found)
    yield _queue(found)
    yield _faults(found)
    yield _keys(found)
    yield _certificate(found)
    since = _moment(found.since) if found.since else "—"
    yield Finding("version", _("版本"), FINE, found.version, note=_("%s 起运行") % since)


def _disk(disk: Disk) -> Finding:
    level = {Level.FULL: NEED, Level.LOW: NEAR, Level.FINE: FINE}[disk.level]
    now = _("剩 %(free)s，共 %(total)s") % {"free": size(disk.free), "total": size(disk.total)}
    do = ""
    if level == NEED:
        do = _("现在不收新的写，看的照常。送走旧备份和导出文件，或扩大磁盘；腾出以后自己恢复。")
    elif level == NEAR:
        do = _("这几天送走旧备份和导出文件，或扩大磁盘。")
    return Finding(f"disk-{disk.name}", _("磁盘：%s") % disk.title, level, now, do)


def _clock(found: State) -> Finding:
    title, jumps = _("时钟"), found.jumps
    if not found.is_forward:
        do = _("时间比最后一笔记账还早，现在不能结算，看的照常。把时间对准；对准以后自己恢复。")
        return Finding("clock", title, NEED, _("倒退了"), do)
    note = ""
    if jumps:
        last = jumps[-1]
        at, by = _moment(datetime.fromisoformat(last["at"])), f"{last['seconds']:+,.0f}"
        said = {"n": len(jumps), "at": at, "seconds": by}
        note = _("一周内被拨过 %(n)s 次，最近 %(at)s 拨了 %(seconds)s 秒") % said
    if found.kernel.synchronised is False:
        do = _(
            "结算照常。与内网的时间服务器对时（chrony），没有的，每天与手表核对；差几分钟，一次性口令就登不进来。"
        )
        return Finding("clock", title, NEAR, _("没有对时"), do, note)
    if jumps:
        do = _("查是谁拨的。拨快过的，那时的记账记在将来；拨回来以后，要过了那一刻才能结算。")
        return Finding("clock", title, NEAR, _("被拨过"), do, note)
    if found.kernel.synchronised is None:
        return Finding("clock", title, FINE, _("系统没有说"))
    error = found.kernel.error_seconds or 0.0
    return Finding("clock", title, FINE, _("对着时"), note=_("误差不超过 %s 秒") % f"{error:.3f}")


def _made(found: State) -> Finding:
    title, made = _("上一次备份"), found.made
    do = _("在这一页备份一份，再查每天的定时任务。")
    if not found.can_back_up:
        do = _(
            "在服务器上运行 doudi backup；要在这一页备份，启动时写 DOUDI_BACKUP_PASSPHRASE_FILE。"
        )
    if made is None:
        return Finding("backup", title, NEED, _("还没有备份过"), do)
    age = clock_now() - made.at
    note = _("%(size)s，%(who)s") % {
        "size": size(int(made.detail.get("size", 0))),
        "who": called([made.actor]).get(made.actor, _("服务器上的命令")),
    }
    level = NEED if age > BACKUP_LATE else NEAR if age > BACKUP_DUE else FINE
    return Finding("backup", title, level, _moment(made.at), do if level != FINE else "", note)


def _tried(found: State) -> Finding:
    title, tried = _("上一次试恢复"), found.tried
    do = _("每季度一次：在这一页试恢复最近一份。没有试过的备份，不知道能不能用。")
    if tried is None:
        return Finding("tried", title, NEAR, _("没有试过"), do)
    is_due = clock_now() - tried.at > TRY_DUE
    note = _("%(file)s，%(rows)s 行，台账完好") % {
        "file": tried.detail.get("file", ""), "rows": f"{tried.detail.get('rows', 0):,}",
    }  # fmt: skip
    return Finding(
        "tried", title, NEAR if is_due else FINE, _moment(tried.at), do if is_due else "", note
    )


def _database(found: State) -> Finding:
    database = found.database
    now = size(database.size)
    note = _("PostgreSQL %(version)s，连接 %(n)s（最多 %(most)s），表结构更新过 %(applied)s 次") % {
        "version": database.version.split()[0], "n": database.connections, "most": database.most,
        "applied": database.applied,
    }  # fmt: skip
    if not database.is_migrated:
        do = _("表结构不是这个版本的：停服务，运行 doudi operation migrate，再启动。")
        return Finding("database", _("数据库"), NEED, now, do, note)
    if database.connections * 5 > database.most * 4:
        do = _("连接快用完了：少开几个进程，或调大 max_connections。")
        return Finding("database", _("数据库"), NEAR, now, do, note)
    return Finding("database", _("数据库"), FINE, now, note=note)


def _sealing(found: State) -> Finding:
    title = _("封存")
    if not found.unsealed:
        return Finding("sealing", title, FINE, _("都封了"))
    now = _("还有 %s 笔记账没有封") % f"{found.unsealed:,}"
    waits = waiting_seconds(found.unsealed_since)
    if waits <= _SEAL_SECONDS:
        return Finding("sealing", title, FINE, now, note=_("几秒封一次"))
    since = _moment(found.unsealed_since) if found.unsealed_since else ""
    do = _("结算照常，没有封的还看不出有没有动过。看日志里 doudi.seal 说了什么，重新启动服务。")
    return Finding("sealing", title, NEAR, now, do, _("最早的是 %s 的") % since)


def _workers(found: State) -> Finding:
    if found.workers:
        return Finding("workers", _("进程"), FINE, _("%s 个在答") % found.workers)
    do = _("看日志里为什么停的，重新启动服务。")
    return Finding("workers", _("进程"), NEED, _("一个都没有"), do)


def _queue(found: State) -> Finding:
    queue, title = found.queue, _("费时的事")
    now = _("在做 %(running)s 件，排队 %(queued)s 件") % {
        "running": queue.running,
        "queued": queue.queued,
    }
    failed = "、".join(f"{code} {count}" for code, count in queue.failed.items())
    note = _("一周内没有做成的：%s") % failed if failed else ""
    if queue.queued and waiting_seconds(queue.oldest) > _QUEUE_SECONDS and not queue.running:
        do = _("排着队没有人做：重新启动服务。")
        return Finding("queue", title, NEED, now, do, note)
    if failed:
        return Finding("queue", title, NEAR, now, _("照错误的代码看怎样改，再要一次。"), note)
    return Finding("queue", title, FINE, now)


def _faults(found: State) -> Finding:
    title = _("没有办成的请求")
    if not found.faults:
        return Finding("faults", title, FINE, _("没有"), note=_("从这次启动算起"))
    now = "、".join(f"{code} {count:,}" for code, count in found.faults.items())
    do = _("照代码看错误的表；S500 是程序的错，把日志里那一行报给开发者。")
    return Finding("faults", title, NEAR, now, do, _("从这次启动算起，次数"))


def _keys(found: State) -> Finding:
    title, age = _("个人信息的密钥"), timedelta()
    numbered = [one for one in found.keys if one.name.startswith("persons.")]
    if not numbered:
        return Finding("keys", title, FINE, _("还没有"))
    newest = max(numbered, key=lambda one: int(one.name.rpartition(".")[2]))
    age = real_now() - newest.made
    now = _("第 %(n)s 把，%(days)s 天") % {
        "n": newest.name.rpartition(".")[2],
        "days": f"{age.days:,}",
    }
    note = _("共 %s 把密钥") % len(found.keys)
    if age > KEY_OLD:
        do = _("用满一年：在服务器上运行 doudi register rekey，换一把；断了接着做。")
        return Finding("keys", title, NEAR, now, do, note)
    return Finding("keys", title, FINE, now, note=note)


def _certificate(found: State) -> Finding:
    title, end = _("HTTPS 证书"), found.certificate
    if end is None:
        note = _("启动时写 DOUDI_CERTIFICATE，指出反向代理的证书文件，这里看它什么时候到期")
        return Finding("certificate", title, FINE, _("没有说在哪里"), note=note)
    left = end - real_now()
    do = _("换新证书，重新载入反向代理。")
    if left < timedelta():
        return Finding("certificate", title, NEED, _("过期了，或读不出"), do)
    level = NEAR if left < CERTIFICATE_SOON else FINE
    now = _("%(end)s 到期，还有 %(days)s 天") % {"end": end.date(), "days": left.days}
    return Finding("certificate", title, level, now, do if level == NEAR else "")


def _moment(at: datetime) -> str:
    """A moment in China, to the minute."""
    return at.astimezone(real_now().tzinfo).strftime("%Y-%m-%d %H:%M")
