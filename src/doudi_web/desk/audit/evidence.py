"""The evidence of one settlement: what was made before, and one more, as a file."""

from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext as _

from doudi_web.desk.page import Asked, Shown, faults_of, page, show
from doudi_web.desk.sheet import sheet, table_of
from doudi_web.settlement import selectors as settlements
from doudi_web.settlement import tables
from doudi_web.tenancy.named import called
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.witness import bundling
from doudi_web.witness import selectors as made_before

_OF_FORM = frozenset({409, 422})


@page("desk/audit/evidence.html", Act.EVIDENCE_MAKE, posts=True)
def evidence(asked: Asked, settlement: int) -> Shown | HttpResponse:
    """Why it is made is asked for; the file comes down, and that it was made is written down."""
    if table_of(asked.request) is not None and not asked.is_posted:
        return _as_sheet(asked, settlement)
    faults, status = (), 200
    typed = str(asked.request.POST.get("reason", ""))[:500]
    if asked.is_posted:
        unmask = asked.request.POST.get("identity") == "whole"
        try:
            made = bundling.bundle(asked.actor, settlement, typed, unmask=unmask)
        except Refusal as refused:
            faults = refused.faults if refused.status in _OF_FORM else faults_of(refused)
            status = refused.status
        else:
            answer = HttpResponse(made.content, content_type="application/zip")
            answer["Content-Disposition"] = f'attachment; filename="{made.name}"'
            return answer
    told = settlements.as_stands(tables.driver(), settlement, asked.actor)
    rows = made_before.bundles_of(asked.actor, settlement)
    names = called(one.actor for one in rows)
    shown = {
        "settlement": settlement, "told": told, "faults": faults, "typed": typed,
        "rows": [
            {"one": one, "by": names.get(one.actor, one.actor), "digest": bytes(one.digest).hex(),
             "identity": _("写全") if one.unmasked else _("遮住")}
            for one in rows
        ],
    }  # fmt: skip
    return show(asked, "desk/audit/evidence.html", shown, status=status)


def _as_sheet(asked: Asked, settlement: int) -> HttpResponse:
    rows = made_before.bundles_of(asked.actor, settlement)
    names = called(one.actor for one in rows)
    head = [_("编号"), _("什么时候"), _("谁"), _("为什么"), _("姓名和证件号"), _("字节"), "SHA-256"]
    return sheet(f"evidence-{settlement}", head, (
        [one.pk, one.at, names.get(one.actor, one.actor), one.reason, _("写全") if one.unmasked else _("遮住"),
         one.size, bytes(one.digest).hex()]
        for one in rows
    ))  # fmt: skip


ADDRESSES = [path("settlements/<int:settlement>/evidence", evidence, name="evidence")]
