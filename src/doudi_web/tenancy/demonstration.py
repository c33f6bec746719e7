"""What an installation keeps of being a demonstration: its day, and whether its district is filled."""

from datetime import date

from django.conf import settings

from doudi_web.tenancy.models import Demonstration


def demo_day() -> date | None:
    """The day on which the clock stays; None where this is no demonstration."""
    return settings.DEMO.day if settings.DEMO else None


def keep_day() -> None:
    """Keep a demonstration's day, where it is one, for whoever opens the installation later."""
    day = demo_day()
    if day is not None:
        Demonstration.objects.get_or_create(pk=1, defaults={"day": day})


def is_filled() -> bool:
    """Whether the district of the demonstration was filled to the end."""
    return Demonstration.objects.filter(filled__isnull=False).exists()
