"""Django is set up as these tests are imported; the database comes with the fixtures."""

import os
import tempfile

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "doudi_web.site.settings"
_folder = tempfile.TemporaryDirectory(prefix="doudi-test-")  # until the process ends
os.environ["DOUDI_DATA"] = _folder.name
django.setup()
