"""Reading QR codes with a decoder that others made."""

from __future__ import annotations

import zxingcpp


def decoded(rows: list[list[bool]], scale: int = 4) -> str | None:
    """What a decoder reads of dark and light squares."""
    side = len(rows[0]) * scale
    pixels = b"".join(bytes(0 if dark else 255 for dark in row for _ in range(scale)) * scale for row in rows)
    read = zxingcpp.read_barcode(memoryview(pixels).cast("B", (len(rows) * scale, side)), try_invert=False, try_rotate=False)
    return read.text if read is not None else None
