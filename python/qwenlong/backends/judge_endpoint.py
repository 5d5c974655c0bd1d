"""Where a judge is, how it is asked, and what asking has cost."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from qwenlong.backends.judge_prompt import Output


@dataclass(slots=True, kw_only=True)
class Counters:
    """What asking has cost so far."""

    questions: int = 0
    """Asked for, equal ones included."""
    hits: int = 0
    """Answered from the cache."""
    shared: int = 0
    """Answered by an equal question that was under way."""
    unasked: int = 0
    """Nothing to judge: a no without asking."""
    calls: int = 0
    """Requests sent."""
    retries: int = 0
    """Of them, repeated ones."""
    invalid: int = 0
    """Replies without a verdict that counts."""
    failures: int = 0
    """Requests that brought no reply: connection, timeout, deadline, status."""
    missing: int = 0
    """Questions that stayed without a verdict."""
    prompt_tokens: int = 0
    """As the server counts them."""
    reply_tokens: int = 0
    """As the server counts them."""
    cost: float = 0.0
    """By the prices of the recipe."""
    latency_seconds: float = 0.0
    """Sum over replies, from sending to the last byte."""
    wait_seconds: float = 0.0
    """The trainer's, for all verdicts."""

    def as_dict(self) -> dict[str, float]:
        """Every counter by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a judge is and how it is asked."""

    base_url: str
    """Ends before /chat/completions."""
    model: str
    """As the server names it."""
    api_key: str = field(default="", repr=False)
    """Sent as a bearer token; empty is none."""
    output: Output | None = None
    """None: a choice where the server can, else text."""
    max_reply_tokens: int = 512
    """Of reasons and verdict."""
    timeout_seconds: float = 60.0
    """Of one request."""
    deadline_seconds: float = 300.0
    """Of one question with all its repetitions."""
    retries: int = 4
    """Repetitions of a request that failed in a way that may pass."""
    backoff_seconds: float = 0.5
    """Scale of the pause before the first of them; it doubles, with jitter."""
    prompt_price: float = 0.0
    """Per million tokens."""
    reply_price: float = 0.0
    """Per million tokens."""

    def __post_init__(self) -> None:
        """Refuse a key that no header can carry, without showing it: an HTTP client's error would."""
        odd = next((place for place, char in enumerate(self.api_key, 1) if not "!" <= char <= "~"), None)
        if odd is not None:
            raise ValueError(
                f"the API key has {len(self.api_key)} characters, and number {odd} is a space, a line end, a control "
                "character or not ASCII, which no key has: take it out"
            )

    @property
    def headers(self) -> dict[str, str]:
        """What every request carries."""
        return {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}

    def hidden(self, text: str) -> str:
        """A text without the key, for whatever is shown or logged: servers repeat what they were sent."""
        return text.replace(self.api_key, "***") if self.api_key else text
