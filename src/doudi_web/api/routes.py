"""Every route, by room. A room of routes is imported here and nowhere else."""

from doudi_web.api import health, imports, ledger, openings, persons, settlements, visits
from doudi_web.api.interface import api

ROOMS = (health, imports, ledger, openings, persons, settlements, visits)

__all__ = ["ROOMS", "api"]
