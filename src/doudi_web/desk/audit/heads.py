"""Heads that are kept outside: the one of now, to whom it was handed, and what it came to when one came back."""

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from doudi_web.desk.page import Asked, Shown, faults_of, page, show, to
from doudi_web.desk.sheet import all_rows, sheet, table_of
from doudi_web.papers.code import qr
from doudi_web.settlement.heads import head_json
from doudi_web.settlement.seal import last_head
from doudi_web.settlement.tables import driver
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.witness import handing
from doudi_web.witness.handing import ON, head_text, told_of

_LATE_DAYS = 31
"""At least one a month is to be outside (docs: 核对台账)."""


@page("desk/audit/heads.html", Act.HEADS_HAND, posts=True)
def heads(asked: Asked) -> Shown | HttpResponse:
    """The head of now is handed over; one that comes back is held against the ledger."""
    if table_of(asked.request) is not None:
        return _as_sheet(asked)
    faults, status, stated = (), 200, asked.request.POST
    if asked.is_posted:
        try:
            if stated.get("do") == "back":
                came = handing.take_back(asked.actor, str(stated.get("head", "")))
                return to(f"{reverse('desk:heads')}?came={came.number}")
            made = handing.hand_over(
                asked.actor,
                str(stated.get("to", "")),
                str(stated.get("on", "")),
                str(stated.get("note", "")),
            )
            return to(reverse("desk:head", kwargs={"head": made}))
        except Refusal as refused:
            faults, status = faults_of(refused), refused.status
    rows = handing.listed(asked.actor)
    names = called(row.handed.actor for row in rows)
    head = last_head(driver())
    came = asked.request.GET.get("came", "")
    is_came = came.isascii() and came.isdecimal() and len(came) < 19
    days = (now() - rows[0].handed.at).days if rows else None
    shown = {
        "head": None if head is None else head_json(head), "rows": [
            {"row": row, "by": names.get(row.handed.actor, row.handed.actor), "on": ON[row.handed.on]}
            for row in rows
        ],
        "came": handing.outcome(asked.actor, int(came)) if is_came else None, "media": ON, "faults": faults,
        "days": days, "is_late": days is None or days > _LATE_DAYS,
        "typed": {key: str(stated.get(key, ""))[:4000] for key in ("to", "note", "head")} if faults else {},
    }  # fmt: skip
    return show(asked, "desk/audit/heads.html", shown, status=status)


def _as_sheet(asked: Asked) -> HttpResponse:
    rows = all_rows(lambda most: handing.listed(asked.actor, most))
    names = called(row.handed.actor for row in rows)
    told = {None: "", True: _("接得上"), False: _("接不上")}
    head = [
        _("交接单"), _("交出"), _("谁"), _("交给"), _("用什么"), _("备注"), _("盖住（次记账）"), _("封存"), _("根"),
        _("拿回来对过"), _("结果"),
    ]  # fmt: skip
    return sheet("heads", head, (
        [one.pk, one.at, names.get(one.actor, one.actor), one.to, ON[one.on], one.note, one.size, one.sealed,
         bytes(one.root).hex(), row.returned, told[row.holds]]
        for row in rows for one in [row.handed]
    ))  # fmt: skip


@page("desk/audit/head.html", Act.HEADS_HAND)
def head(asked: Asked, head: int) -> Shown:
    """One that was handed over, as a paper to sign: its lines, and the same as a code."""
    one = handing.handed(asked.actor, head)
    text = head_text(told_of(one))
    lines = [line.partition(" ") for line in text.splitlines()[1:]]
    return {
        "one": one, "lines": [(key, value) for key, _, value in lines], "code": qr(text), "on": ON[one.on],
        "by": called([one.actor]).get(one.actor, one.actor), "text": text,
    }  # fmt: skip


ADDRESSES = [
    path("heads", heads, name="heads"),
    path("heads/<int:head>", head, name="head"),
]
