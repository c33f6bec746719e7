"""The application as a server calls it."""

from collections.abc import Callable
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse


class Application(WSGIHandler):
    """Django's, where every request is in UTF-8 whatever it says.

    A charset of its own would decide how the address is read, and that before anything could be refused.
    """

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> HttpResponse:
        """Answer one request."""
        said = str(environ.get("CONTENT_TYPE") or "").split(";")
        kept = (part for part in said if not part.strip().lower().startswith("charset"))
        environ["CONTENT_TYPE"] = ";".join(kept)
        return super().__call__(environ, start_response)
