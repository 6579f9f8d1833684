import fc from "fast-check"
import { expect, test } from "vitest"
import { DATAGRAM_HEADER_BYTES, readDatagram, writeDatagram } from "../../src/cluster/datagram.ts"

const FRAMES = Uint8Array.of(0xaa, 0xbb)
const HEADER = { from: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), link: 9, peerLink: 0x01020304, seq: 0xffffffff, ack: 10 }
const BYTES = [1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 9, 1, 2, 3, 4, 255, 255, 255, 255, 0, 0, 0, 10, 0xaa, 0xbb]

test("is written as docs/protocol.md lays it out", () => {
  expect([...writeDatagram(HEADER, FRAMES)]).toEqual(BYTES)
  expect(readDatagram(Uint8Array.from(BYTES))).toEqual(HEADER)
})

test("reads what was written, wherever in a buffer it lies", () => {
  const u32 = fc.integer({ min: 0, max: 0xffffffff })
  const incarnation = fc.uint8Array({ minLength: 8, maxLength: 8 })
  const headers = fc.record({ from: incarnation, link: u32, peerLink: u32, seq: u32, ack: u32 })
  fc.assert(
    fc.property(headers, fc.uint8Array(), fc.nat(16), (header, frames, offset) => {
      const written = writeDatagram(header, frames)
      const buffer = new Uint8Array(offset + written.length)
      buffer.set(written, offset)
      const bytes = buffer.subarray(offset)
      const { from, ...rest } = readDatagram(bytes)!
      expect({ from: [...from], ...rest }).toEqual({ ...header, from: [...header.from] })
      expect([...bytes.subarray(DATAGRAM_HEADER_BYTES)]).toEqual([...frames])
    }),
  )
})

test("does not read one that is cut, and reads one without frames", () => {
  const written = Uint8Array.from(BYTES)
  for (let length = 0; length < DATAGRAM_HEADER_BYTES; length++)
    expect(readDatagram(written.subarray(0, length))).toBeUndefined()
  expect(readDatagram(written.subarray(0, DATAGRAM_HEADER_BYTES))).toEqual(HEADER)
})

test("does not read one of another version", () => {
  for (const version of [0, 2, 255]) expect(readDatagram(Uint8Array.from(BYTES).fill(version, 0, 1))).toBeUndefined()
})
