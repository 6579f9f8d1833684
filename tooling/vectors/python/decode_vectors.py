"""Decodes every vector, and says where this decoder and the files differ. Exits with 1 if they do anywhere.

python3 decode_vectors.py [folder of the vectors]
"""

import json
import os
import sys

from frames import COMPRESSED, ENCRYPTED, read_version_one
from names import MAX_NUMBER
from packets import Connection
from refused import Refused

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "files")
FLAGS = {"compressed": COMPRESSED, "encrypted": ENCRYPTED}


def message_of(vector):
    more = vector.get("filling", {"hex": "", "times": 0})
    return bytes.fromhex(vector["hex"] + more["hex"] * more["times"])


def connection_of(vector):
    return Connection(sum(FLAGS[flag] for flag in vector.get("accepts", [])))


def valid(vector):
    connections = {}
    for message in vector["messages"]:
        connection = connections.setdefault(message.get("on"), connection_of(vector))
        expect(connection.decode(message["by"], message_of(message)), message["packets"])


def invalid(vector):
    try:
        connection_of(vector).decode("client", message_of(vector))
    except Refused as refused:
        found = (refused.code, refused.fault, refused.offset)
        expect(found, (vector["code"], vector.get("fault"), vector["offset"]))
    else:
        raise AssertionError("it was not refused")


def beside_json(vector):
    connection = Connection()
    for message in vector["before"]:
        connection.decode(message["by"], message_of(message))
    expect(connection.decode(vector["by"], message_of(vector)), vector["packets"])


def version_one(vector):
    try:
        expect(read_version_one(message_of(vector)), vector.get("header"))
    except Refused as refused:
        expect(refused.fault, vector.get("fault"))


def number(digits):
    """As JavaScript reads it: beyond 2^53 numbers are no longer whole."""
    return int(digits) if abs(int(digits)) <= MAX_NUMBER else float(digits)


def expect(found, expected):
    if not same(found, expected):
        raise AssertionError(f"\n  found    {found}\n  expected {expected}")


def same(found, expected):
    """Equality in which true is not 1, as in JSON."""
    if isinstance(found, bool) or isinstance(expected, bool):
        return found is expected
    if isinstance(found, dict) and isinstance(expected, dict):
        return found.keys() == expected.keys() and all(same(found[key], expected[key]) for key in found)
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    return found == expected


CHECKS = {
    "frames.json": valid,
    "lenient-frames.json": valid,
    "exchanges.json": valid,
    "invalid-frames.json": invalid,
    "packets.json": beside_json,
    "version-1.json": version_one,
}


def main(folder):
    count = faults = 0
    for file, check in CHECKS.items():
        with open(os.path.join(folder, file), encoding="utf-8") as opened:
            vectors = json.load(opened, parse_int=number)
        for vector in vectors:
            count += 1
            try:
                check(vector)
            except (AssertionError, Refused) as error:
                faults += 1
                print(f"{file}: {vector['name']}: {error}")
    print(f"{count} vectors, {faults} of them decoded otherwise")
    return 0 if faults == 0 and count > 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else FOLDER))
