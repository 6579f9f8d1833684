import { expect, test } from "vitest"
import { fromHex } from "../src/bytes.ts"
import { FrameType, idToString, readLegacyHeader } from "../src/index.ts"

// Laid out by hand from PulsyFlux's description: version, type, flags, three ids, time-out, payload length.
const START = [
  "01 04 0000",
  "11111111 2222 3333 4444 555555555555",
  "66666666 7777 8888 9999 aaaaaaaaaaaa",
  "bbbbbbbb cccc dddd eeee ffffffffffff",
  "0000000000001388 00000000",
].join("")
const bytes = (hex: string) => fromHex(hex.replaceAll(" ", ""))!

test("reads a version 1 start", () => {
  const header = readLegacyHeader(bytes(START))
  expect(header).toMatchObject({ type: FrameType.start, timeoutMs: 5_000, payloadBytes: 0 })
  expect(idToString(header.requestId)).toBe("11111111-2222-3333-4444-555555555555")
  expect(idToString(header.clientId)).toBe("66666666-7777-8888-9999-aaaaaaaaaaaa")
  expect(idToString(header.peerId)).toBe("bbbbbbbb-cccc-dddd-eeee-ffffffffffff")
})

test("reads a version 1 chunk behind other bytes, flags that were reserved then unread", () => {
  const chunk = bytes(`ffff 01 05 8001${START.slice(10, -9)} 00000003 616263`)
  expect(readLegacyHeader(chunk, 2)).toMatchObject({ type: FrameType.chunk, payloadBytes: 3 })
})

test.each([
  ["a header cut short", "truncated_header", START.slice(0, -2)],
  ["version 2", "unknown_version", `02${START.slice(2)}`],
  ["type 2", "unknown_type", `01 02${START.slice(5)}`],
  ["type 7", "unknown_type", `01 07${START.slice(5)}`],
  ["an endless time-out", "number_too_large", START.replace("0000000000001388", "ffffffffffffffff")],
  ["a payload of 4 GiB", "payload_too_large", `${START.slice(0, -8)}ffffffff`],
])("refuses %s as %s", (_, fault, hex) => {
  expect(() => readLegacyHeader(bytes(hex))).toThrow(expect.objectContaining({ code: "protocol", details: { fault } }))
})
