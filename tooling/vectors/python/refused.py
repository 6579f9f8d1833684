"""What a decoder says instead of a packet."""


class Refused(Exception):
    """A message that is no luxbus message: `code` of section 7, `fault` of section 3.6 or None."""

    def __init__(self, code, fault=None, offset=None):
        super().__init__(f"{code}: {fault} at {offset}" if fault else code)
        self.code = code
        self.fault = fault
        self.offset = offset


def fault(name, offset=None):
    return Refused("protocol", name, offset)
