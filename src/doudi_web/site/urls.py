"""Routes."""

from django.urls import path

from doudi_web.api.routes import api
from doudi_web.site.pages import status_page

urlpatterns = [path("", status_page), path("", api.urls)]
