"""Frames out of the bytes of one transport message (docs/protocol.md, section 3)."""

import struct

from fields import CHUNK, CONNECTION, CONTROL, END, ERROR, START, read_fields
from names import MAX_NUMBER, id_text
from refused import Refused, fault

MESSAGE_BYTES, PAYLOAD_BYTES, FIELDS_BYTES = 1_048_576, 262_144, 4_096
FULL_BYTES, BARE_BYTES, COMPACT_BYTES = 92, 64, 20
TYPES = {3: ERROR, 4: START, 5: CHUNK, 6: END}

EXTENDED, HOP_RESERVED, URGENCY = 0x0002, 0xFC00, 0x0380
MORE, COMPRESSED, ENCRYPTED, CODEC = 0x04, 0x08, 0x10, 0x60
CODECS = {0: "bytes", 1: "utf8", 2: "json", 3: "named"}
LANE_MAIN, LANE_ERROR, LANE_CONTROL = 1, 2, 3
ALIAS_FLAGS = 0xC0000000


def read_frames(message, accepted_flags=0):
    """Each frame as a dict; nothing is yielded of a frame with a fault."""
    if len(message) > MESSAGE_BYTES:
        raise fault("message_too_large", 0)
    offset = 0
    while offset < len(message):
        frame = _full(message, offset) if message[offset] == 2 else _compact(message, offset)
        if frame["flags"] & (COMPRESSED | ENCRYPTED) & ~accepted_flags:
            raise Refused("unsupported", None, offset)
        yield frame
        offset = frame["end"]


def _full(message, at):
    if len(message) < at + FULL_BYTES:
        raise fault("truncated_header", at)
    form, hop = TYPES.get(message[at + 1]), _u16(message, at + 2)
    if form is None:
        raise fault("unknown_type", at)
    (lane, message_id, size, index, total, flags, epoch, fields_bytes) = struct.unpack_from(">BQIIIBIH", message, at + 64)
    if lane not in ((LANE_MAIN, LANE_ERROR) if form in (CHUNK, END) else (LANE_CONTROL,)):
        raise fault("bad_lane", at)
    _check_bits(hop, flags, at)
    if not hop & EXTENDED or flags & 0x83:
        raise fault("reserved_bits", at)
    deadline, payload = struct.unpack_from(">QI", message, at + 52)
    if payload < FULL_BYTES - BARE_BYTES:
        raise fault("truncated_header", at)
    end = _payload_end(message, at, BARE_BYTES, payload)
    if deadline > MAX_NUMBER or message_id + index > MAX_NUMBER:
        raise fault("number_too_large", at)
    if total and index >= total:
        raise fault("index_beyond_total", at)
    data_at = _data_at(at + FULL_BYTES, fields_bytes, end, at)
    if form in (START, ERROR) and data_at < end:
        raise fault("unexpected_data", at)
    return {
        "full": True, "form": form, "lane": lane, "hop": hop, "flags": flags, "end": end,
        "request_id": bytes(message[at + 4 : at + 20]),
        "client_id": bytes(message[at + 20 : at + 36]),
        "peer_id": bytes(message[at + 36 : at + 52]),
        "deadline": deadline, "message_id": message_id, "total_size": size,
        "index": index, "total_chunks": total, "epoch": epoch, "number": message_id + index,
        "fields": read_fields(message[at + FULL_BYTES : data_at], form, at),
        "data": message[data_at:end],
    }


def _compact(message, at):
    if message[at] & 0xF0 != 0xC0:
        raise fault("unknown_version", at)
    form = TYPES.get(message[at] & 0x0F)
    if form not in (CHUNK, END):
        raise fault("unknown_type", at)
    if len(message) < at + COMPACT_BYTES:
        raise fault("truncated_header", at)
    (bits, hop, alias, number, payload) = struct.unpack_from(">BHIQI", message, at + 1)
    lane, flags, ext = bits & 0x03, bits & 0x7C, bits & 0x80
    if lane == 0 or (lane == LANE_CONTROL and form == END):
        raise fault("bad_lane", at)
    _check_bits(hop, flags, at)
    control = lane == LANE_CONTROL
    if hop & EXTENDED or (control and (flags or ext or number)):
        raise fault("reserved_bits", at)
    if (alias == 0 and not control) or (alias and not alias & ~ALIAS_FLAGS):
        raise fault("bad_alias", at)
    end = _payload_end(message, at, COMPACT_BYTES, payload)
    if number > MAX_NUMBER:
        raise fault("number_too_large", at)
    fields_at, fields_bytes = at + COMPACT_BYTES, end - at - COMPACT_BYTES if control else 0
    if ext:
        if payload < 2:
            raise fault("fields_outside_payload", at)
        fields_at, fields_bytes = fields_at + 2, _u16(message, fields_at)
    data_at = _data_at(fields_at, fields_bytes, end, at)
    place = form if not control else CONTROL if alias else CONNECTION
    return {
        "full": False, "form": form, "lane": lane, "hop": hop, "flags": flags, "end": end,
        "alias": alias, "number": number, "data": message[data_at:end],
        "fields": read_fields(message[fields_at:data_at], place, at),
    }


def read_version_one(message):
    """PulsyFlux's bare header: its 64 bytes stand where those of version 2 do, and its flags are not read."""
    if len(message) < BARE_BYTES:
        raise fault("truncated_header", 0)
    if message[0] != 1:
        raise fault("unknown_version", 0)
    if message[1] not in TYPES:
        raise fault("unknown_type", 0)
    timeout, payload = struct.unpack_from(">QI", message, 52)
    if timeout > MAX_NUMBER:
        raise fault("number_too_large", 0)
    if payload > PAYLOAD_BYTES:
        raise fault("payload_too_large", 0)
    return {
        "type": message[1],
        "request_id": id_text(message[4:20]), "client_id": id_text(message[20:36]), "peer_id": id_text(message[36:52]),
        "timeout_ms": timeout, "payload_bytes": payload,
    }


def _check_bits(hop, flags, at):
    if hop & HOP_RESERVED or hop & URGENCY > 0x0100:
        raise fault("reserved_bits", at)


def _payload_end(message, at, header, payload):
    if payload > PAYLOAD_BYTES:
        raise fault("payload_too_large", at)
    end = at + header + payload
    if end > len(message):
        raise fault("truncated_payload", at)
    return end


def _data_at(fields_at, fields_bytes, end, at):
    if fields_bytes > FIELDS_BYTES:
        raise fault("fields_too_large", at)
    if fields_at + fields_bytes > end:
        raise fault("fields_outside_payload", at)
    return fields_at + fields_bytes


def _u16(message, at):
    return int.from_bytes(message[at : at + 2], "big")
