"""Decoding 10,000 rows: typed, raw, and what the standard library's JSON takes for the same rows."""

import json

import msgspec

from bench import payload
from bench.measure import Limit, Metric, alternate, p50
from gen.example import Thing

COUNT = 10_000


def measure() -> list[Metric]:
    """About 3 s."""
    rows = [payload.row(number) for number in range(COUNT)]
    packed = msgspec.msgpack.encode(rows)
    text = msgspec.json.encode([[*payload.structure(row)[:7], "path"] for row in rows])
    typed = msgspec.msgpack.Decoder(list[Thing]).decode
    raw = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
    untyped = msgspec.msgpack.Decoder().decode
    samples = alternate(
        9,
        ours=lambda: p50(3, lambda: typed(packed)) / 1000,
        raw=lambda: p50(3, lambda: raw(packed)) / 1000,
        peer=lambda: p50(1, lambda: json.loads(text)) / 1000,
        floor=lambda: p50(3, lambda: untyped(packed)) / 1000,
    )
    return [
        Metric("decode 10,000 rows, typed (peer: json, floor: untyped msgpack)", "ms", samples, [Limit("peer", 1.0)], foundation=False),
        Metric("decode 10,000 rows, raw", "ms", {**samples, "ours": samples["raw"]}, [Limit("peer", 0.3)], foundation=False),
    ]
