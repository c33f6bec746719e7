"""One run of requests into a district of its own: each is sent, judged, looked behind and counted."""

import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from doudi_web.settlement import verify
from doudi_web.tenancy.roles import Role
from web.journeys import FIRST, LISTS, World, learn, right, seen_again
from web.left import Left, the_ledger_is_whole
from web.sent import Answer, Request, Tally, Unfit, judge, operation_of
from web.sent import send as in_this_process
from web.service import Json
from web.test_interface import OPERATIONS


@dataclass
class District:
    """A database that only this run writes, and what it has told so far."""

    url: str
    chance: random.Random
    world: World
    left: Left
    send: Callable[[Request], Answer] = in_this_process
    tally: Tally = field(default_factory=Tally)
    sent: int = 0
    """Requests that were generated or spoilt; those that are right come besides."""

    def ask(self, source: str, request: Request) -> tuple[Answer, Json]:
        """Send a request and judge its answer and what it left. Raises Unfit."""
        self.sent += source != "right"
        self.left.changed()  # accounts are made behind the application's back
        try:
            answer = self.send(request)
        except Exception as error:
            raise Unfit(f"{type(error).__name__} came out\n{request.shown()}") from error
        if self.send is not in_this_process and refused_by_the_server(answer):
            self.tally.add(source, "server", answer.status)
            return answer, {}
        operation, told = judge(request, answer)
        try:
            self.left.judge(operation, request.method, answer.status)
        except Unfit as unfit:
            raise Unfit(f"{unfit}\n{request.shown()}") from unfit
        self.tally.add(source, operation, answer.status)
        learn(self.world, operation, answer.status, told)
        return answer, told

    def ask_rightly(self, operation: str) -> None:
        """Ask what is right; it must be done."""
        request = right(self.world, operation)
        assert operation_of(request) == operation
        answer, told = self.ask("right", request)
        if answer.status >= 300:
            raise Unfit(f"{operation}: what is right is refused: {told}\n{request.shown()}")

    def begin(self, *, without: Collection[str] = ()) -> None:
        """What a district begins with, and then every route once."""
        for operation in (*FIRST, *OPERATIONS):
            if operation not in without:
                self.ask_rightly(operation)
        self.world.is_new = False

    def _ask_again(self) -> None:
        """What is kept can be told: every list, every visit and settlement, whatever was sent. Raises Unfit."""
        for operation in LISTS:
            self.ask_rightly(operation)
        for operation in ("visit", "settlement"):
            for number in self.world.known.get(operation, []):
                request = seen_again(self.world, operation, number)
                status = self.ask("right", request)[0].status
                is_of_several = operation == "visit" and status == 409
                if status != 200 and not is_of_several:
                    raise Unfit(f"what is kept cannot be told: {request.target!r}")

    def end(self) -> None:
        """Look at all that is kept, and at the ledger, which is the application's own here.

        Raises Unfit, AssertionError.
        """
        self._ask_again()
        self.left.close()
        assert the_ledger_is_whole(self.url) > 0
        if self.send is in_this_process:
            found = verify.verify()
            assert found.holds, found.faults


def refused_by_the_server(answer: Answer) -> bool:
    """Whether the server refused what is no HTTP, before the application: by a status alone."""
    is_ours = bool(answer.header("X-Request-Id"))
    return not is_ours and answer.status in (400, 413, 414, 431) and answer.content == b""


def district(
    url: str,
    seed: str,
    tokens: Mapping[Role, str],
    send: Callable[[Request], Answer] = in_this_process,
) -> District:
    """A district on a database, whose chance comes from the seed."""

    def needed(request: Request) -> tuple[Answer, Json]:
        return made.ask("right", request)

    chance = random.Random(seed)
    made = District(
        url,
        chance,
        World(chance, dict(tokens), needed),
        Left(url, seals=send is not in_this_process),
        send,
    )
    return made
