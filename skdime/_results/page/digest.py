"""The hash by which a page allows its own style sheet and script, and no others."""

import base64
import hashlib


def digest(text):
    """SHA-256 of a text, as a content security policy has it."""
    hashed = hashlib.sha256(text.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(hashed).decode("ascii")
