"""Calendar months in a time zone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tasuki.engine.layout import NEVER


def months_of(times: NDArray[np.int64], zone: str) -> NDArray[np.str_]:
    """`2024-04` for each time (µs UTC) in the time zone; empty for NEVER."""
    known = times != NEVER
    moments = pa.array(np.where(known, times, 0)).cast(pa.timestamp("us", zone))
    months = pc.local_timestamp(moments).to_numpy(zero_copy_only=False).astype("datetime64[M]").astype("U7")
    return np.where(known, months, "")
