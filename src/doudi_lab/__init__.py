"""Invented worlds: a county's people, hospitals and a year of bills from a seed, and filling a service with them.

The only place with randomness. Nobody in it lives: names, numbers and amounts are made up. `county` makes one,
`write` puts it into files, `fill` into a running service.
"""

from doudi_lab.county import County, county, sample_catalogue
from doudi_lab.filling import Filled, NotFilled, Tokens, fill
from doudi_lab.people import Person
from doudi_lab.places import Facility
from doudi_lab.tables import write
from doudi_lab.visits import Visit

__all__ = [
    "County",
    "Facility",
    "Filled",
    "NotFilled",
    "Person",
    "Tokens",
    "Visit",
    "county",
    "fill",
    "sample_catalogue",
    "write",
]
