"""To which bank account a facility is paid: stated by one, confirmed by another, sealed.

A text that a bank's file could take for something else is refused here, so that it never has to be altered there.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import transaction

from doudi.errors import Fault, fault
from doudi.source_text import shown
from doudi.wire.sheets.inert import shielded
from doudi_web.audit_log.actions import record
from doudi_web.register import sealing
from doudi_web.register.models import PayeeAccount
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.models import Facility
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

_LONGEST = {"holder": 60, "bank": 60, "bank_code": 14, "number": 34}
_WORDS = {
    "holder": "户名，1 至 60 字", "bank": "开户银行，1 至 60 字",
    "bank_code": "联行号，12 或 14 位数字，没有就空着", "number": "账号，6 至 34 位数字",
}  # fmt: skip
_NUMBER = re.compile(r"[0-9]{6,34}", re.ASCII)
_BANK_CODE = re.compile(r"([0-9]{12}|[0-9]{14})?", re.ASCII)
_SPLITS = frozenset(",;|\"'`\\<>")


@dataclass(frozen=True, slots=True)
class Stated:
    """What is stated of an account."""

    holder: str
    bank: str
    bank_code: str
    number: str


@dataclass(frozen=True, slots=True)
class Payee:
    """An account of a facility: what it is, who stated it, who confirmed it."""

    id: int
    facility: str
    account: Stated
    stated: datetime
    stated_by: str
    reason: str
    confirmed: datetime | None
    confirmed_by: str

    @property
    def masked_number(self) -> str:
        """The last four digits, and how many there are."""
        number = self.account.number
        return "*" * (len(number) - 4) + number[-4:]


def state(actor: Actor, facility: str, account: Stated, reason: str) -> int:
    """State a facility's account; it waits for another person. What waited before is given up. The account's id.

    Raises Refusal: 403, 404 (no such facility), 422 with all that is wrong.
    """
    actor.must(Act.PAYEES_WRITE)
    wrong = list(_faults(account))
    if not reason:
        wrong.append(
            fault("F201", "reason", key="reason", expected="为什么登记或更改，1 至 400 字")
        )
    if wrong:
        raise Refusal(422, wrong)
    if not Facility.objects.filter(pk=facility).exists():
        raise Refusal.of(404, "S481", facility, what="医疗机构", number=facility)
    with transaction.atomic():
        Facility.objects.select_for_update().get(pk=facility)
        PayeeAccount.objects.filter(facility=facility, confirmed=None, refused=None).update(
            refused=now()
        )
        made = PayeeAccount.objects.create(
            facility_id=facility, sealed=sealing.seal(json.dumps(asdict(account)), _place(facility)),
            stated=now(), stated_by=actor.key, reason=reason[:400],
        )  # fmt: skip
        record(
            actor,
            "payees.state",
            f"facility:{facility}"[:80],
            reason=reason,
            detail={"account": made.pk},
        )
    return made.pk


def decide(actor: Actor, number: int, *, accept: bool, typed: str = "") -> None:
    """Confirm an account that somebody else stated, or refuse it: money goes to the last that was confirmed.

    Who confirms has typed its number from the paper: pages show the last digits alone, which would confirm any
    other number that ends so. Raises Refusal: 403 (the role; who stated it), 404, 409 (it does not wait), 422
    (another number was typed).
    """
    actor.must(Act.PAYEES_WRITE)
    with transaction.atomic():
        one = PayeeAccount.objects.select_for_update().filter(pk=number).first()
        if one is None:
            raise Refusal.of(404, "S481", str(number), what="收款账户", number=number)
        if one.confirmed is not None or one.refused is not None:
            raise Refusal.of(
                409, "S723", str(number), what=f"账户 {number}", state="已经办过", wanted="办"
            )
        if accept and one.stated_by == actor.key:
            raise Refusal.of(
                403, "S722", str(number), what=f"账户 {number}", did="登记", does="确认"
            )
        if accept and typed.replace(" ", "") != _payee(one).account.number:
            raise Refusal.of(422, "S590", "typed")
        if accept:
            one.confirmed, one.confirmed_by = now(), actor.key
        else:
            one.refused = now()
        one.save(update_fields=["confirmed", "confirmed_by", "refused"])
        action = "payees.confirm" if accept else "payees.refuse"
        record(actor, action, f"facility:{one.facility_id}"[:80], detail={"account": one.pk})


def _faults(account: Stated) -> list[Fault]:
    wrong: list[Fault] = []
    for key, value in asdict(account).items():
        is_right = len(value) <= _LONGEST[key] and value == value.strip() and value.isprintable()
        match key:
            case "number":
                is_right &= bool(_NUMBER.fullmatch(value))
            case "bank_code":
                is_right &= bool(_BANK_CODE.fullmatch(value))
            case _:
                is_right &= bool(value) and not _SPLITS & set(value) and shielded(value) == value
        if not is_right:
            told = "" if key == "number" else shown(value, 40)
            wrong.append(fault("F203", key, value=told, expected=_WORDS[key]))
    return wrong


def _place(facility: str) -> str:
    return f"payee.{facility}"


def _payee(row: PayeeAccount) -> Payee:
    said: Mapping[str, str] = json.loads(sealing.opened(row.sealed, _place(row.facility_id)))
    return Payee(
        row.pk, row.facility_id, Stated(**said), row.stated, row.stated_by, row.reason, row.confirmed,
        row.confirmed_by,
    )  # fmt: skip


def holding() -> dict[str, Payee]:
    """The account of each facility to which money goes now."""
    rows = PayeeAccount.objects.exclude(confirmed=None).order_by("facility", "confirmed", "id")
    return {row.facility_id: _payee(row) for row in rows}


def waiting() -> dict[str, Payee]:
    """The account of each facility that waits for another person."""
    rows = PayeeAccount.objects.filter(confirmed=None, refused=None)
    return {row.facility_id: _payee(row) for row in rows}


def by_number(numbers: set[int]) -> dict[int, Payee]:
    """Accounts by their ids, as they were when money was sent there."""
    return {row.pk: _payee(row) for row in PayeeAccount.objects.filter(pk__in=numbers)}


def reseal(number: int) -> int:
    """Seal every account anew under a key; how many there are."""
    count = 0
    for pk in PayeeAccount.objects.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            one = PayeeAccount.objects.select_for_update().get(pk=pk)
            place = _place(one.facility_id)
            one.sealed = sealing.seal(sealing.opened(one.sealed, place), place, number)
            one.save(update_fields=["sealed"])
        count += 1
    return count
