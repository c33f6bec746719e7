"""What may stand in an address: it is kept by browsers, proxies and logs."""

from django.http import HttpRequest

from doudi.errors import fault
from doudi.source_text import shown
from doudi.wire.identity_numbers import has_identity_number
from doudi_web.tenancy.refusals import Refusal


def must_name_nobody(request: HttpRequest) -> None:
    """Raises Refusal 422 where an identity number stands in the address, which says what is kept and recorded."""
    match = request.resolver_match
    parts = [(key, str(value)) for key, value in (match.kwargs if match else {}).items()]
    for key, values in request.GET.lists():
        parts += [(key, value) for value in values]
    faults = [fault("F209", shown(key)) for key, value in parts if has_identity_number(value)]
    if faults:
        raise Refusal(422, faults)
