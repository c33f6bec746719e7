"""What somebody can press in the body of a page: links and forms by their addresses' names, and what they do."""

from dataclasses import dataclass
from html.parser import HTMLParser

from django.urls import Resolver404, resolve


@dataclass
class _Form:
    address: str
    is_posted: bool
    does: str = ""


class _Body(HTMLParser):
    """Reads between <main> and </main>, without the path to the page."""

    def __init__(self, own: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._own = own
        self._inside = 0
        self._crumbs = False
        self._form: _Form | None = None
        self._forms: dict[str, _Form] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {key: value or "" for key, value in attrs}
        if tag == "main":
            self._inside = 1
        if not self._inside:
            return
        if tag == "ol" and told.get("class") == "crumb":
            self._crumbs = True
        if tag == "a" and not self._crumbs:
            self._lead("", told.get("href", ""))
        elif tag == "form":
            self._form = _Form(told.get("action") or self._own, told.get("method", "") == "post")
            if "id" in told:
                self._forms[told["id"]] = self._form
        elif tag == "input" and self._form is not None and told.get("name") == "do":
            self._form.does = told.get("value", "")
        elif tag == "button" and told.get("type", "submit") == "submit":
            form = self._forms.get(told["form"]) if "form" in told else self._form
            if form is not None and form.is_posted:
                self._press(form, told)

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self._inside = 0
        elif tag == "ol":
            self._crumbs = False
        elif tag == "form":
            self._form = None

    def _press(self, form: _Form, told: dict[str, str]) -> None:
        does = told["value"] if told.get("name") == "do" else form.does
        self._lead("post ", told.get("formaction") or form.address, f" {does}" if does else "")

    def _lead(self, how: str, address: str, does: str = "") -> None:
        path = address.partition("?")[0].partition("#")[0]
        if not path.startswith("/desk/"):
            return
        try:
            name = resolve(path).url_name
        except Resolver404:
            name = path
        self.found.add(f"{how}{name}{does}")


def buttons(content: str, own: str) -> set[str]:
    """`settlement` is a link there, `post answer look` a button of a form that is sent there."""
    body = _Body(own)
    body.feed(content)
    return body.found
