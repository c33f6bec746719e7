"""Routes, and who answers what no route does."""

from django.urls import include, path

from doudi_web.api.routes import api
from doudi_web.site.pages import status_page

urlpatterns = [
    path("", status_page),
    path("", api.urls),
    path("desk/", include("doudi_web.desk.urls")),
]
handler400 = "doudi_web.site.misfits.bad_request"
handler404 = "doudi_web.site.misfits.not_found"
handler500 = "doudi_web.site.misfits.failed"
