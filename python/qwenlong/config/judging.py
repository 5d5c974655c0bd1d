"""The section of the judge: an endpoint, how it is asked, and how far it is trusted."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from qwenlong.config.sections import Count, NonNegative, Positive, Rate, Section, Share


class Judge(Section):
    """A judge model behind an OpenAI-compatible chat endpoint, and how far a judge is trusted; see docs/judge.md."""

    base_url: str = ""
    """Of the endpoint, for example "http://127.0.0.1:8000/v1"; empty is no endpoint."""
    model: str = ""
    """As the server names it, for example "Qwen/Qwen2.5-1.5B-Instruct"."""
    api_key_env: Annotated[str, Field(pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")] = ""
    """Name of the environment variable that holds the API key; empty sends none."""
    output: Literal["auto", "choice", "text"] = "auto"
    """"choice": one of two replies, which the server enforces or has no verdicts; "text": reasons, then the verdict;
    "auto": a choice where the server can, else text."""
    max_reply_tokens: Positive = 512
    """Of reasons and verdict; a reply that is cut off has no verdict."""
    concurrency: Positive = 32
    """Questions of a rank under way at once."""
    timeout_seconds: Rate = 60.0
    """Of one request, to the last byte of its reply."""
    retries: Count = 4
    """Repetitions after a refused connection, a timeout, status 408, 425, 429 or 5xx; other statuses are final."""
    deadline_seconds: Rate = 300.0
    """Of one question with all its repetitions; at most half of run.timeout_seconds, in which a rank's call ends."""
    cache: Annotated[str, Field(min_length=1)] = "run"
    """Verdicts remembered on disk: "run" (in the run directory), "off", or a directory that several runs share."""
    prompt_price: NonNegative = 0.0
    """Per million tokens, for the cost that is counted."""
    reply_price: NonNegative = 0.0
    """Per million tokens, for the cost that is counted."""
    canary_every_steps: Count | None = None
    """RL steps between two trials with pairs of known verdict; 0 is never; unset is 20 for an endpoint, else 0."""
    max_false_positives: Share = 0.2
    """The run stops where the judge accepts a larger share of the wrong pairs."""
    max_tricked: Share = 0.1
    """The run stops where it accepts a larger share of the published answers that say nothing, such as a lone colon."""
    max_false_negatives: Share = 0.5
    """The run stops where it refuses a larger share of the right ones."""

    @field_validator("base_url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.username or parts.password:
            raise ValueError("holds a password, which would be written to config.toml: use judge.api_key_env")
        try:
            port = parts.port
        except ValueError:
            port = 0
        if port == 0:
            raise ValueError(f'"{value}" has a port that is none: a number from 1 to 65535, or none at all')
        if not value.isprintable() or " " in value:
            raise ValueError(f"{value!r} has a space or a control character in it: no address has")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f'"{value}" is no address such as http://127.0.0.1:8000/v1')
        if parts.path.rstrip("/").endswith("/chat/completions"):
            raise ValueError(f'"{value}" is the address of one call: end it before /chat/completions')
        return value.rstrip("/")
