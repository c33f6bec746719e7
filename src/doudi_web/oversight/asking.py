"""The long work of an auditor, as it is asked for."""

from doudi_web.runs.kinds import Kind
from doudi_web.tenancy.roles import Act

AUDIT = Kind("audit", Act.OVERSIGHT_WRITE)
VERIFY = Kind("ledger_verify", Act.LEDGER_READ)
CHAINS = Kind("audit_chains", Act.AUDIT_READ)
KINDS = {one.name: one for one in (AUDIT, VERIFY, CHAINS)}
