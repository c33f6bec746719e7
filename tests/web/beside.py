"""A service beside the oracle's own books: what either says of persons, accounts, proposals and closed months."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from oracle.banan_2019 import Outcome, print_payments, yuan
from oracle.district import District, Settled
from web.service import Json, Service


@dataclass
class Beside:
    """The service and the books, and the steps so far, which a failure tells."""

    service: Service
    seed: str
    admin: str
    is_whole: bool
    """Whether nothing is refused: then, with nothing proposed, no visit would come to anything else."""
    books: District = field(default_factory=District)
    steps: list[str] = field(default_factory=list[str])

    def tell(self, sent: object) -> None:
        """What was sent in a step."""
        self.steps.append(f"    {sent}")

    def equal(self, what: object, told: object, wanted: object) -> None:
        """What the service tells is what the oracle comes to."""
        steps = "\n".join([f"seed {self.seed}", *self.steps])
        assert told == wanted, f"{what}: told {told}, wanted {wanted}\n{steps}"

    def same(self, told: Json, made: Settled) -> None:
        """An answer is what the oracle comes to, and found what the oracle finds."""
        out, found = made.outcome, made.found
        before = {name: moved["before"] for name, moved in told["accumulators"].items()}
        self.equal("before", before, {name: yuan(amount) for name, amount in found.sums.items()})
        stay = told["episode_accumulators"]["stay_deductible_met"]["before"]
        self.equal("the stay before", stay, yuan(found.stays[made.visit.stay]))
        self.equal("met", told["deductible_met"], yuan(out.deductible_met))
        self.equal("paid", (told["payments"], told["hospital"], told["patient"]), _paid(out))

    def agrees(self) -> None:
        """The sums of each person, what is proposed, and what each account comes to."""
        for person in self.books.persons:
            path = f"/api/v1/persons/{person}/accumulators?year=2019"
            told = self.service.ask("GET", path, self.admin)[1]
            self.equal("sums", told, {n: yuan(a) for n, a in self.books.sums(person).items()})
            self.proposes(person)
        self.equal("accounts", self._accounts(), self.books.accounts())

    def proposals(self, person: str) -> list[Json]:
        """The person's open proposals in the order of the visits."""
        path = f"/api/v1/proposals?person={person}&state=open"
        found: list[Json] = self.service.ask("GET", path, self.admin)[1]["proposals"]
        places = {s.number: s.place for s in self.books.standing(person)}
        return sorted(found, key=lambda p: places[int(p["settlement_id"])])

    def proposes(self, person: str) -> None:
        """What is proposed is what comes of it, and nothing that must be proposed is left out."""
        collect: dict[int, int] = {}
        adjust: dict[int, Json] = {}
        for one in self.proposals(person):
            if one["kind"] == "collect":
                collect[int(one["settlement_id"])] = fen(one["amount"])
            else:
                adjust[int(one["settlement_id"])] = one["amounts"]
        self.equal("to be collected", collect, self.books.waiting(person))
        for number, outcome in self.books.proposed(person, set(adjust)).items():
            settled = self.books.settled[number]
            if number in adjust:
                told = adjust[number]
                paid = told["payments"], told["hospital"], told["patient"]
                self.equal(f"proposed of {number}", paid, _paid(outcome))
            elif self.is_whole and not adjust and not self.books.covered(settled):
                self.equal(f"not proposed of {number}", _paid(settled.outcome), _paid(outcome))

    def _accounts(self) -> dict[str, int]:
        """What the accounts come to, entry by entry."""
        number, found = 0, Counter[str]()
        while True:
            told = self.service.ask("GET", f"/api/v1/ledger/entries?after={number}", self.admin)[1]
            for one in told["entries"]:
                found[one["account"]] += fen(one["amount"])
            if not told["entries"]:
                return {account: amount for account, amount in found.items() if amount}
            number = told["entries"][-1]["id"]


def _paid(outcome: Outcome) -> tuple[dict[str, str], str, str]:
    return print_payments(outcome.payments), yuan(outcome.hospital), yuan(outcome.patient)


def of_month(service: Service, month: str) -> list[tuple[Any, ...]]:
    """All that the ledger has of a month, byte for byte."""
    return service.rows(
        "SELECT p::text, s::text,"
        " (SELECT string_agg(e::text, '|' ORDER BY e.id) FROM settlement_entry e WHERE e.posting = p.id),"
        " (SELECT string_agg(a::text, '|' ORDER BY a.id) FROM settlement_accumulatorentry a WHERE a.posting = p.id)"
        " FROM settlement_posting p LEFT JOIN settlement_settlement s ON s.id = p.settlement AND p.kind = 'settle'"
        " WHERE p.month = %s ORDER BY p.id",
        month,
    )


def fen(amount: str) -> int:
    """An amount in yuan, in fen."""
    whole, _, parts = amount.partition(".")
    return int(f"{whole}{parts}")
