"""What the district's desk of a demonstration shows: a budget, an audit of everything, the city's districts."""

from datetime import date, datetime

from doudi.dates import CHINA
from doudi.source_text import Document

_SHARE_SPENT = 94
"""So much of a hundred of the floor's budget is gone on the day of the demonstration."""


def figures(day: date, seed: int) -> None:
    """State the budget, audit the ledger, hand in other districts' figures; once, also where a run broke off."""
    from doudi_web.indicators import budget, keeping, taking
    from doudi_web.indicators.dashboard import money
    from doudi_web.indicators.models import Delivery
    from doudi_web.oversight.audited import Range
    from doudi_web.oversight.auditing import audit
    from doudi_web.oversight.models import Audit
    from doudi_web.register.divisions import known_districts
    from doudi_web.settlement import tables
    from doudi_web.tenancy.models import Account, District
    from doudi_web.tenancy.who import actor_of_account

    def by(name: str) -> Account:
        return Account.objects.get(username=f"demo.{name}")

    admin, auditor = (actor_of_account(by(name)) for name in ("district-admin", "auditor"))
    keeping.keep()
    if not budget.history(day.year, budget.FLOOR):
        spent = money(tables.driver(), day.year).net
        amount = max(spent * 100 // _SHARE_SPENT // 100_000 * 100_000, 100_000)
        budget.state(admin, day.year, budget.FLOOR, amount, "演示：区财政年初预算（虚构）")
    if not Audit.objects.exists():
        audit(auditor, Range(None, None, ""))
    if not Delivery.objects.exists():
        from doudi_lab.districts import deliveries

        own = set(District.objects.values_list("pk", flat=True))
        others = [(code, name) for code, (name, _) in known_districts().items() if code not in own]
        as_of = datetime.combine(day, datetime.min.time().replace(hour=8), CHINA).isoformat()
        for one in deliveries(others, day.year, day.month, as_of, seed):
            taking.take(admin, Document("delivery", one))
