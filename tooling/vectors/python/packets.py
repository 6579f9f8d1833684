"""Packets in their JSON form out of frames, on one connection (docs/protocol.md, sections 2 and 5)."""

import base64

import fields
import frames
import js_json
from names import MAX_NUMBER, NIL, id_of_name, id_text, is_name

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

    def decode(self, side, message):
        """The packets of one message of `side`: "client" or "broker"."""
        named = ({}, {})
        return [self._packet(side, frame, named) for frame in frames.read_frames(message, self._accepted)]

    def _packet(self, side, frame, named):
        if frame["form"] == fields.START:
            return self._start(side, frame)
        if frame["form"] == fields.ERROR:
            return self._error(side, frame)
        if frame["lane"] == frames.LANE_CONTROL:
            return self._control(side, frame)
        return self._chunk(side, frame, *named)

    def _start(self, side, frame):
        told = dict(frame["fields"])
        kind = told.pop("type", "event" if told.get("kind") == "publish" else "stream")
        named = told.pop("uid", None)
        packet = {"uid": _uid_of_id(frame["request_id"]) if named is None else named, "type": kind, "frame": "start"}
        packet.update(told)
        _ids(packet, frame, named, told.get("from"), told.get("to"))
        self._header(packet, frame)
        if "alias" in told:
            self._streams.pop((side, told["alias"]), None)
            self._streams[side, told["alias"]] = {
                "uid": packet["uid"], "from": told.get("from"), "to": told.get("to"), "type": kind,
            }
        return packet

    def _error(self, side, frame):
        told = frame["fields"]
        stream = self._streams.get((_other(side), told.get("alias")), {"uid": ""})
        same = is_name(stream["uid"]) and id_of_name(stream["uid"]) == frame["request_id"]
        packet = {"uid": stream["uid"] if same else _uid_of_id(frame["request_id"]), "type": "stream", "frame": "error"}
        packet.update(told)
        _ids(packet, frame, packet["uid"] or None, None, None)
        self._header(packet, frame)
        return packet

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
        if frame["form"] not in (fields.START, fields.ERROR):
            return
        if frame["message_id"]:
            packet["message_id"] = frame["message_id"]
        if frame["flags"] & frames.CODEC:
            packet["codec"] = _codec(frame)
        if frame["flags"] & frames.MORE:
            packet["more"] = True

    def _control(self, side, frame):
        told = dict(frame["fields"])
        if frame["alias"] == 0:
            packet = {"uid": "", "type": "command", **told}
            if _is_seed_command(frame):
                command = packet.pop("command")
                packet.update({"uid": command["subject"], "to": "dispatcher", "data": command["op"]})
            _hop(packet, frame)
            return packet
        sooner_theirs = bool(OF_THE_OTHER_SIDE & set(told))
        packet = self._named(side, frame["alias"], lambda *names: self._stated(side, sooner_theirs, *names))
        status = _status(told)
        if status:
            packet["status"] = status
        told.pop("complete", None)
        packet.update(told)
        _hop(packet, frame)
        return packet

    def _chunk(self, side, frame, publishers, subjects):
        told = dict(frame["fields"])
        if frame["full"]:
            packet = {"uid": _uid_of_id(frame["request_id"]), "type": "stream", "frame": "full"}
            _ids(packet, frame, packet["uid"] or None, None, None)
            if "origin" in told:
                packet["origin"] = told.pop("origin")
            if "subject" in told:
                packet["subject"] = told.pop("subject")
        else:
            subject = told.pop("subject", None)
            uid = subject or subjects.get(frame["alias"])
            packet = self._named(side, frame["alias"], lambda *names: self._meant(side, *names), uid)
            self._subject(packet, frame["alias"], subject, subjects, side)
            self._publisher(packet, frame["alias"], told.pop("origin", None), publishers)
        packet["chunk"] = frame["number"]
        packet["is_final"] = frame["form"] == fields.END
        if packet["is_final"] and frame["number"] < MAX_NUMBER:
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

    def _publisher(self, packet, alias, origin, publishers):
        """`from` of a chunk; `origin` only where the field repeats what was known."""
        known = publishers.get(alias, packet.get("from"))
        if origin is not None:
            publishers[alias] = origin
            if origin == known:
                packet["origin"] = origin
        if origin or known:
            packet["from"] = origin or known

    def _subject(self, packet, alias, subject, subjects, side):
        """`subject` of a chunk only where the field repeats what was known."""
        if subject is None:
            return
        stream = self._streams.get((_other(side) if alias & THEIRS else side, alias & ~THEIRS))
        if subject == subjects.get(alias, stream["uid"] if stream else None):
            packet["subject"] = subject
        subjects[alias] = subject

    def _named(self, side, alias, meant, uid=None):
        """The names of a stream, and `alias` where `meant` finds another one by them."""
        owner = _other(side) if alias & THEIRS else side
        stream = self._streams.get((owner, alias & ~THEIRS))
        if stream is None:
            return {"uid": uid or "", "type": "stream", "alias": alias}
        mine = owner == side
        speaker, listener = (stream["from"], stream["to"]) if mine else (stream["to"], stream["from"])
        packet = {"uid": uid or stream["uid"], "type": stream["type"]}
        if speaker is not None:
            packet["from"] = speaker
        if listener is not None:
            packet["to"] = listener
        if not packet["uid"] or meant(packet["uid"], speaker, listener) != alias:
            packet["alias"] = alias
        return packet

    def _meant(self, side, uid, speaker, listener):
        """Whose chunk it is: that of the newest own stream that fits; who speaks may be another publisher."""
        exact = self._newest(side, uid, speaker, listener)
        return self._newest(side, uid, None, listener) if exact is None else exact

    def _stated(self, side, sooner_theirs, uid, speaker, listener):
        """Which stream a statement is about: a reader's is sooner about one of the other side."""
        mine = self._newest(side, uid, speaker, listener)
        theirs = self._newest(_other(side), uid, listener, speaker)
        theirs = None if theirs is None else theirs | THEIRS
        first, second = (theirs, mine) if sooner_theirs else (mine, theirs)
        return second if first is None else first

    def _newest(self, owner, uid, writer, reader):
        found = None
        for (side, alias), stream in self._streams.items():
            if side == owner and stream["uid"] == uid and _fits(writer, stream["from"]) and _fits(reader, stream["to"]):
                found = alias
        return found


def _fits(given, bound):
    """A name that either side leaves out fits any."""
    return given is None or bound is None or given == bound


def _uid_of_id(identifier):
    """The uid of a frame that no name names: its id, where that could be a name."""
    text = id_text(identifier)
    return text if is_name(text) else ""


def _ids(packet, frame, *names):
    """Ids that do not follow from the names; without a name, what is not nil."""
    for key, name in zip(("request_id", "client_id", "peer_id"), names):
        if frame[key] != (NIL if name is None else id_of_name(name)):
            packet[key] = id_text(frame[key])


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
    if "cum" in told or "ack" in told:
        last = "ack"
    else:
        last = None
    return next((name for name in ("complete", "gap", "missing") if name in told), last)


def _is_seed_command(frame):
    """Whether control of the connection is a command in the seed's form: the operation and its subject alone."""
    told, command = frame["fields"], frame["fields"].get("command")
    if frame["hop"] or command is None or set(told) - {"command", "timestamp"} or list(command) != ["op", "subject"]:
        return False
    op, subject = command["op"], command["subject"]
    return isinstance(op, str) and isinstance(subject, str) and is_name(subject)


def _codec(frame):
    return frames.CODECS[(frame["flags"] & frames.CODEC) >> 5]


def _data(frame):
    """`data`, `encoding` and `codec` of a chunk (section 5, Data)."""
    data, codec = bytes(frame["data"]), _codec(frame)
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
        return not js_json.is_deep(text) and js_json.stringify(js_json.parse(text)) == text
    except ValueError:
        return False
