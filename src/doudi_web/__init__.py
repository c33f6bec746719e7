"""The service: who is entitled, what was settled, and a ledger of it, for one district and its hospitals.

Django on PostgreSQL. From the ground up: `tenancy` (who may), `audit_log`, `register` and `policy`, `settlement`
with its ledger, `api`, `site`. A room has what it needs of: models (rows), selectors (reads), actions (writes: one
permission, one transaction, and last in it who did what in the audit log; reads of personal data are recorded too).
Amounts come from `doudi` alone; no rule is written here.
"""
