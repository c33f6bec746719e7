"""Whether the verbs of a room are refused to the roles that may not, and to no other."""

from collections.abc import Callable, Iterable

from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import MAY, Act, Role


def held(role: Role, verbs: Iterable[tuple[Act, Callable[[], object]]]) -> None:
    """A refusal for another cause (nothing of the number is there) is none of these."""
    for act, do in verbs:
        try:
            do()
            status = 200
        except Refusal as refused:
            status = refused.status
        assert (status == 403) == (role not in MAY[act]), (role, act)
