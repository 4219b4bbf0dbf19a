"""Letters that change how the text around them is shown, or cannot be shown at all."""

import re

# Line breaks and tabs are what texts have; other controls, halves of surrogate pairs
# and what sets the direction of the text after it have no place on a page, in a
# picture or in a terminal.
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def plain(text):
    """A text whose controls are replaced: it cannot change what stands beside it."""
    return _CONTROLS.sub("\ufffd", str(text))
