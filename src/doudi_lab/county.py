"""A county that nobody lives in: places, people and their visits of one year, all from one seed."""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from doudi.catalogue import Catalogue
from doudi.settle import Shelf
from doudi.wire.catalogue_file import catalogue_document, read_catalogue
from doudi.wire.sheets import read
from doudi_lab.bills import Bill, bill
from doudi_lab.goods import Store
from doudi_lab.people import Person, people
from doudi_lab.places import Facility, Places, places
from doudi_lab.platform import Platform
from doudi_lab.visits import Visit, year_of

VISITS_PER_PERSON = 2.5


@dataclass(frozen=True, slots=True)
class County:
    """A county of one seed. A larger one of the same seed has the same first persons, with the same visits."""

    seed: int
    year: int
    places: Places
    persons: tuple[Person, ...]
    visits_per_person: float
    catalogue: Catalogue
    shelf: Shelf | None = field(compare=False)
    """The rules by which the platform has settled some bills; without them it has settled none."""
    _store: Store = field(repr=False, compare=False)

    @property
    def district(self) -> str:
        return self.places.district

    @property
    def facilities(self) -> tuple[Facility, ...]:
        return self.places.facilities

    def visits_of(self, person: Person) -> list[Visit]:
        """A person's visits, in the order in which they are settled."""
        return year_of(self.seed, person, self.places, self.year, self.visits_per_person)

    def visits(self, persons: Iterable[Person] | None = None) -> list[Visit]:
        """The visits of everybody, or of some, in the order in which they are settled; without lines yet."""
        of = self.persons if persons is None else persons
        return list(heapq.merge(*map(self.visits_of, of), key=lambda visit: visit.order))

    def bills(self, visits: Iterable[Visit] | None = None) -> Iterator[Bill]:
        """The visits' bills, one after another; each is made when it is asked for."""
        platform = None
        if self.shelf is not None:
            platform = Platform(self.seed, self.shelf, self._plain_bills)
        for visit in self.visits() if visits is None else visits:
            made = bill(self.seed, visit, self._store)
            given = platform.given(visit) if platform is not None and visit.is_given else None
            yield made if given is None else {**made, "given": given}

    def _plain_bills(self, person: Person) -> list[Bill]:
        return [bill(self.seed, visit, self._store) for visit in self.visits_of(person)]


def county(
    seed: int,
    persons: int,
    district: str,
    year: int,
    *,
    visits_per_person: float = VISITS_PER_PERSON,
    shelf: Shelf | None = None,
    catalogue: Catalogue | None = None,
) -> County:
    """A county of so many invented persons; the same arguments make the same county."""
    where = places(seed, district)
    goods = sample_catalogue() if catalogue is None else catalogue
    return County(
        seed, year, where, tuple(people(seed, persons, where, year)), visits_per_person, goods,
        shelf, Store(goods),
    )  # fmt: skip


def sample_catalogue_file() -> Path:
    """The invented catalogue that comes with the program: in the wheel, or beside the sources."""
    inside = Path(__file__).parent / "catalogue.csv"
    beside = Path(__file__).parents[2] / "examples" / "catalogue" / "sample.csv"
    return inside if inside.is_file() else beside


@lru_cache(maxsize=1)
def sample_catalogue() -> Catalogue:
    """The catalogue that comes with the program."""
    path = sample_catalogue_file()
    return read_catalogue(catalogue_document(path.name, read(path.name, path.read_bytes())))
