"""Every route, by room. A room of routes is imported here and nowhere else."""

from doudi_web.api import accounts, audit, health, ledger, sessions, settlements
from doudi_web.api.interface import api

ROOMS = (accounts, audit, health, ledger, sessions, settlements)

__all__ = ["ROOMS", "api"]
