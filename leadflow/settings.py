"""Every setting of LeadFlow, read once from the environment.

Each NAME may be given as NAME_FILE, a path whose content is the value (docker secrets). A guard test
holds this file against docs/settings.md. Without any variable the product runs on the embedded
PostgreSQL, the in-memory broker and the local outbox.
"""

import tomllib
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environs import FileAwareEnv

env = FileAwareEnv(strip_whitespace=True)  # a secret file ends with a newline

BASE_DIR = Path(__file__).resolve().parent.parent
RELEASE: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

# --- What the operator decides ---------------------------------------------------------------

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. `make run` makes one in var/; elsewhere set SECRET_KEY or SECRET_KEY_FILE."
    )
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list(
    "ALLOWED_HOSTS", default=[urlsplit(PUBLIC_BASE_URL).hostname or "", "127.0.0.1", "localhost"]
)
if "*" in ALLOWED_HOSTS and not DEBUG:
    raise ImproperlyConfigured("ALLOWED_HOSTS may not be `*`: name the hosts that serve LeadFlow.")
REDIS_URL = env.str("REDIS_URL", default="")
# Seconds of real time that one second of business time takes, inverted: 3600 makes an hour pass in a
# second. For journeys and trials; refused on an https installation.
TIME_SCALE = env.float("TIME_SCALE", default=1.0)
if TIME_SCALE != 1.0 and PUBLIC_BASE_URL.startswith("https://"):
    raise ImproperlyConfigured(
        "TIME_SCALE is for trials only and must be 1 on an https installation."
    )
# Where `leadflow up` listens.
HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
# Whether the first start of `leadflow up` makes the demo workspace.
DEMO = env.bool("DEMO", default=True)
# The age key that opens backups, made when first needed; keep a copy of it elsewhere.
BACKUP_KEY_PATH = Path(env.str("BACKUP_KEY_PATH", default=str(VAR_DIR / "backup_key")))
BACKUP_DIR = Path(env.str("BACKUP_DIR", default=str(VAR_DIR / "backups")))
BACKUP_KEEP = env.int("BACKUP_KEEP", default=14)  # nightly backups; 0 keeps all
# How many posts one address may send to forms in a minute; 0 switches the limit off.
FORM_POSTS_PER_MINUTE = env.int("FORM_POSTS_PER_MINUTE", default=60)
CHECK_MAIL_DOMAINS = env.bool("CHECK_MAIL_DOMAINS", default=True)
BEACONS_PER_MINUTE = env.int("BEACONS_PER_MINUTE", default=240)
# host:port pairs that the outbound HTTP door may reach although they are private; for tests.
OUTBOUND_ALLOW: list[str] = env.list("OUTBOUND_ALLOW", default=[])

# --- Mail: without SMTP_HOST every message stays in the local outbox ------------------------------

SMTP_HOST = env.str("SMTP_HOST", default="")
SMTP_PORT = env.int("SMTP_PORT", default=587)
SMTP_USER = env.str("SMTP_USER", default="")
SMTP_PASSWORD = env.str("SMTP_PASSWORD", default="")
SMTP_SECURITY = env.str("SMTP_SECURITY", default="starttls")  # starttls, tls or none
# Sign-in of colleagues at the provider of their mailbox; empty: by password only.
MAIL_GOOGLE_CLIENT_ID = env.str("MAIL_GOOGLE_CLIENT_ID", default="")
MAIL_GOOGLE_CLIENT_SECRET = env.str("MAIL_GOOGLE_CLIENT_SECRET", default="")
MAIL_MICROSOFT_CLIENT_ID = env.str("MAIL_MICROSOFT_CLIENT_ID", default="")
MAIL_MICROSOFT_CLIENT_SECRET = env.str("MAIL_MICROSOFT_CLIENT_SECRET", default="")
MAIL_TOKEN_URL = env.str("MAIL_TOKEN_URL", default="")  # another place than the provider's own
MAIL_VIA_MARKETING = env.str("MAIL_VIA_MARKETING", default="")  # a way of leadflow.mail.transports
DNS_RESOLVER = env.str("DNS_RESOLVER", default="")  # host:port; empty: that of the system
# What django-anymail is told of a provider: keys without ANYMAIL_, such as POSTMARK_SERVER_TOKEN
ANYMAIL = env.json("ANYMAIL", default={})
# The carrier of text messages; `local` keeps them here
TEXT_VIA = env.str("TEXT_VIA", default="local")
MAIL_VIA_ESSENTIAL = env.str("MAIL_VIA_ESSENTIAL", default="")
MAIL_FROM = env.str("MAIL_FROM", default="LeadFlow <leadflow@localhost.example>")
MAIL_RETURN_PATH = env.str("MAIL_RETURN_PATH", default="")
# No mail is sent past Django's own backend: a stray send_mail fails loudly.
EMAIL_BACKEND = "leadflow.mail.backend.LedgerBackend"
DEFAULT_FROM_EMAIL = MAIL_FROM

# --- Database ---------------------------------------------------------------------------------

# Empty means the embedded PostgreSQL under VAR_DIR; `leadflow` starts it and fills this in.
DATABASE_URL = env.str("DATABASE_URL", default="")
if not DATABASE_URL:
    raise ImproperlyConfigured(
        "DATABASE_URL is not set. Start through `leadflow` or `manage.py`, which bring the embedded "
        "PostgreSQL, or set DATABASE_URL."
    )
if not DATABASE_URL.startswith(("postgres://", "postgresql://")):
    raise ImproperlyConfigured(
        "DATABASE_URL has to look like postgres://user:password@host:5432/database; LeadFlow runs on "
        "PostgreSQL only."
    )
DATABASES = {
    "default": env.dj_db_url("DATABASE_URL", conn_max_age=600, conn_health_checks=True)
    | {"ATOMIC_REQUESTS": False, "DISABLE_SERVER_SIDE_CURSORS": False}
}
DATABASES["default"].setdefault("OPTIONS", {})
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Applications, lowest first -------------------------------------------------------------------

INSTALLED_APPS = [
    # the core, from the bottom up
    "leadflow.people",
    "leadflow",
    "leadflow.events",
    "leadflow.history",
    "leadflow.runs",
    "leadflow.rulesets",
    "leadflow.blocks",
    # shared by several stages
    "leadflow.assets",
    "leadflow.mail",
    "leadflow.calendars",
    "leadflow.notifications",
    "leadflow.segments",
    "leadflow.handover",
    "leadflow.offers",
    "leadflow.approvals",
    "leadflow.calling",
    "leadflow.experiments",
    "leadflow.operations",
    "leadflow.web",
    "leadflow.imports",
    "leadflow.integrations",
    "leadflow.timeline",
    # the five stages
    "capture",
    "qualification",
    "nurturing",
    "distribution",
    "pipeline",
    # screens above the stages
    "leadflow.insights",
    "leadflow.desk",
    "leadflow.console",
    # other people's
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    # both set up the template loaders by themselves, each over the other: TEMPLATES below does it
    "template_partials.apps.SimpleAppConfig",
    "django_cotton.apps.SimpleAppConfig",
    "csp",
    "rest_framework",
    "drf_spectacular",
]

MIDDLEWARE = [
    "leadflow.web.hosts.HostMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "leadflow.web.middleware.PersonMiddleware",
    "leadflow.web.middleware.ErrorMiddleware",
]

ROOT_URLCONF = "leadflow.urls"
WSGI_APPLICATION = "leadflow.wsgi.application"
APPEND_SLASH = True

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    [
                        (
                            "django.template.loaders.cached.Loader",
                            [
                                "django_cotton.cotton_loader.Loader",
                                "django.template.loaders.filesystem.Loader",
                                "django.template.loaders.app_directories.Loader",
                            ],
                        )
                    ],
                )
            ],
            "builtins": [
                "django_cotton.templatetags.cotton",
                "template_partials.templatetags.partials",
                "leadflow.web.templatetags.formats",
                "leadflow.web.templatetags.marks",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "leadflow.web.context.shell",
            ],
        },
    }
]
COTTON_DIR = "ui"
COTTON_SNAKE_CASED_NAMES = True
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- People and sessions ----------------------------------------------------------------------

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_ADAPTER = "leadflow.console.adapter.AccountAdapter"
ACCOUNT_USER_DISPLAY = "leadflow.console.adapter.display"
ACCOUNT_FORMS = {
    "login": "leadflow.console.forms.entrance.SignInForm",
    "reauthenticate": "leadflow.console.forms.entrance.PasswordAgainForm",
    "reset_password": "leadflow.console.forms.doors.ForgotForm",
    "reset_password_from_key": "leadflow.console.forms.entrance.NewPasswordForm",
}
MFA_FORMS = {
    "authenticate": "leadflow.console.forms.entrance.SecondStepForm",
    "reauthenticate": "leadflow.console.forms.entrance.SecondStepAgainForm",
    "activate_totp": "leadflow.console.forms.entrance.TurnOnForm",
}
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_SESSION_REMEMBER = None  # "stay signed in" is a box on the page
# Wrong passwords are counted by the adapter; these are the outer limits.
ACCOUNT_RATE_LIMITS = {
    "login": "120/m/ip",
    "login_failed": None,
    "reset_password": "20/h/ip,3/h/key",
    "reset_password_from_key": "20/m/ip",
    "reauthenticate": "10/h/user",
}
# How many proxies of ours stand in front and add to X-Forwarded-For; limits per address need it.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
MFA_TOTP_ISSUER = "LeadFlow"
SESSION_COOKIE_AGE = int(timedelta(days=30).total_seconds())
PASSWORD_RESET_TIMEOUT = int(timedelta(hours=1).total_seconds())

_SECURE = PUBLIC_BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SESSION_COOKIE_NAME = "__Host-session" if _SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _SECURE else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if _SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _SECURE
SECURE_SSL_REDIRECT = _SECURE
SECURE_REDIRECT_EXEMPT = [r"^healthz/", r"^readyz/"]  # asked from inside, without TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# --- Language and time ------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- Files ------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR_DIR / "media"
# `make run` serves straight from static/; the image runs collectstatic and serves hashed names.
STATIC_HASHED = env.bool("STATIC_HASHED", default=(STATIC_ROOT / "staticfiles.json").exists())
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = not STATIC_HASHED
STORAGES = {
    "default": {"BACKEND": "leadflow.assets.storage.WholeFiles"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if WHITENOISE_USE_FINDERS
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Cache: rate limits live here, so it is shared by every process ---------------------------------

_IN_DATABASE = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}
CACHES = {
    "default": {
        "BACKEND": "leadflow.web.cache.RedisElseDatabase",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
    if REDIS_URL
    else _IN_DATABASE,
    "fallback": _IN_DATABASE,
}

# --- Celery -----------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "visibility_timeout": 300,
        # a wake-up that cannot be sent is dropped at once: the request that sends it must not wait
        "socket_connect_timeout": 2,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
        "interval_max": 0,
    }
    if REDIS_URL
    else {"polling_interval": 0.05}
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 300_000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"

# Every tick of the product, in one place: name -> (task, seconds). Beat carries fixed intervals only;
# what is due, and in whose time zone, is a row in the database.
TICKS: dict[str, tuple[str, float]] = {
    "nurturing.advance_due": ("nurturing.tasks.advance_due", 10),
    "nurturing.push_broadcasts": ("nurturing.tasks.push_broadcasts", 10),
    "nurturing.send_texts": ("nurturing.tasks.send_texts", 30),
    "nurturing.decide_ways": ("nurturing.tasks.decide_ways", 600),
    "nurturing.watch_moments": ("nurturing.tasks.watch_moments", 600),
    "segments.refresh_stale": ("leadflow.segments.tasks.refresh_stale", 3600),
    "qualification.score_crossings": ("qualification.tasks.score_crossings", 60),
    "qualification.nightly_sweep": ("qualification.tasks.nightly_sweep", 3600),
    "distribution.watch_clocks": ("distribution.tasks.watch_clocks", 60),
    "capture.forget": ("capture.tasks.forget", 3600),
    "capture.sweep_submissions": ("capture.tasks.sweep_submissions", 60),
    "mail.check_domains": ("leadflow.mail.tasks.check_domains", 600),
    "mail.follow_confirmations": ("leadflow.mail.tasks.follow_confirmations", 3600),
    "mail.poll_due": ("leadflow.mail.tasks.poll_due", 30),
    "mail.send_due": ("leadflow.mail.tasks.send_due", 10),
    "mail.settle_clicks": ("leadflow.mail.tasks.settle_clicks", 30),
    "mail.watch_senders": ("leadflow.mail.tasks.watch_senders", 60),
    "notifications.remind": ("leadflow.notifications.tasks.remind", 60),
    "operations.keep_promises": ("leadflow.operations.tasks.keep_promises", 3600),
    "insights.roll_up": ("leadflow.insights.tasks.roll_up", 60),
    "operations.heartbeat": ("leadflow.operations.tasks.heartbeat", 20),
    "operations.nightly_backup": ("leadflow.operations.tasks.nightly_backup", 3600),
    "console.answer_resets": ("leadflow.console.tasks.answer_resets", 60),
    "console.check_hosts": ("leadflow.console.tasks.check_hosts", 3600),
    "events.sweep": ("leadflow.events.tasks.sweep", 10),
    "runs.tick": ("leadflow.runs.tasks.tick", 10),
    "pipeline.ask_again": ("pipeline.tasks.ask_again", 3600),
    "pipeline.count_chances": ("pipeline.tasks.count_chances", 3600),
    "pipeline.expire_quotes": ("pipeline.tasks.expire_quotes", 600),
    "pipeline.remind_renewals": ("pipeline.tasks.remind_renewals", 3600),
    "pipeline.spread_ranks": ("pipeline.tasks.spread_ranks", 3600),
    "integrations.deliver_due": ("leadflow.integrations.tasks.deliver_due", 10),
    "integrations.forget_old": ("leadflow.integrations.tasks.forget_old", 3600),
}
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": timedelta(seconds=seconds), "options": {"expires": seconds}}
    for name, (task, seconds) in TICKS.items()
}

# --- API --------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "leadflow.web.rest.problem",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "UNAUTHENTICATED_USER": None,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "leadflow.kit.logs.Line"}},
    "filters": {"capped": {"()": "leadflow.kit.logs.Capped"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["capped"]}
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
}
