"""The tables of the figures: facts and their sums, which can be made anew at any time; budgets; what districts
handed in."""

from datetime import date, datetime
from typing import Any

from django.db import models


class State(models.Model):
    """How far the ledger and the register are folded in; there is one row.

    All postings up to `low` are, and those above it that `Seen` names. `top`, `import_top` and `horizon` wait: once
    every transaction that ran at `marked` has ended, nothing of a lower number can come any more, and they hold.
    `as_of` is when all that was there had been folded; until `is_whole` not even once.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    low = models.BigIntegerField(default=0)
    import_low = models.BigIntegerField(default=0)
    top = models.BigIntegerField(default=0)
    import_top = models.BigIntegerField(default=0)
    horizon = models.CharField(max_length=20, blank=True, default="")
    marked: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)
    is_whole = models.BooleanField(default=False)
    as_of: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)
    looked: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)
    people_as_of: "models.DateTimeField[datetime | None]" = models.DateTimeField(null=True)
    people_import = models.BigIntegerField(default=-1)
    people_day: "models.DateField[date | None]" = models.DateField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_indicators_state")
        ]


class Seen(models.Model):
    """A posting above `State.low` that is folded in."""

    posting = models.BigIntegerField(primary_key=True)


class Fact(models.Model):
    """What a standing settlement comes to as the ledger stands, in fen; nothing of whose it is.

    `township` is the person's as registered now; of somebody without one the district's code and 000. `district`
    is theirs. `place`: 1 in the person's district, 2 referred, 3 elsewhere, 0 unknown. `kind` is empty where the
    answer was erased. `waits` is what is asked of a patient only where somebody approves it: no part of `patient`.
    `measured` and `allowed` are the control's; `share` is patient's of total in parts of 10,000, cut off. `rate` is
    the rate of control as a fraction, empty where the answer does not tell it, none where control does not apply;
    `borne` is what the hospital bore as answered.
    """

    settlement = models.BigIntegerField(primary_key=True)
    day: "models.DateField[date]" = models.DateField()
    month = models.IntegerField()
    facility = models.CharField(max_length=40)
    township = models.CharField(max_length=9)
    district = models.CharField(max_length=6)
    kind = models.CharField(max_length=40, blank=True)
    standing = models.CharField(max_length=40, blank=True)
    place = models.SmallIntegerField()
    disease = models.CharField(max_length=10)
    total = models.BigIntegerField()
    patient = models.BigIntegerField()
    hospital = models.BigIntegerField()
    waits = models.BigIntegerField()
    funds = models.BigIntegerField()
    floor = models.BigIntegerField()
    measured = models.BigIntegerField(null=True)
    allowed = models.BigIntegerField(null=True)
    exceeded = models.BooleanField()
    over = models.BooleanField()
    share = models.IntegerField()
    paid: "models.JSONField[dict[str, int]]" = models.JSONField()
    rate = models.CharField(max_length=40, null=True)  # none and empty are two things
    borne = models.BigIntegerField(db_default=0)

    class Meta:
        indexes = [
            models.Index(fields=["day", "settlement"], name="fact_of_day"),
            models.Index(fields=["facility", "day", "settlement"], name="fact_of_facility"),
            models.Index(fields=["township", "day", "settlement"], name="fact_of_township"),
            models.Index(fields=["disease", "day", "settlement"], name="fact_of_disease"),
            models.Index(
                fields=["day", "settlement"],
                name="fact_out_of_line",
                condition=models.Q(over=True) | models.Q(exceeded=True),
            ),
            models.Index(fields=["settlement"], name="fact_waiting", condition=~models.Q(waits=0)),
        ]


class _Sums(models.Model):
    """What cells are told apart by. What a level does not tell apart is empty: see `folding.LEVELS`."""

    level = models.SmallIntegerField()
    month = models.IntegerField()
    facility = models.CharField(max_length=40, blank=True)
    township = models.CharField(max_length=9, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    standing = models.CharField(max_length=40, blank=True)

    class Meta:
        abstract = True


class Cell(_Sums):
    """Sums of facts that agree in all this."""

    disease = models.CharField(max_length=10, blank=True)
    district = models.CharField(max_length=6)
    place = models.SmallIntegerField()
    n = models.BigIntegerField()
    total = models.BigIntegerField()
    patient = models.BigIntegerField()
    hospital = models.BigIntegerField()
    waits = models.BigIntegerField()
    funds = models.BigIntegerField()
    floor = models.BigIntegerField()
    floored = models.BigIntegerField()
    measured = models.BigIntegerField()
    allowed = models.BigIntegerField()
    measured_total = models.BigIntegerField()
    measured_n = models.BigIntegerField()
    exceeded = models.BigIntegerField()
    over = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["level", "month", "facility", "township", "disease", "kind", "standing", "place",
                        "district"],
                name="one_cell",
            )
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["level", "facility", "month"], name="cell_of_facility"),
            models.Index(fields=["level", "township", "month"], name="cell_of_township"),
        ]


class Share(_Sums):
    """How many facts have a patient's share of so many parts of 10,000: medians of it are exact."""

    share = models.IntegerField()
    n = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["level", "kind", "facility", "township", "month", "standing", "share"],
                name="one_share",
            )
        ]


class Paid(_Sums):
    """What a fund paid of facts."""

    fund = models.CharField(max_length=60)
    n = models.BigIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["level", "facility", "township", "month", "kind", "standing", "fund"],
                name="one_paid",
            )
        ]


class Spent(models.Model):
    """What a fund paid of the facts of a day, in the whole district."""

    day: "models.DateField[date]" = models.DateField()
    fund = models.CharField(max_length=60)
    n = models.BigIntegerField()
    amount = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fund", "day"], name="one_day_of_fund")]


class Controlled(models.Model):
    """Facts of a hospital's month to which control applies, by its rate: how many, and what they come to."""

    facility = models.CharField(max_length=40)
    month = models.IntegerField()
    rate = models.CharField(max_length=40, blank=True)
    n = models.BigIntegerField()
    total = models.BigIntegerField()
    measured = models.BigIntegerField()
    borne = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "month", "rate"], name="one_controlled")
        ]
        indexes = [models.Index(fields=["month"], name="controlled_of_month")]


class People(models.Model):
    """How many registered persons live in a township today, are poor, have a family doctor, are insured for
    long-term care (said so, said not; of the rest nothing is known)."""

    township = models.CharField(max_length=9, primary_key=True)
    persons = models.BigIntegerField()
    poor = models.BigIntegerField()
    poor_with_doctor = models.BigIntegerField()
    care_insured = models.BigIntegerField()
    care_not = models.BigIntegerField()


class Budget(models.Model):
    """What a fund may spend in a year, as it was stated, by whom and why; the last one holds. Inserts alone."""

    id = models.BigAutoField(primary_key=True)
    year = models.SmallIntegerField()
    fund = models.CharField(max_length=60)
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=400)
    stated: "models.DateTimeField[datetime]" = models.DateTimeField()
    stated_by = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["year", "fund", "id"], name="budget_of_year")]


class Delivery(models.Model):
    """The figures of a district's year as it handed them in, word for word; the last one holds. Inserts alone."""

    id = models.BigAutoField(primary_key=True)
    district = models.CharField(max_length=6)
    year = models.SmallIntegerField()
    as_of: "models.DateTimeField[datetime]" = models.DateTimeField()
    digest = models.CharField(max_length=64)
    content: "models.JSONField[dict[str, Any]]" = models.JSONField()
    received: "models.DateTimeField[datetime]" = models.DateTimeField()
    received_by = models.CharField(max_length=80)

    class Meta:
        indexes = [models.Index(fields=["year", "district", "id"], name="delivery_of_district")]
