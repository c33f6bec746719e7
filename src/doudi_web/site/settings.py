"""Django's settings. Everything that differs from place to place comes from `DOUDI_DATA` and `DOUDI_DATABASE`."""

import os
from pathlib import Path
from typing import Any

from doudi_web.site.database import of_url
from doudi_web.site.secrets import Secrets, secret, secret_key
from doudi_web.tenancy.demo_clock import of_text

DATA = Path(os.environ.get("DOUDI_DATA", "data")).absolute()
DEMO = of_text(os.environ.get("DOUDI_DEMO", ""))  # a demonstration's clock

SECRET_KEY = secret_key(DATA)
LEDGER_KEY = secret(DATA, "ledger")  # signs the heads of the sealed ledger (Ed25519)
SECRETS = Secrets(DATA)
ONE_TIME_KEY = secret(DATA, "one_time", 16)
PROXIES = int(os.environ.get("DOUDI_PROXIES", "0"))  # how many stand before us and say who asks
REQUESTS_A_SECOND = float(
    os.environ.get("DOUDI_REQUESTS_A_SECOND", "1000")
)  # of one client, a process
LOGIN_FAILURES_OF_ADDRESS = int(os.environ.get("DOUDI_LOGIN_FAILURES_OF_ADDRESS", "5"))
BACKUPS = Path(os.environ.get("DOUDI_BACKUPS") or DATA / "backups").absolute()
SPACE_WARNED = int(os.environ.get("DOUDI_SPACE_WARNED_MB", "2048")) * 2**20  # less is told
SPACE_LEAST = int(os.environ.get("DOUDI_SPACE_LEAST_MB", "512")) * 2**20  # less takes no new write
CERTIFICATE = os.environ.get("DOUDI_CERTIFICATE", "")  # of the proxy in front: its end is shown
DEBUG = False
ALLOWED_HOSTS = ["*"]  # the address is the operator's; a proxy in front judges it
ROOT_URLCONF = "doudi_web.site.urls"
WSGI_APPLICATION = "doudi_web.site.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "doudi_web.tenancy",
    "doudi_web.audit_log",
    "doudi_web.register",
    "doudi_web.policy",
    "doudi_web.runs",
    "doudi_web.settlement",
    "doudi_web.review",
    "doudi_web.oversight",
    "doudi_web.rehearsal",
    "doudi_web.witness",
    "doudi_web.approvals",
    "doudi_web.clearing",
    "doudi_web.exchange",
    "doudi_web.wards",
    "doudi_web.desk",
    "doudi_web.papers",
    "doudi_web.inquiry",
    "doudi_web.matching",
    "doudi_web.intake",
    "doudi_web.payments",
    "doudi_web.disputes",
    "doudi_web.indicators",
    "doudi_web.alerts",
    "doudi_web.reimbursement",
    "doudi_web.upkeep",
    "doudi_web.contracts",
    "doudi_web.notices",
]
MIDDLEWARE = [
    "doudi_web.site.requests.Requests",
    "doudi_web.site.guard.Guard",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

SESSION_COOKIE_NAME = "doudi_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "doudi_web.site.misfits.forged"
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 24 * 3600  # said over HTTPS alone
if PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

AUTH_USER_MODEL = "tenancy.Account"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 17 * 2**20
FILE_UPLOAD_HANDLERS = [  # never a file on the disk: people's numbers are in what is brought
    "django.core.files.uploadhandler.MemoryFileUploadHandler"
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["django.templatetags.i18n", "doudi_web.desk.templatetags.desk"],
        },
    }
]
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
MESSAGE_TAGS = {25: "fine", 30: "near", 40: "need"}  # as the edges of a strip are called
STATIC_URL = "/static/"

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
    "loggers": {
        "doudi": {"level": "INFO"},
        # somebody watches a demonstration start: its address and passwords stay in sight
        "doudi.requests": {"level": "WARNING" if DEMO else "INFO"},
        # these would write addresses with the ids in them; a request has its line already
        "django.request": {"level": "CRITICAL"},
        "django.security": {"level": "CRITICAL"},
    },
}
