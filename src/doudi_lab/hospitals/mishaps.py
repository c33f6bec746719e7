"""What happens to messages: lost answers, messages that come again, two at once, rivals, halves, noise, crashes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from doudi_lab.hospitals.acts import POSTS, Act, Kind
from doudi_lab.hospitals.wire import Answer, Line, Request
from doudi_lab.streams import Stream


class Mishap(StrEnum):
    """What may happen to one message."""

    NONE = "none"
    LOST = (
        "lost_answer"  # cut off before the answer; asked again when the hospital comes back to it
    )
    AGAIN = "sent_again"
    TWICE = "two_at_once"
    RIVAL = "rival"  # the same visit at the same moment under another message id: one of them may settle
    HALF = "half_message"
    NOISE = "noise"
    CRASH = "crash"  # as lost, and the hospital's memory is gone with it
    ECHO = "late_echo"  # an old message of the person comes once more


_LUCK: tuple[tuple[Mishap, float], ...] = (
    (Mishap.NONE, 62.0), (Mishap.LOST, 10.0), (Mishap.AGAIN, 7.0), (Mishap.TWICE, 6.0), (Mishap.ECHO, 5.0),
    (Mishap.HALF, 3.0), (Mishap.NOISE, 3.0), (Mishap.CRASH, 2.0), (Mishap.RIVAL, 2.0),
)  # fmt: skip


def mishap_of(seed: int, act: Act) -> Mishap:
    """What happens to a message. A rival there is only of a settlement; what is read has none of most."""
    found = Stream(seed, "mishap", act.key).weighted(_LUCK)
    if found is Mishap.RIVAL and act.kind is not Kind.SETTLE:
        return Mishap.TWICE
    return found


_MAY_ECHO = frozenset({200, 404, 409, 410, 422})
_DONE_BY_NOW = {Kind.EARLY: (201,)}
"""What came too early may be taken when it comes once more."""


@dataclass(slots=True)
class Post:
    """Brings the messages of one thread through, and notes each answer that nobody should have got."""

    line: Line
    wrong: Callable[[Act, str, str], None]
    """Takes note: which message, what was expected, what came."""
    said: dict[str, list[tuple[Act, Request, Answer]]] = field(
        default_factory=dict[str, list[tuple[Act, Request, Answer]]]
    )
    """What each person's messages were answered in this run."""

    def bring(
        self, seed: int, act: Act, request: Request, rival: Request | None, mishap: Mishap
    ) -> Answer | None:
        """The answer to a message; None where it was lost and has to be asked for again. Raises Silent."""
        luck = Stream(seed, "how", act.key)
        match mishap:
            case Mishap.LOST | Mishap.CRASH:
                self.line.lose(request)
                return None
            case Mishap.TWICE:
                answer = self._both(act, request)
            case Mishap.RIVAL if rival is not None:
                answer = self._rivals(act, request, rival)
            case _:
                self._before(act, request, mishap, luck)
                answer = self.line.ask(request)
        if mishap is Mishap.AGAIN:
            self._same(act, answer, self.line.ask(request))
        self.said.setdefault(act.person, []).append((act, request, answer))
        return answer

    def settled_by_rival(self, answer: Answer, rival: Request) -> Answer:
        """The rival's answer where it is the one that settled: asked for after a run that was stopped."""
        return self.line.ask(rival) if answer.status == 409 and "S410" in answer.codes else answer

    def _before(self, act: Act, request: Request, mishap: Mishap, luck: Stream) -> None:
        """What comes before the message itself."""
        if mishap is Mishap.HALF and request.body:
            self.line.send_half(request)
        elif mishap is Mishap.NOISE and request.body:
            size = luck.whole(1, 400)
            noise = bytes(luck.whole(0, 255) for _ in range(size))
            noise = (
                request.body[: luck.whole(1, len(request.body) - 1)] if luck.chance(0.5) else noise
            )
            answer = self.line.send_garbage(request, noise)
            if answer is not None and not 400 <= answer.status < 500:
                self._wrong(act, "400–499 to noise", answer)
        elif mishap is Mishap.ECHO and self.said.get(act.person):
            old, asked, answer = luck.pick(self.said[act.person])
            again = self.line.ask(asked)
            if old.kind in POSTS and answer.status in (200, 201):
                self._same(old, answer, again)
            elif again.status not in _MAY_ECHO | {answer.status, *_DONE_BY_NOW.get(old.kind, ())}:
                self._wrong(
                    old,
                    f"200 or a refusal to what came once more ({answer.status} at first)",
                    again,
                )

    def _both(self, act: Act, request: Request) -> Answer:
        """Two at once: both are answered alike, and at most one of them did something."""
        one, other = self.line.ask_both(request, request)
        first, second = sorted((one, other), key=lambda a: (a.status >= 300, -a.status))
        if first.status < 300:
            self._same(act, first, second)
        elif first.status != second.status:
            self._wrong(act, f"{first.status} to both", second)
        return first

    def _rivals(self, act: Act, request: Request, rival: Request) -> Answer:
        """Two settlements of one visit at once: one settles, the other is refused."""
        one, other = self.line.ask_both(request, rival)
        won, lost = (one, other) if one.status < other.status else (other, one)
        if won.status < 300 and lost.status != 409:
            self._wrong(act, "409 to the second settlement of a visit", lost)
        return won

    def _same(self, act: Act, first: Answer, again: Answer) -> None:
        """The same message again does nothing more; a settlement is answered word for word."""
        if first.status >= 300:
            if again.status != first.status:
                self._wrong(act, f"{first.status} again", again)
        elif again.status != 200:
            self._wrong(act, "200 to the same message again", again)
        elif act.kind in POSTS and again.text != first.text:
            self._wrong(act, "the same answer word for word", again)

    def _wrong(self, act: Act, expected: str, answer: Answer) -> None:
        self.wrong(act, expected, f"{answer.status} {'、'.join(answer.codes)}".strip())
