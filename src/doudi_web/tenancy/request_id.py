"""The number and address of the request in hand: set where it comes in, read where it is recorded."""

from contextvars import ContextVar

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
ADDRESS: ContextVar[str] = ContextVar("address", default="")
