"""Packets in their JSON form out of frames, on one connection (docs/protocol.md, sections 2 and 5)."""

import base64

import fields
import frames
import js_json
from names import NIL, id_of_name, id_text, is_name

UNKNOWN_SIZE = 0xFFFFFFFF
THEIRS = 0x80000000
FLAGS = [
    (0x0001, "registration"), (0x0004, "anycast"), (0x0008, "retransmit"),
    (0x0010, "ack_now"), (0x0020, "idempotent"), (0x0040, "durable"),
]
DATA_FLAGS = [(frames.COMPRESSED, "compressed"), (frames.ENCRYPTED, "encrypted")]
URGENCIES = {0x0080: "low", 0x0100: "high"}
OF_THE_OTHER_SIDE = {"cum", "ack", "missing", "credit", "open", "cancel", "complete"}


class Connection:
    """What the STARTs of both sides have named; `decode` takes the messages in the order of their travel."""

    def __init__(self, accepted_flags=0):
        self._accepted = accepted_flags
        # Newest last: (side, alias) to what START bound.
        self._streams = {}
        # The names that STARTs have told, by id.
        self._names = {}

    def decode(self, side, message):
        """The packets of one message of `side`: "client" or "broker"."""
        publishers = {}
        return [self._packet(side, frame, publishers) for frame in frames.read_frames(message, self._accepted)]

    def _packet(self, side, frame, publishers):
        if frame["form"] == fields.START:
            return self._start(side, frame)
        if frame["form"] == fields.ERROR:
            return self._error(side, frame)
        if frame["lane"] == frames.LANE_CONTROL:
            return self._control(side, frame)
        return self._chunk(side, frame, publishers)

    def _start(self, side, frame):
        told = dict(frame["fields"])
        kind = told.pop("type", "event" if told.get("kind") == "publish" else "stream")
        packet = {"uid": told.pop("uid", None), "type": kind, "frame": "start"}
        if packet["uid"] is None:
            packet["uid"] = packet["request_id"] = id_text(frame["request_id"])
        elif frame["request_id"] != id_of_name(packet["uid"]):
            packet["request_id"] = id_text(frame["request_id"])
        packet.update(told)
        self._ends(packet, frame)
        self._header(packet, frame)
        for name in (packet["uid"], told.get("from"), told.get("to")):
            if name is not None:
                self._names[id_of_name(name)] = name
        if "alias" in told:
            self._streams.pop((side, told["alias"]), None)
            self._streams[side, told["alias"]] = {
                "uid": packet["uid"], "from": told.get("from"), "to": told.get("to"), "type": kind,
            }
        return packet

    def _error(self, side, frame):
        told = frame["fields"]
        stream = self._streams.get((_other(side), told.get("alias")))
        packet = {"uid": "", "type": stream["type"] if stream else "stream", "frame": "error"}
        if stream:
            packet["uid"] = stream["uid"]
        elif frame["request_id"] in self._names:
            packet["uid"] = self._names[frame["request_id"]]
        expected = id_of_name(packet["uid"]) if packet["uid"] else NIL
        if frame["request_id"] != expected:
            packet["request_id"] = id_text(frame["request_id"])
        packet.update(told)
        self._ends(packet, frame)
        self._header(packet, frame)
        return packet

    def _ends(self, packet, frame):
        """`from` and `to` of a full frame: names where they are known, else ids."""
        for name, key in (("from", "client_id"), ("to", "peer_id")):
            known = packet.get(name) or self._names.get(frame[key])
            if known is not None and frame["form"] != fields.START and frame[key] != NIL:
                packet[name] = known
            if frame[key] != id_of_name(packet.get(name)):
                packet[key] = id_text(frame[key])

    def _header(self, packet, frame):
        _hop(packet, frame)
        if frame["deadline"]:
            packet["deadline_ms"] = frame["deadline"]
        if frame["epoch"]:
            packet["epoch"] = frame["epoch"]
        if frame["total_size"] != UNKNOWN_SIZE:
            packet["total_size"] = frame["total_size"]
        if frame["index"]:
            packet["chunk_index"] = frame["index"]
        if frame["total_chunks"]:
            packet["total_chunks"] = frame["total_chunks"]
        if frame["form"] in (fields.START, fields.ERROR) and frame["message_id"]:
            packet["message_id"] = frame["message_id"]

    def _control(self, side, frame):
        told = dict(frame["fields"])
        if frame["alias"] == 0:
            packet = {"uid": "", "type": "command", **told}
            command = told.get("command")
            if list(told) == ["command"] and list(command) == ["op", "subject"] and _is_seed_command(command):
                packet = {"uid": command["subject"], "type": "command", "to": "dispatcher", "data": command["op"]}
            _hop(packet, frame)
            return packet
        packet = self._named(side, frame["alias"], bool(OF_THE_OTHER_SIDE & set(told)))
        status = _status(told)
        if status:
            packet["status"] = status
        told.pop("complete", None)
        packet.update(told)
        _hop(packet, frame)
        return packet

    def _chunk(self, side, frame, publishers):
        told = dict(frame["fields"])
        if frame["full"]:
            uid = self._names.get(frame["request_id"], "")
            packet = {"uid": uid, "type": "stream", "frame": "full"}
            if not uid:
                packet["request_id"] = id_text(frame["request_id"])
            self._ends(packet, frame)
            key = frame["request_id"]
        else:
            packet = self._named(side, frame["alias"], False)
            key = frame["alias"]
        publisher = publishers.get(key, packet.get("from"))
        origin = told.pop("origin", None)
        if origin is not None and origin == publisher:
            packet["origin"] = origin
        if origin is not None:
            publisher = publishers[key] = origin
        if publisher is not None:
            packet["from"] = publisher
        packet["chunk"] = frame["number"]
        packet["is_final"] = frame["form"] == fields.END
        if packet["is_final"]:
            packet["of"] = frame["number"] + 1
        if frame["lane"] == frames.LANE_ERROR:
            packet["lane"] = "error"
        if frame["flags"] & frames.MORE:
            packet["more"] = True
        packet.update(told)
        if frame["full"]:
            self._header(packet, frame)
        else:
            _hop(packet, frame)
        packet.update(_data(frame))
        return packet

    def _named(self, side, alias, sooner_theirs):
        """The names of a stream, and `alias` where they do not say which one is meant."""
        owner = _other(side) if alias & THEIRS else side
        stream = self._streams.get((owner, alias & ~THEIRS))
        if stream is None:
            return {"uid": "", "type": "stream", "alias": alias}
        mine = owner == side
        speaker, listener = (stream["from"], stream["to"]) if mine else (stream["to"], stream["from"])
        packet = {"uid": stream["uid"], "type": stream["type"]}
        if speaker is not None:
            packet["from"] = speaker
        if listener is not None:
            packet["to"] = listener
        if self._meant(side, stream["uid"], speaker, listener, sooner_theirs) != alias:
            packet["alias"] = alias
        return packet

    def _meant(self, side, uid, speaker, listener, sooner_theirs):
        mine = theirs = None
        for (owner, alias), stream in self._streams.items():
            ends = (stream["from"], stream["to"])
            if stream["uid"] == uid and owner == side and ends == (speaker, listener):
                mine = alias
            if stream["uid"] == uid and owner != side and ends == (listener, speaker):
                theirs = alias | THEIRS
        first, second = (theirs, mine) if sooner_theirs else (mine, theirs)
        return second if first is None else first


def _other(side):
    return "broker" if side == "client" else "client"


def _hop(packet, frame):
    flags = [name for bit, name in FLAGS if frame["hop"] & bit]
    flags += [name for bit, name in DATA_FLAGS if frame["flags"] & bit]
    if flags:
        packet["flags"] = flags
    if frame["hop"] & frames.URGENCY:
        packet["urgency"] = URGENCIES[frame["hop"] & frames.URGENCY]


def _status(told):
    if "complete" in told:
        return "complete"
    if "cum" in told or "ack" in told:
        return "ack"
    return next((name for name in ("missing", "gap") if name in told), None)


def _is_seed_command(command):
    op, subject = command["op"], command["subject"]
    return isinstance(op, str) and isinstance(subject, str) and is_name(subject)


def _data(frame):
    """`data`, `encoding` and `codec` of a chunk (section 5, Data)."""
    data, codec = bytes(frame["data"]), frames.CODECS[(frame["flags"] & 0x60) >> 5]
    if not data and codec == "bytes":
        return {}
    text = fields.string(data)
    if text is not None and codec in ("utf8", "json") and not frame["flags"] & (frames.COMPRESSED | frames.ENCRYPTED):
        if codec == "json" and not frame["flags"] & frames.MORE and _is_own_json(text):
            return {"data": js_json.parse(text)}
        return {"encoding": codec, "data": text}
    packet = {"encoding": "base64", "data": base64.b64encode(data).decode("ascii")}
    return packet if codec == "bytes" else {**packet, "codec": codec}


def _is_own_json(text):
    try:
        value = js_json.parse(text)
        return js_json.depth(value) <= js_json.MAX_DEPTH and js_json.stringify(value) == text
    except (ValueError, RecursionError):
        return False
