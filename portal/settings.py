"""Every setting of the portal, each from the environment; docs/settings.md lists them."""

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import environ
import structlog
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env(
    ASSAY_ENV=(str, "demo"),
    ASSAY_VAR=(str, str(BASE_DIR / ".var")),
    ASSAY_BASE_URL=(str, "http://127.0.0.1:8000"),
    SECRET_KEY=(str, ""),
    ALLOWED_HOSTS=(list, ["localhost", "127.0.0.1", "[::1]"]),
    CSRF_TRUSTED_ORIGINS=(list, []),
    DATABASE_URL=(str, ""),
    REDIS_URL=(str, ""),
    GATEWAY_URL=(str, ""),
    GATEWAY_API_KEY=(str, ""),
    GATEWAY_SIMULATED=(bool, False),
    GATEWAY_ALLOWED_HOSTS=(list, []),
    GATEWAY_ALLOW_LOOPBACK=(bool, False),
    CATALOG_PROBE_CALLS=(int, 5),
    CATALOG_PROBE_CAP=(str, "0.50"),
    RUN_LEASE_SECONDS=(float, 90.0),
    RUN_SWEEP_SECONDS=(float, 15.0),
    RUN_DRIVE_SECONDS=(float, 60.0),
    RUN_CONCURRENCY=(int, 32),
    WORKER_MEMORY_MB=(int, 1024),
    SESSION_IDLE_MINUTES=(int, 30),
    SESSION_ABSOLUTE_HOURS=(int, 10),
    HTTPS=(bool, True),
    LOG_LEVEL=(str, "INFO"),
)

ASSAY_ENV = env("ASSAY_ENV")
if ASSAY_ENV not in ("production", "demo", "test"):
    raise ImproperlyConfigured(f"ASSAY_ENV is {ASSAY_ENV!r}; use production, demo or test.")
PRODUCTION = ASSAY_ENV == "production"
DEBUG = False
VAR_DIR = Path(env("ASSAY_VAR"))
BASE_URL = env("ASSAY_BASE_URL")

SECRET_KEY = env("SECRET_KEY")
if not SECRET_KEY:
    if PRODUCTION:
        raise ImproperlyConfigured("SECRET_KEY is empty; set it to 50 or more random characters.")
    # For tests and tools; whoever serves pages brings a key.
    SECRET_KEY = "only-for-tests-and-tools-never-served-to-anyone-0123456789"  # noqa: S105

ALLOWED_HOSTS = env("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "rest_framework",
    "drf_spectacular",
    "template_partials",
    "django_htmx",
    "django_structlog",
    "pgtrigger",
    "csp",
    "portal.common",
    "portal.gateway",
    "portal.accounts",
    "portal.audit",
    "portal.shell",
    "catalog",
    "workloads.lifecycle",
    "workloads.briefs",
    "workloads.selection",
    "workloads.prompts",
    "workloads.tuning",
    "workloads.builds",
    "workloads.reviews",
    "workloads.operations",
    "evaluations.metric_library",
    "evaluations.datasets",
    "evaluations.judges",
    "evaluations.runs",
    "evaluations.preferences",
    "evaluations.scorecards",
    "evaluations.playground",
    "portal.demo",
    "portal.apps.PortalConfig",
]

# The eight phases in their order. A company adds a ninth by writing one class.
PHASES = [
    "workloads.briefs.phase.Scoping",
    "workloads.selection.phase.Selection",
    "workloads.prompts.phase.Prompting",
    "evaluations.scorecards.phase.Evaluation",
    "workloads.tuning.phase.Tuning",
    "workloads.builds.phase.Building",
    "workloads.reviews.phase.GoNoGo",
    "workloads.operations.phase.Operations",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portal.common.http.HeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.accounts.middleware.SessionLimitsMiddleware",
    "portal.accounts.middleware.SignInRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "portal.common.http.DomainErrorMiddleware",
    "portal.common.readonce.ReadOnceMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.shell.context.shell",
            ],
            "builtins": [
                "django.templatetags.static",
                "template_partials.templatetags.partials",
                "portal.shell.templatetags.assay",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Database: PostgreSQL, always.
_database = environ.Env.db_url_config(env("DATABASE_URL") or "postgresql://assay@/assay")
_database["CONN_MAX_AGE"] = 60
_database["CONN_HEALTH_CHECKS"] = True
_database.setdefault("OPTIONS", {})
_database["OPTIONS"].setdefault("connect_timeout", 5)
_database["OPTIONS"].setdefault(
    "options",
    "-c lock_timeout=5000 -c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000",
)
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Queue and cache: Valkey or Redis, on a unix socket or over TCP.
REDIS_URL = env("REDIS_URL") or "redis://127.0.0.1:6379/0"
if REDIS_URL.startswith("unix://"):
    _parts = urlsplit(REDIS_URL)
    _number = dict(pair.split("=", 1) for pair in _parts.query.split("&") if "=" in pair)
    CELERY_BROKER_URL = f"redis+socket://{quote(_parts.path)}?virtual_host={_number.get('db', '0')}"
else:
    CELERY_BROKER_URL = REDIS_URL
CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
        if ASSAY_ENV == "test"
        else {"BACKEND": "portal.common.caching.ForgivingCache", "LOCATION": REDIS_URL}
    )
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000
CELERY_DB_REUSE_MAX = 100
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_timeout": 30,
}
CELERY_BEAT_SCHEDULER = "portal.common.scheduling:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "sweep runs": {"task": "evaluations.runs.sweep", "schedule": env("RUN_SWEEP_SECONDS")},
    "sweep trials": {"task": "evaluations.playground.sweep", "schedule": env("RUN_SWEEP_SECONDS")},
    "forget trials": {"task": "evaluations.playground.forget", "schedule": 24 * 3600.0},
    "publish scorecards": {"task": "evaluations.scorecards.sweep", "schedule": 60.0},
    "forget answers": {"task": "portal.common.forget_answers", "schedule": 3600.0},
    "forget ticks": {"task": "portal.common.forget_ticks", "schedule": 24 * 3600.0},
    "forget notifications": {
        "task": "portal.shell.forget_notifications",
        "schedule": 24 * 3600.0,
    },
    "anchor audit": {"task": "portal.audit.anchor", "schedule": 24 * 3600.0},
    "sync catalog": {"task": "catalog.sync", "schedule": 24 * 3600.0},
    "probe catalog": {"task": "catalog.probe_daily", "schedule": 24 * 3600.0},
    "sweep probes": {"task": "catalog.sweep_probes", "schedule": 300.0},
    "forget interactions": {"task": "workloads.operations.forget", "schedule": 24 * 3600.0},
    "follow catalog": {"task": "workloads.tuning.follow_catalog_everywhere", "schedule": 3600.0},
    "follow catalog live": {
        "task": "workloads.operations.follow_catalog_everywhere",
        "schedule": 3600.0,
    },
    "expire reviews": {"task": "workloads.lifecycle.expire_reviews", "schedule": 3600.0},
}
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_TIMEZONE = "UTC"

# The AI gateway: the only address that the portal calls.
GATEWAY_URL = env("GATEWAY_URL")
GATEWAY_API_KEY = env("GATEWAY_API_KEY")
GATEWAY_SIMULATED = env("GATEWAY_SIMULATED")
GATEWAY_ALLOWED_HOSTS = env("GATEWAY_ALLOWED_HOSTS")
GATEWAY_ALLOW_LOOPBACK = env("GATEWAY_ALLOW_LOOPBACK") or not PRODUCTION

# Probes of the catalog: calls of each model, and the most that one round spends in each currency.
CATALOG_PROBE_CALLS = env("CATALOG_PROBE_CALLS")
CATALOG_PROBE_CAP = env("CATALOG_PROBE_CAP")

# Runs: how long a lease holds, how often the sweeper looks, how long one driver task drives.
RUN_LEASE_SECONDS = env("RUN_LEASE_SECONDS")
RUN_SWEEP_SECONDS = env("RUN_SWEEP_SECONDS")
RUN_DRIVE_SECONDS = env("RUN_DRIVE_SECONDS")
RUN_CONCURRENCY = env("RUN_CONCURRENCY")

# How much memory one process of a worker may take; 0 is as much as there is.
WORKER_MEMORY_MB = env("WORKER_MEMORY_MB")

# Sign-in.
AUTH_USER_MODEL = "portal_accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "portal.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"login_failed": "20/15m/ip,5/15m/key"}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
if PRODUCTION:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
SESSION_IDLE_SECONDS = env("SESSION_IDLE_MINUTES") * 60
SESSION_COOKIE_AGE = env("SESSION_ABSOLUTE_HOURS") * 3600

# Transport and browser. Production is https only; the demo on loopback cannot be.
_https = PRODUCTION and env("HTTPS")
SECURE_SSL_REDIRECT = _https
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _https
SECURE_HSTS_PRELOAD = _https
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_USE_SESSIONS = True
CSRF_FAILURE_VIEW = "portal.shell.views.csrf_failure"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
    }
}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if PRODUCTION
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = False

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["portal.common.sessions.SessionSignIn"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portal.common.parsers.StrictJSONParser"],
    "EXCEPTION_HANDLER": "portal.common.api.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "portal.common.schema.ByPath",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Assay",
    "DESCRIPTION": "The same rules as the pages, for programs.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [],
    "COMPONENT_SPLIT_REQUEST": True,
    # The choices stand with the type already.
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}
# One JSON object a line; the request id travels into the workers.
DJANGO_STRUCTLOG_CELERY_ENABLED = True
_processors: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    # Frames without their variables: those may hold keys, prompts or personal data.
    structlog.processors.ExceptionRenderer(
        structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=20)
    ),
]
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_processors,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer(),
            "foreign_pre_chain": _processors,
        }
    },
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["out"], "level": env("LOG_LEVEL")},
    "loggers": {"celery.app.trace": {"level": "WARNING"}},
}
