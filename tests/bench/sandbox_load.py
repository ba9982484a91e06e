"""How many sends a second the sandbox takes. Pin both to a core each to measure one:

taskset -c 0 python -m messaging.sandbox --port 8801 &
taskset -c 1 python -m tests.bench.sandbox_load --port 8801
"""

import argparse
import asyncio
import json
import sys
import time
import urllib.request
from urllib.parse import urlencode

SECRET = "sandbox-zender-secret"
TEXT = "Good morning! The shop is open until nine tonight, come and see what is new."


async def _send_many(port: int, unique: str, connection: int, count: int) -> None:
    """One keep-alive connection; every message to a number with the plain story."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(count):
        phone = f"+5255{connection:02d}{number // 80:04d}{number % 80:02d}"
        body = urlencode({"secret": SECRET, "account": unique, "recipient": phone, "message": TEXT}).encode()
        head = (
            "POST /zender/api/send/whatsapp HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if b'"status":200' not in await reader.readexactly(length):
            sys.exit("The sandbox refused a send.")
    writer.close()


async def _measure(port: int, unique: str, connections: int, sends: int) -> float:
    each = sends // connections
    started = time.perf_counter()
    await asyncio.gather(*(_send_many(port, unique, number, each) for number in range(connections)))
    return each * connections / (time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--sends", type=int, default=50_000)
    arguments = parser.parse_args()
    accounts = f"http://127.0.0.1:{arguments.port}/zender/api/get/wa.accounts?secret={SECRET}"
    with urllib.request.urlopen(accounts) as answer:
        unique = json.load(answer)["data"][0]["unique"]
    rate = asyncio.run(_measure(arguments.port, unique, arguments.connections, arguments.sends))
    sys.stdout.write(f"{rate:,.0f} sends/s\n")


if __name__ == "__main__":
    main()
