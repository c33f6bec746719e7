"""A hospital in its month: who lies in which bed and is charged what from day to day, who has gone home and was
settled, corrected, undone, and what waits for somebody. `month` makes it of a county, `live` sends it."""

from doudi_lab.ward.month import Month, month
from doudi_lab.ward.sending import Lived, live

__all__ = ["Lived", "Month", "live", "month"]
