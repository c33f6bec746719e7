"""Every route, by room. A room of routes is imported here and nowhere else."""

from doudi_web.api import (
    accounts,
    audit,
    clearing,
    corrections,
    exports,
    health,
    imports,
    leaving,
    ledger,
    matching,
    months,
    openings,
    oversight,
    papers,
    persons,
    previews,
    reviews,
    runs,
    sessions,
    settlements,
    visits,
    wards,
)
from doudi_web.api.interface import api

ROOMS = (
    accounts,
    audit,
    corrections,
    clearing,
    exports,
    health,
    imports,
    leaving,
    ledger,
    matching,
    months,
    openings,
    oversight,
    papers,
    persons,
    previews,
    reviews,
    runs,
    sessions,
    settlements,
    visits,
    wards,
)

__all__ = ["ROOMS", "api"]
