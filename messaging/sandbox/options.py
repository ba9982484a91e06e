"""The sandbox's knobs: the same names on the command line (--latency-ms) and in the control API ("latency_ms")."""

from dataclasses import dataclass, field, fields
from typing import Any


def _knob(default: float, told: str) -> Any:
    return field(default=default, metadata={"told": told})


@dataclass(kw_only=True)
class Options:
    """Rates are shares from 0 to 1 of the sends that no story has decided."""

    latency_ms: float = _knob(0.0, "milliseconds before every answer of a gateway")
    step_seconds: float = _knob(0.5, "seconds between two status steps of a message")
    reply_seconds: float = _knob(0.3, "seconds from delivery to the reply of a phone that replies")
    slow_seconds: float = _knob(5.0, "seconds before the answer of the slow story")
    late_seconds: float = _knob(25.0, "seconds before the late story takes its message")
    campaign_gap_seconds: float = _knob(0.1, "seconds between two messages of a campaign that the gateway runs")
    token_seconds: float = _knob(600.0, "seconds a link token (QR) lives")
    retry_after_seconds: float = _knob(1.0, "what a throttled send is told to wait")
    throttle_rate: float = _knob(0.0, "share of sends told to come back later")
    drop_rate: float = _knob(0.0, "share of sends taken, then the line is closed without an answer")
    error_rate: float = _knob(0.0, "share of sends taken, then answered with HTTP 500")
    lose_rate: float = _knob(0.0, "share of sends NOT taken, the line is closed without an answer")
    callback_lose_rate: float = _knob(0.0, "share of calls to the product that never arrive")
    seed: float = _knob(0, "seed of the dice behind the rates")

    def update(self, values: dict[str, Any]) -> None:
        """Set some of them. Raises ValueError naming the one that does not exist or is not a number of at least 0."""
        known = {knob.name for knob in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"There is no option {name}; there are: {', '.join(sorted(known))}.")
            if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
                raise ValueError(f"Option {name} wants a number of at least 0.")
            setattr(self, name, value)
