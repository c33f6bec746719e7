"""公示: notices as they hang, masked; objections and replies."""

from datetime import timedelta

from django.http import HttpResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from doudi.errors import Fault
from doudi_web.desk.page import Asked, Shown, page, show, to
from doudi_web.desk.sheet import all_rows, sheet, table_of
from doudi_web.notices import making
from doudi_web.notices.making import HANGS_DAYS, TITLES, Kind
from doudi_web.notices.masking import SMALL
from doudi_web.papers import noticed
from doudi_web.papers.kinds import Kind as Paper
from doudi_web.papers.printed import prints_of
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Township
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act

_ON_FORM = frozenset({409, 422})
_DAYS = ("first", "last", "hangs_from", "hangs_to")


@page("desk/township/notices.html", Act.NOTICES_READ, posts=True)
def notices(asked: Asked) -> Shown | HttpResponse:
    """What hangs and hung; a new one is made of a period."""
    if table_of(asked.request) is not None:
        return _as_sheet(asked)
    posted, faults, status = asked.request.POST, tuple[Fault, ...](), 200
    today = now().date()
    begun = today.replace(day=1)
    typed = {
        "kind": "standing", "first": (begun - timedelta(days=1)).replace(day=1).isoformat(),
        "last": (begun - timedelta(days=1)).isoformat(), "hangs_from": today.isoformat(),
        "hangs_to": (today + timedelta(days=HANGS_DAYS)).isoformat(),
    }  # fmt: skip
    if asked.is_posted:
        typed = {key: str(posted.get(key, ""))[:20] for key in ("kind", *_DAYS)}
        try:
            made = making.make(asked.actor, typed["kind"], [typed[key] for key in _DAYS])
            return to(reverse("desk:notice", kwargs={"notice": made}))
        except Refusal as refused:
            if refused.status not in _ON_FORM:
                raise
            faults, status = refused.faults, refused.status
    found = making.listed(asked.actor)
    rows = [
        {"one": n, "title": TITLES[Kind(n.kind)], "hangs": n.hangs_from <= today <= n.hangs_to}
        for n in found
    ]
    shown = {
        "rows": rows, "typed": typed, "faults": faults, "kinds": [(k.value, t) for k, t in TITLES.items()],
        "hanging": sum(bool(row["hangs"]) for row in rows), "small": SMALL, "days": HANGS_DAYS,
    }  # fmt: skip
    return show(asked, "desk/township/notices.html", shown, status=status)


def _as_sheet(asked: Asked) -> HttpResponse:
    found = all_rows(lambda most: making.listed(asked.actor, most))
    by = called(one.by for one in found)
    towns = dict(Township.objects.values_list("code", "name"))
    head = [
        _("编号"), _("乡镇（街道）"), _("公示什么"), _("哪一期从"), _("到"), _("挂从"), _("挂到"), _("人次"),
        _("谁做的"), _("做的时间"),
    ]  # fmt: skip
    return sheet("notices", head, (
        [one.pk, towns.get(one.township, one.township), TITLES[Kind(one.kind)], one.first, one.last, one.hangs_from,
         one.hangs_to, len(one.rows), by.get(one.by, one.by), one.made]
        for one in found
    ))  # fmt: skip


@page("desk/township/notice.html", Act.NOTICES_READ, posts=True)
def notice(asked: Asked, notice: int) -> Shown | HttpResponse:
    """One notice as it hangs, what was objected and replied."""
    posted, faults, status = asked.request.POST, tuple[Fault, ...](), 200
    if asked.is_posted:
        try:
            if posted.get("do") == "reply":
                stated = str(posted.get("objection", ""))
                number = (
                    int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 19 else 0
                )
                making.reply(asked.actor, notice, number, str(posted.get("reply", "")).strip())
            else:
                making.objected(asked.actor, notice, str(posted.get("says", "")).strip())
            return to(reverse("desk:notice", kwargs={"notice": notice}))
        except Refusal as refused:
            if refused.status not in _ON_FORM:
                raise
            faults, status = refused.faults, refused.status
    found, said = making.one(asked.actor, notice)
    shown = {
        "one": found, "title": TITLES[Kind(found.kind)], "rows": making.rows_of(found), "said": said,
        "faults": faults,
        "waiting": sum(o.replied is None for o, _ in said), "prints": prints_of(Paper.NOTICE, str(notice)),
        "is_aid": found.kind == Kind.AID, "typed": posted,
    }  # fmt: skip
    return show(asked, "desk/township/notice.html", shown, status=status)


@page("", Act.NOTICES_READ, posts=True)
def notice_pdf(asked: Asked, notice: int) -> HttpResponse:
    """The notice on paper: a preview, or (posted) printed and counted."""
    answer = HttpResponse(
        noticed.notice(asked.actor, notice, is_print=asked.is_posted),
        content_type="application/pdf",
    )
    answer["Content-Disposition"] = f'inline; filename="notice-{notice}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


ADDRESSES = [
    path("notices", notices, name="notices"),
    path("notices/<int:notice>", notice, name="notice"),
    path("notices/<int:notice>.pdf", notice_pdf, name="notice_pdf"),
]
