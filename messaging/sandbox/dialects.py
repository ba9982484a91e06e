"""The dialects the sandbox speaks, each at its own path prefix."""

from messaging.sandbox.dialect import Dialect
from messaging.sandbox.wablas import Wablas
from messaging.sandbox.zender import Zender

DIALECTS: dict[str, Dialect] = {
    "zender": Zender(),
    "wablas": Wablas(),
}
