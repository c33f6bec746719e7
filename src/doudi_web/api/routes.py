"""Every route, by room. A room of routes is imported here and nowhere else."""

from doudi_web.api import health, ledger, openings, settlements, visits
from doudi_web.api.interface import api

ROOMS = (health, ledger, openings, settlements, visits)

__all__ = ["ROOMS", "api"]
