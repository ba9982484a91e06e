"""The sending engine beside a bare loop, in one run: messages a second, and what share of the bare loop that is.

1. one message per call, a gateway that answers at once     bare: an httpx.Client loop that stores nothing
2. one message per call, 150 ms, 32 connections             bare: 32 / 0.150 s, what the connections allow
3. a hundred messages per call (Wablas v2), at once         bare: the loop of 1
"""

import argparse

from tests.bench.ground import say
from tests.bench.sending import bare_loop, pump, queue_messages
from tests.sandbox_process import SandboxProcess

CONNECTIONS_ALLOW = 32 / 0.150


def main(words: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args(words)
    count, rounds = arguments.messages, range(arguments.rounds)
    with SandboxProcess(options={"step-seconds": 3600}) as sandbox:
        bare, single, batched = [], [], []
        for _round in rounds:  # side by side: whatever else the machine does falls on all three
            bare.append(bare_loop(sandbox, count))
            single.append(pump(queue_messages(sandbox, "zender", count)))
            batched.append(pump(queue_messages(sandbox, "wablas", count * 5)))
        say("1. bare httpx.Client loop", bare, bare)
        say("1. engine, one per call", single, bare)
        sandbox.control("options", {"latency_ms": 150})
        waiting = [pump(queue_messages(sandbox, "zender", count)) for _round in rounds]
        say("2. engine, 150 ms, 32 connections", waiting, [CONNECTIONS_ALLOW] * len(waiting))
        say("3. engine, a hundred per call", batched, bare)
