"""The scale of any objects, and their places on it."""

import datetime
import decimal

import numpy as np
import pytest

from skdime._rows.scales import places_of, scale_of

ZONE = datetime.timezone(datetime.timedelta(hours=1))
NOON = datetime.datetime(1970, 1, 1, 12)


@pytest.mark.parametrize(
    "items, scale, places",
    [
        ([1, 2.5, None, np.float32(3)], "number", [1, 2.5, np.nan, 3]),
        ([decimal.Decimal("0.5"), np.nan], "number", [0.5, np.nan]),
        ([datetime.timedelta(minutes=1), None], "number", [60, np.nan]),
        ([np.timedelta64(2, "s"), np.timedelta64("NaT")], "number", [2, np.nan]),
        ([datetime.time(1, 1, 1)], "number", [3661]),
        ([NOON, NOON.replace(tzinfo=ZONE)], "date", [43200, 39600]),
        ([np.datetime64("1970-01-02"), None], "date", [86400, np.nan]),
        ([datetime.date(1, 1, 2)], "date", [172800]),
        ([], "category", None),
        ([None, np.nan], "category", None),
        *[([1, other], "category", None) for other in (True, np.True_, 1j, "1", [1])],
    ],
)
def test_scales(items, scale, places):
    assert scale_of(items) == scale
    if places is not None:
        np.testing.assert_array_equal(places_of(items), places)
