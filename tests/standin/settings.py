"""The product's settings, with a handful of views in place of the product's."""

from muster.config.settings import *  # noqa: F403

INSTALLED_APPS = [
    "muster.foundation.timeline",
    "muster.foundation.access",
    "muster.foundation.catalog",
    "muster.detect",
    "django.contrib.auth",
    "django.contrib.contenttypes",
]
ROOT_URLCONF = "standin.urls"
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
