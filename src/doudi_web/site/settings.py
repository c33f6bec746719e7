"""Django's settings. Everything that differs from place to place comes from `DOUDI_DATA` and `DOUDI_DATABASE`."""

import os
from pathlib import Path
from typing import Any

from doudi_web.site.database import of_url
from doudi_web.site.secrets import secret, secret_key

DATA = Path(os.environ.get("DOUDI_DATA", "data")).absolute()
DEMO_DAY = os.environ.get("DOUDI_DEMO_DAY", "")

SECRET_KEY = secret_key(DATA)
LEDGER_KEY = secret(DATA, "ledger")  # signs the heads of the sealed ledger (Ed25519)
DEBUG = False
ALLOWED_HOSTS = ["*"]  # the address is the operator's; a proxy in front judges it
ROOT_URLCONF = "doudi_web.site.urls"
WSGI_APPLICATION = "doudi_web.site.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "doudi_web.tenancy",
    "doudi_web.audit_log",
    "doudi_web.register",
    "doudi_web.policy",
    "doudi_web.settlement",
]
MIDDLEWARE = [
    "doudi_web.site.requests.Requests",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]

AUTH_USER_MODEL = "tenancy.Account"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 2**20

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        **of_url(os.environ.get("DOUDI_DATABASE", "")),
    }
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "doudi_web.site.logs.JsonLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"doudi": {"level": "INFO"}},
}
