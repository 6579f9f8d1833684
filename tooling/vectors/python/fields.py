"""Fields, also called TLVs (docs/protocol.md, section 4)."""

import math
import struct

import js_json
from names import MAX_NUMBER, is_name
from refused import Refused, fault

MAX_RANGES = 64
CRITICAL = 0x80
NEGATIVE_ZERO = b"\x80" + bytes(7)
LANES = {1: "main", 2: "error"}
KINDS = {1: "hosted", 2: "relayed", 3: "publish", 4: "delivery", 5: "register"}
ROLES = {1: "consumer", 2: "provider", 3: "member"}
STATUSES = ("done", "error", "cancelled", "expired")
OUTCOME_MEMBERS = {
    "status": str, "code": str, "message": str, "reason": str,
    "exitCode": float, "signal": str, "main": float, "error": float,
}
TYPES = {1: "command", 2: "event", 3: "stream"}


def u8(allowed):
    def read(value):
        return allowed[value[0]] if len(value) == 1 and value[0] in allowed else None

    return read


def u32(value):
    return int.from_bytes(value, "big") if len(value) == 4 else None


def u64(value):
    number = int.from_bytes(value, "big")
    return number if len(value) == 8 and number <= MAX_NUMBER else None


def f64(value):
    number = struct.unpack(">d", value)[0] if len(value) == 8 else math.inf
    return number if math.isfinite(number) and value != NEGATIVE_ZERO else None


def string(value):
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def name(value):
    text = string(value)
    return text if text is not None and is_name(text) else None


def octets(count):
    def read(value):
        return value.hex() if len(value) == count else None

    return read


def ranges(value):
    if len(value) % 16 or len(value) > MAX_RANGES * 16:
        return None
    numbers = struct.unpack(f">{len(value) // 8}Q", value)
    read, before = [], -1
    for first, last in zip(numbers[::2], numbers[1::2]):
        if not before < first <= last <= MAX_NUMBER:
            return None
        read.append(first if first == last else [first, last])
        before = last
    return read


def json_object(value):
    text = string(value)
    try:
        parsed = js_json.parse(text) if text is not None else None
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


def outcome(value):
    """An outcome with its own members alone."""
    told = json_object(value)
    if told is None or told.get("status") not in STATUSES:
        return None
    if not all(isinstance(told.get(lane), float) and is_whole(told[lane]) for lane in ("main", "error")):
        return None
    read = {}
    for member, kind in OUTCOME_MEMBERS.items():
        if member in told and not isinstance(told[member], kind):
            return None
        if member in told:
            read[member] = told[member]
    return read


def is_whole(number):
    return number.is_integer() and 0 <= number <= MAX_NUMBER


def flag(value):
    return None if value else True


START, CONTROL, CONNECTION, CHUNK, END, ERROR = "start", "control", "connection", "chunk", "end", "error"
ANY = {START, CONTROL, CONNECTION, CHUNK, END, ERROR}

# id: (JSON name, how to read it, where it may stand)
TABLE = {
    0x01: ("lane", u8(LANES), {CONTROL, CONNECTION}),
    0x02: ("cum", u64, {CONTROL}),
    0x03: ("ack", ranges, {CONTROL}),
    0x04: ("missing", ranges, {CONTROL}),
    0x05: ("credit", u64, {CONTROL, CONNECTION}),
    0x06: ("next", u64, {CONTROL}),
    0x07: ("hole", ranges, {CONTROL}),
    0x08: ("gap", ranges, {CONTROL}),
    0x09: ("first", u64, {CONTROL}),
    0x0A: ("message", u64, {CONTROL}),
    0x0B: ("at", u64, {CONTROL}),
    0x0C: ("reason", string, {CONTROL}),
    0x0D: ("complete", flag, {CONTROL}),
    0x0E: ("total", u64, {START, CHUNK, END}),
    0x0F: ("sha256", octets(32), {END}),
    0x10: ("origin", name, {CHUNK, END}),
    0x11: ("content_type", string, {START, CHUNK, END}),
    0x12: ("timestamp", f64, ANY),
    0x13: ("of", u64, {CHUNK}),
    0x14: ("subject", name, {CHUNK, END}),
    0x15: ("attempt", u32, {CHUNK, END}),
    0x17: ("taken", u64, {CONTROL}),
    0x1A: ("details", json_object, {ERROR}),
    0x20: ("uid", name, {START}),
    0x21: ("alias", u32, {START, ERROR}),
    0x22: ("to", name, {START}),
    0x23: ("from", name, {START}),
    0x24: ("resume", flag, {START}),
    0x25: ("main_first", u64, {START}),
    0x26: ("error_first", u64, {START}),
    0x27: ("incarnation", octets(8), {START, CONTROL}),
    0x28: ("seq", octets(40), {START}),
    0x29: ("headers", json_object, {START}),
    0x2A: ("request", u32, {START}),
    0x2B: ("main_message", u64, {START}),
    0x2C: ("error_message", u64, {START}),
    0x2D: ("epoch", u32, {CONTROL}),
    0x2E: ("type", u8(TYPES), {START}),
    0x2F: ("live", flag, {START}),
    0x30: ("abandon_ms", u32, {START}),
    0x31: ("channel", name, {START}),
    0x32: ("role", u8(ROLES), {START}),
    0x33: ("capacity", u32, {START}),
    0x34: ("wait_ms", u32, {START}),
    0x35: ("receipts", flag, {START}),
    0x36: ("acks", flag, {START}),
    0x80: ("kind", u8(KINDS), {START}),
    0x81: ("outcome", outcome, {CONTROL}),
    0x82: ("cancel", json_object, {CONTROL}),
    0x83: ("open", flag, {CONTROL}),
    0x84: ("verdict", json_object, {CONTROL}),
    0x85: ("suspended", u32, {CONTROL}),
    0x86: ("resumed", flag, {CONTROL}),
    0x87: ("sparse", flag, {START}),
    0x88: ("members", json_object, {CONTROL}),
    0x89: ("receipt", json_object, {CONTROL}),
    0x90: ("hello", json_object, {CONNECTION}),
    0x91: ("welcome", json_object, {CONNECTION}),
    0x92: ("resume_stream", json_object, {CONNECTION}),
    0x93: ("ping", u64, {CONNECTION}),
    0x94: ("pong", u64, {CONNECTION}),
    0x95: ("going_away", json_object, {CONNECTION}),
    0x96: ("command", json_object, {CONNECTION}),
    0x97: ("reply", json_object, {CONNECTION}),
    0x98: ("code", string, {ERROR}),
    0x99: ("text", string, {ERROR}),
}


def read_fields(data, place, frame_at):
    """The fields in `data` by JSON name; `frame_at` is where their frame begins in the message."""
    read, at = {}, 0
    while at < len(data):
        end = at + 3 + (int.from_bytes(data[at + 1 : at + 3], "big") if at + 3 <= len(data) else 0)
        if end > len(data):
            raise fault("fields_outside_payload", frame_at)
        identifier, value = data[at], data[at + 3 : end]
        at = end
        if identifier not in TABLE:
            if identifier >= CRITICAL:
                raise Refused("unsupported", None, frame_at)
            continue
        json_name, read_value, places = TABLE[identifier]
        if json_name in read:
            raise fault("field_repeated", frame_at)
        if place not in places:
            raise fault("field_misplaced", frame_at)
        read[json_name] = read_value(value)
        if read[json_name] is None:
            raise fault(_fault_of(read_value, value), frame_at)
    return read


def _fault_of(read_value, value):
    return "number_too_large" if read_value is u64 and len(value) == 8 else "field_malformed"
