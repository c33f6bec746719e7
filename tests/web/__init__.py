"""Django is set up as these tests are imported; the database comes with the fixtures."""

import os
import tempfile

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "doudi_web.site.settings"
os.environ["DOUDI_DATA"] = tempfile.mkdtemp(prefix="doudi-test-")
django.setup()
