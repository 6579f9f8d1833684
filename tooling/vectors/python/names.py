"""Names and ids (docs/protocol.md, section 3.4)."""

import re
import uuid

NAMESPACE = uuid.UUID("6b0f7a52-3c1d-4e8b-9a47-5d2e81c6f093")
NIL = bytes(16)
MAX_NUMBER = 2**53 - 1

_UUID_FORM = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def is_name(text):
    if not 1 <= len(text.encode("utf-8")) <= 128 or _CONTROL.search(text):
        return False
    if not _UUID_FORM.fullmatch(text):
        return True
    return text == text.lower() and text[14] != "5" and uuid.UUID(text).int != 0


def id_of_name(name):
    if name is None or name == "dispatcher":
        return NIL
    if _UUID_FORM.fullmatch(name):
        return uuid.UUID(name).bytes
    return uuid.uuid5(NAMESPACE, name).bytes


def id_text(data):
    return str(uuid.UUID(bytes=data))
