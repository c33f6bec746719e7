"""The addresses of the desk. Each place has a file of pages, which states its own."""

from django.urls import URLPattern

from doudi_web.desk.pages import entry, home, mapping, papers, persons, review

app_name = "desk"
urlpatterns: list[URLPattern] = [
    *home.ADDRESSES,
    *entry.ADDRESSES,
    *persons.ADDRESSES,
    *review.ADDRESSES,
    *papers.ADDRESSES,
    *mapping.ADDRESSES,
]
