"""The tables of settling. Those of the ledger take inserts alone: the database refuses everything else."""

from typing import Any

from django.db import models

OWNER = 140
"""Characters of an owner of sums: a person's id and an episode's, of 64 each, and what tells them apart."""


class Visit(models.Model):
    """A visit while it runs: its header as a bill without lines. A hospital numbers its own visits.

    `moved` counts what was done to it: who keeps figures of it knows by this number whether they are old.
    """

    id = models.BigAutoField(primary_key=True)
    visit = models.CharField(max_length=64, db_index=True)
    facility = models.CharField(max_length=40, db_index=True)
    person = models.CharField(max_length=64, db_index=True)
    header = models.JSONField()
    opened = models.DateTimeField()
    discharged = models.DateTimeField(null=True)
    settled = models.DateTimeField(null=True)
    moved = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "visit"], name="one_visit_of_hospital")
        ]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(settled=None), name="running_visit"),
            models.Index(
                fields=["facility", "id"], condition=models.Q(settled=None), name="running_visit_of"
            ),
        ]


class FeeLine(models.Model):
    """A line of a running bill, by its own number; withdrawn, never deleted."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="lines")
    line = models.CharField(max_length=64)
    content = models.JSONField()
    added = models.DateTimeField()
    withdrawn = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["visit", "line"], name="one_line_once")]


class Settlement(models.Model):
    """One settled visit: the answer word for word, and what it was made of (see `evidence`); None once erased.

    It stands at (settled, sequence) in the order: `sequence` is its id, or that of the one which it replaces.

    `message_digest` tells the message's content from another's, under the posting's salt, which is erased too.
    """

    id = models.BigAutoField(primary_key=True)
    client = models.CharField(max_length=80)
    message = models.CharField(max_length=80)
    message_digest = models.BinaryField(max_length=32)
    visit = models.CharField(max_length=64, db_index=True)
    person = models.CharField(max_length=64)
    facility = models.CharField(max_length=40)
    settled = models.DateTimeField()
    sequence = models.BigIntegerField()
    year = models.SmallIntegerField()
    result = models.TextField(null=True)
    evidence = models.BinaryField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "message"], name="one_message_once")
        ]
        indexes = [
            models.Index(fields=["person", "settled", "id"], name="of_person"),
            models.Index(fields=["facility", "settled", "id"], name="of_facility"),
            models.Index(fields=["settled", "id"], name="of_moment"),
        ]


class AccumulatorEntry(models.Model):
    """What a posting adds to a person's or a stay's sum, at the place (settled, settlement) in the order.

    `settlement` is the `sequence` of the settlement that it belongs to. A reversal's entries stand at the place of
    what it reverses, and those of a settlement that takes another's place at that place.
    """

    id = models.BigAutoField(primary_key=True)
    owner = models.CharField(max_length=OWNER)
    year = models.SmallIntegerField()
    name = models.CharField(max_length=60)
    amount = models.BigIntegerField()
    posting = models.BigIntegerField()
    settlement = models.BigIntegerField()
    settled = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["owner", "year"], name="of_owner")]


class Opening(models.Model):
    """A sum as the city's centre stated it at the end of a day. The one of the last day holds, then the last one.

    It covers the entries that were there when it was received, up to `after_entry`, of settlements of that day and
    before. What is posted later, or stands on a later day, adds to it.
    Each has a posting of its own (kind "opening"), which commits to its row.
    """

    owner = models.CharField(max_length=OWNER)
    year = models.SmallIntegerField()
    name = models.CharField(max_length=60)
    amount = models.BigIntegerField()
    source = models.CharField(max_length=60)
    as_of = models.DateField()
    received = models.DateTimeField()
    after_entry = models.BigIntegerField()
    before = models.BigIntegerField(default=0)  # what the ledger had at that moment
    client = models.CharField(max_length=80, default="")

    class Meta:
        indexes = [models.Index(fields=["owner", "year"], name="opening_of_owner")]


class Assessment(models.Model):
    """What a fund got back from a hospital for a period (month, quarter, year), and the figures that it rests on.

    Each has a posting of its own (kind "assess"), which commits to its row and its figures.
    """

    id = models.BigAutoField(primary_key=True)
    facility = models.CharField(max_length=40)
    period = models.CharField(max_length=7)
    amount = models.BigIntegerField()
    fund = models.CharField(max_length=60)
    assessed = models.DateTimeField()
    client = models.CharField(max_length=80)
    figures = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["facility", "period"], name="assessment_of_period")]


class Posting(models.Model):
    """One transaction of the ledger: a settlement, what undoes it, its erasure; or a sum that the centre stated,
    or an assessment of a hospital.

    A posting of an opening has no settlement, and for its message the owner of the sum; one of an assessment has
    no settlement either.
    `commitment` = SM3(salt ‖ content), `content` = SM3(parts), `parts` the digests of all that it says.
    """

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=12)
    settlement = models.BigIntegerField(db_index=True, null=True)
    opening = models.BigIntegerField(null=True, unique=True)
    assessment = models.BigIntegerField(null=True, unique=True)
    client = models.CharField(max_length=80)
    message = models.CharField(max_length=80)
    posted = models.DateTimeField()
    month = models.CharField(max_length=7)
    reason = models.CharField(max_length=400, blank=True)
    salt = models.BinaryField(max_length=16, null=True)
    parts = models.BinaryField()
    content = models.BinaryField(max_length=32)
    commitment = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "message"],
                condition=~models.Q(kind="opening"),
                name="one_posting_once",
            ),
            models.UniqueConstraint(
                fields=["settlement"], condition=models.Q(kind="reverse"), name="one_reversal"
            ),
            models.UniqueConstraint(
                fields=["settlement"], condition=models.Q(kind="erase"), name="one_erasure"
            ),
        ]
        indexes = [models.Index(fields=["month", "id"], name="posting_of_month")]


class Entry(models.Model):
    """A line of a posting: an account and fen. A posting's entries sum to zero."""

    id = models.BigAutoField(primary_key=True)
    posting = models.BigIntegerField(db_index=True)
    account = models.CharField(max_length=100)
    amount = models.BigIntegerField()


class Seal(models.Model):
    """A signed head of the log: its size, its root, the head before it."""

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField(max_length=32)
    before = models.BinaryField(max_length=32)
    sealed = models.DateTimeField()
    digest = models.BinaryField(max_length=32)
    signature = models.BinaryField(max_length=64)


class Node(models.Model):
    """A finished subtree of the log: at level 0 a posting's commitment, above it two nodes of the level below.

    `posting` stands at level 0 alone.
    """

    level = models.SmallIntegerField()
    place = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    posting = models.BigIntegerField(null=True, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "place"], name="one_node_once")]


class Quarantined(models.Model):
    """A refused bill with its faults: later visits of the person name it until it is settled or given up."""

    visit = models.CharField(max_length=64, db_index=True)
    person = models.CharField(max_length=64, db_index=True)
    facility = models.CharField(max_length=40, default="", db_index=True)
    client = models.CharField(max_length=80)
    message = models.CharField(max_length=80)
    settled = models.DateTimeField()
    bill = models.BinaryField()
    faults = models.JSONField()
    released = models.DateTimeField(null=True)
    reason = models.CharField(max_length=400, blank=True, default="")  # why it was given up


class MonthClose(models.Model):
    """A month that takes no posting any more: how many it has, and the digest of their commitments in order.

    Its own posting (kind "close") stands in the first month that is open, and commits to this row.
    """

    month = models.CharField(max_length=7, primary_key=True)
    closed = models.DateTimeField()
    client = models.CharField(max_length=80)
    message = models.CharField(max_length=80)
    reason = models.CharField(max_length=400, blank=True)
    postings = models.BigIntegerField()
    digest = models.BinaryField(max_length=32)
    posting = models.BigIntegerField(unique=True)


class Answered(models.Model):
    """What a message that changed the ledger was answered, so that it is answered once more word for word.

    Erased with its person: then all three are None.
    """

    client = models.CharField(max_length=80)
    message = models.CharField(max_length=80)
    person = models.CharField(max_length=64, db_index=True)
    salt = models.BinaryField(max_length=16, null=True)
    digest = models.BinaryField(max_length=32, null=True)
    text = models.TextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "message"], name="one_answer_once")
        ]


class Proposal(models.Model):
    """A standing settlement that would come out otherwise now, or what a poor patient would be asked for besides.

    `kind` adjust: settling it anew; `says` is what was recorded, what it comes to, what changes.
    `kind` collect: `says` has the amounts that the patient was and would be asked for. `digest` tells one content
    from another; `state` is open, approved, refused or superseded.
    """

    kind = models.CharField(max_length=10)
    settlement = models.BigIntegerField(db_index=True)
    visit = models.CharField(max_length=64)
    person = models.CharField(max_length=64)
    facility = models.CharField(max_length=40)
    digest = models.BinaryField(max_length=32)
    says: "models.JSONField[Any]" = models.JSONField()
    state = models.CharField(max_length=12, default="open")
    made = models.DateTimeField()
    decided = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=80, blank=True, default="")
    reason = models.CharField(max_length=400, blank=True, default="")
    became = models.BigIntegerField(null=True)  # the settlement that took the place of this one

    class Meta:
        indexes = [
            models.Index(fields=["person", "id"], name="proposal_of_person"),
            models.Index(fields=["id"], condition=models.Q(state="open"), name="open_proposal"),
            models.Index(fields=["facility", "kind", "decided"], name="proposal_of_facility"),
        ]


class PlatformAsk(models.Model):
    """That the platform was asked to settle what is awaited, under a message of its own, and what came of it."""

    settlement = models.BigIntegerField(db_index=True)
    message = models.CharField(max_length=80)
    outcome = models.CharField(max_length=12)
    at = models.DateTimeField()
    client = models.CharField(max_length=80)


class Provisional(models.Model):
    """A standing settlement that waits: for the platform's answer, or until its person is registered, or for both.

    The database itself writes it with the settlement, and takes it away with its reversal or its erasure.
    """

    settlement = models.BigIntegerField(primary_key=True)
    facility = models.CharField(max_length=40)
    platform = models.BooleanField()
    unregistered = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["facility", "settlement"], name="provisional_of_hospital")]
