"""Django, set up and ready to be called as WSGI. Import this before anything that needs the models."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "muster.config.settings")
django_app = get_wsgi_application()
