"""The Splunk app's four icons, drawn and written as PNG by the standard library: `python -m tools.splunk_icons`."""

import struct
import zlib
from pathlib import Path

STATIC = Path(__file__).parent.parent / "splunk_app" / "claude_siem" / "static"
SIZES = {"appIcon.png": 36, "appIcon_2x.png": 72, "appIconAlt.png": 36, "appIconAlt_2x.png": 72}
"""Pixels a side, as Splunk's packaging checks want them."""
_SAND, _CLAY = bytes((244, 238, 228, 255)), bytes((194, 96, 66, 255))


def icon(side: int) -> bytes:
    """A square PNG: three rising bars on a sand ground, the last one tall."""
    rows = b"".join(b"\0" + b"".join(_pixel(x / side, y / side) for x in range(side)) for y in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _pixel(x: float, y: float) -> bytes:
    bars = ((0.18, 0.34, 0.62), (0.42, 0.58, 0.48), (0.66, 0.82, 0.18))
    inside = any(left <= x < right and top <= y < 0.84 for left, right, top in bars)
    return _CLAY if inside else _SAND


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def main() -> None:
    """Write all four."""
    STATIC.mkdir(parents=True, exist_ok=True)
    for name, side in SIZES.items():
        (STATIC / name).write_bytes(icon(side))


if __name__ == "__main__":
    main()
