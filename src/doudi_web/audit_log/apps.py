"""The room as Django knows it."""

from django.apps import AppConfig


class AuditLog(AppConfig):
    """The audit log."""

    name = "doudi_web.audit_log"
