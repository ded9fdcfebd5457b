"""Django's settings, all from `environment`."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
import django_stubs_ext

from tasuki.server.environment import kept_secret, read_environment

django_stubs_ext.monkeypatch()

ENVIRONMENT = read_environment()
HERE = Path(__file__).parent
DATA = ENVIRONMENT.data.resolve()

SECRET_KEY = ENVIRONMENT.secret_key or kept_secret(DATA)
DEBUG = ENVIRONMENT.debug
DEMO = ENVIRONMENT.demo
_url = urlsplit(ENVIRONMENT.url)
ALLOWED_HOSTS = sorted({_url.hostname or "localhost", "127.0.0.1", "localhost", "[::1]", *ENVIRONMENT.hosts})
CSRF_TRUSTED_ORIGINS = [f"{_url.scheme}://{_url.netloc}"]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "ninja",
    "django_tasks",
    "django_tasks_db",
    "tasuki.server.core",
    "tasuki.server.worktime",
    "tasuki.server.accounts",
    "tasuki.server.people",
    "tasuki.server.activities",
    "tasuki.server.agreements",
    "tasuki.server.lifecycle",
    "tasuki.server.handoffs",
    "tasuki.server.notify",
    "tasuki.server.deals",
    "tasuki.server.imports",
    "tasuki.server.lists",
    "tasuki.server.insights",
    "tasuki.server.reports",
    "tasuki.server.api",
    "tasuki.server.pages",
    "django.forms",  # its templates, for widgets that the pages do not write themselves
]

MIDDLEWARE = [
    "tasuki.server.core.middleware.RequestId",
    "tasuki.server.running.middleware.Measured",
    "tasuki.server.core.middleware.SecureHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "tasuki.server.core.middleware.LanguageAndTimeZone",
    "tasuki.server.core.middleware.Gate",
    "tasuki.server.core.once.OnceARequest",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "tasuki.server.core.middleware.SessionLifetime",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "tasuki.server.urls"
WSGI_APPLICATION = "tasuki.server.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    },
]


def _database() -> dict[str, Any]:
    """PostgreSQL by its address; else SQLite, where a writer waits for its turn instead of failing."""
    if ENVIRONMENT.database_url:
        address = dj_database_url.parse(ENVIRONMENT.database_url, conn_max_age=600)
        address["OPTIONS"] = {
            "prepare_threshold": 2,
            # a plan kept from when a table was empty reads the whole of it for ever
            # and to weigh each order of nine tables takes longer than to read them: ours are named in a good one
            "options": "-c plan_cache_mode=force_custom_plan -c join_collapse_limit=5",
            **address.get("OPTIONS", {}),
        }
        return {**address, "CONN_HEALTH_CHECKS": True}
    return {
        "ENGINE": "tasuki.server.core.sqlite",
        "NAME": str(DATA / "tasuki.sqlite3"),
        "CONN_MAX_AGE": 600,
        "OPTIONS": {
            "timeout": 30,
            "transaction_mode": "IMMEDIATE",
            # the log is copied back rarely, for who wrote last does it, and the next one waits
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;"
            " PRAGMA wal_autocheckpoint=8000;",
        },
        "TEST": {"NAME": str(DATA / "test.sqlite3")},
    }


FORM_RENDERER = "tasuki.server.pages.widgets.Renderer"

DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "core.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
SHORTEST_PASSWORD = 10
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {},
        "MinimumLengthValidator": {"min_length": SHORTEST_PASSWORD},
        "CommonPasswordValidator": {},
    }.items()
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "sign-in"

AXES_FAILURE_LIMIT = ENVIRONMENT.sign_in_attempts
AXES_COOLOFF_TIME = ENVIRONMENT.sign_in_wait_minutes / 60
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_VERBOSE = False
AXES_CLIENT_IP_CALLABLE = "tasuki.server.core.sign_in.address_of"
AXES_DISABLE_ACCESS_LOG = True  # the audit has it
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
PROXIES = ENVIRONMENT.proxies
AXES_ENABLE_ADMIN = False

LANGUAGE_CODE = ENVIRONMENT.language
LANGUAGES = [("ja", "日本語"), ("en", "English")]
LOCALE_PATHS = [HERE / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = ENVIRONMENT.time_zone

STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = DATA / "files"
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
UPLOAD_LIMIT = ENVIRONMENT.upload_megabytes * 1_048_576

CSRF_FAILURE_VIEW = "tasuki.server.core.answers.csrf_failure"
SESSION_COOKIE_AGE = ENVIRONMENT.session_hours * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _url.scheme == "https"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if _url.scheme == "https" else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _url.scheme == "https" else None
X_FRAME_OPTIONS = "DENY"

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "tasuki.server.core.logs.JsonFormatter"},
        "text": {"()": "tasuki.server.core.logs.TextFormatter"},
    },
    "handlers": {
        "out": {"class": "logging.StreamHandler", "formatter": ENVIRONMENT.log_format},
    },
    "root": {"handlers": ["out"], "level": ENVIRONMENT.log_level},
    "loggers": {"django.db.backends": {"level": "WARNING"}, "axes": {"level": "WARNING"}},
}
SILENCED_SYSTEM_CHECKS: list[str] = []
