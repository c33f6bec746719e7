"""One settlement: who paid what and why, what it rests on, what became of it, its seal; replay and proof."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.urls import path

from doudi_web.desk.cascading import Cascade, cascade_of, unverified_of
from doudi_web.desk.page import Asked, Shown, page, show
from doudi_web.desk.pages.mending import label_of
from doudi_web.desk.persons import who
from doudi_web.desk.told import account_title, kind_title
from doudi_web.leaving.going import next_to_settle
from doudi_web.papers.found import hospital_name
from doudi_web.settlement import basis, sealing, selectors
from doudi_web.settlement.limits import Limit
from doudi_web.settlement.replaying import fen
from doudi_web.tenancy.named import called
from doudi_web.tenancy.roles import Act

_PARTS = ("out_of_catalogue", "over_ceiling", "first_self_pay", "in_scope")


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum of the year as the settlement found and left it."""

    title: str
    before: int
    after: int
    limit: Limit | None

    @property
    def added(self) -> int:
        """What this settlement adds."""
        return self.after - self.before


@page("desk/settlement.html", Act.SETTLEMENTS_READ)
def settlement(asked: Asked, settlement: int) -> Shown:
    """The cascade with the article behind each figure, and everything that proves it."""
    told = json.loads(selectors.settlement(asked.actor, settlement))
    rests = basis.basis(asked.actor, settlement)
    titles = rests["titles"]
    bill = rests["bill"]
    lines = _lines(bill.get("lines", []), told["lines"])
    accounts = _accounts(rests["postings"], titles["layers"])
    stands = not told["reversed"]
    is_new = asked.request.GET.get("done") in ("settle", "correct", "answer")
    return {
        "told": told, "rests": rests, "cascade": cascade_of(told, titles["layers"]), "bill": bill,
        "who": who(asked.actor, told["person"]),
        "sums": _sums(told, titles["accumulators"], basis.limits(asked.actor, settlement)),
        "unverified": unverified_of(told), "lines": lines,
        "accounts": accounts, "balance": _balance(accounts),
        "columns": [(one, kind_title(one["kind"])) for one in rests["postings"] if one["entries"]],
        "log": _log(rests), "stands": stands, "is_awaiting": stands and told.get("provisional") == "platform",
        "hospital_name": hospital_name(rests["facility"]),
        "done": asked.request.GET.get("done", "") if is_new else "",
        "next_visit": next_to_settle(asked.actor) if is_new and asked.actor.may(Act.PRECHECK) else None,
        "articles": _articles(cascade_of(told, titles["layers"])),
    }  # fmt: skip


def _articles(cascade: Cascade) -> str:
    """The one document that the layers cite."""
    return next((one.document for one in cascade.layers if one.document), "")


def _sums(
    told: Mapping[str, Any], titles: Mapping[str, str], limits: Mapping[str, Limit]
) -> list[Sum]:
    """The person's sums of the year with their limits, but those that are zero and stay so."""
    found = [
        Sum(titles.get(name, name), fen(pair["before"]), fen(pair["after"]), limits.get(name))
        for name, pair in told["accumulators"].items()
    ]
    return [one for one in found if one.before or one.after]


def _lines(
    stated: Sequence[Mapping[str, Any]], told: Sequence[Mapping[str, str]]
) -> list[dict[str, Any]]:
    """The lines of the bill with the four parts that each came to."""
    parts = {one["id"]: one for one in told}
    return [
        {
            **{key: line.get(key) for key in ("id", "code", "name", "date", "quantity", "unit_price", "amount")},
            "label": label_of(line), "item_class": line.get("class"), "refunds": line.get("refunds"),
            "parts": [parts.get(str(line.get("id")), {}).get(key) for key in _PARTS],
        }
        for line in stated
    ]  # fmt: skip


def _accounts(
    postings: Sequence[Mapping[str, Any]], titles: Mapping[str, str]
) -> list[tuple[str, list[int | None], int]]:
    """The ledger's accounts of this visit, one column a posting, and what they come to."""
    with_entries = [one for one in postings if one["entries"]]
    accounts = dict.fromkeys(e["account"] for one in with_entries for e in one["entries"])
    found: list[tuple[str, list[int | None], int]] = []
    for account in accounts:
        cells: list[int | None] = []
        for one in with_entries:
            amounts = [fen(e["amount"]) for e in one["entries"] if e["account"] == account]
            cells.append(sum(amounts) if amounts else None)
        found.append((account_title(account, titles), cells, sum(cell or 0 for cell in cells)))
    return found


def _balance(accounts: Sequence[tuple[str, list[int | None], int]]) -> list[int]:
    """What debits and credits of each posting come to, and of all: nothing, where the ledger is right."""
    postings = zip(*(cells for _title, cells, _net in accounts), strict=True)
    sums = [sum(cell or 0 for cell in cells) for cells in postings]
    return [*sums, sum(net for _title, _cells, net in accounts)]


def _log(rests: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What happened, the newest first, with who did it."""
    postings: Sequence[Mapping[str, Any]] = rests["postings"]
    names = called([one["client"] for one in postings])
    return [
        {**one, "title": kind_title(one["kind"]), "by": names.get(one["client"], one["client"])}
        for one in reversed(postings)
    ]


@page("desk/_replayed.html", Act.SETTLEMENTS_READ, posts=True)
def replay(asked: Asked, settlement: int) -> Shown:
    """Settled again now: the same to the fen, or where not. As a card, or on the whole page."""
    found = basis.replay(asked.actor, settlement)
    if asked.is_part:
        return {"replayed": found}
    return show(asked, "desk/replayed.html", {"replayed": found, "number": settlement})


@page("desk/settlement.html", Act.SETTLEMENTS_READ)
def proof(asked: Asked, settlement: int) -> Shown:
    """The inclusion proof as a file, which whoever holds a head can check without this system."""
    found = sealing.proof(asked.actor, settlement)
    answer = HttpResponse(
        json.dumps(found, ensure_ascii=False, indent=1),
        content_type="application/json; charset=utf-8",
    )
    answer["Content-Disposition"] = f'attachment; filename="proof-{settlement}.json"'
    return answer


ADDRESSES = [
    path("settlements/<int:settlement>", settlement, name="settlement"),
    path("settlements/<int:settlement>/replay", replay, name="replay"),
    path("settlements/<int:settlement>/proof", proof, name="proof"),
]
