import { PacketFramer } from "@luxbus/packet"
import { fromHex } from "./bytes.ts"
import { compactFrame, controlFrame, field, fullFrame, textHex } from "./raw-frame.ts"
import type { ValidVector } from "./vector.ts"

const range = (first: number, last: number) =>
  first.toString(16).padStart(16, "0") + last.toString(16).padStart(16, "0")

const FRAMES: readonly (readonly [name: string, hex: string])[] = [
  ["an unknown field below 0x80", controlFrame(field("7f", "0102") + field("83", ""))],
  ["an unknown field twice", controlFrame(field("7f", "01") + field("7f", "02"))],
  ["fields out of order", controlFrame(field("83", "") + field("01", "02"))],
  ["control without fields", controlFrame("")],
  ["EXT without fields", compactFrame({ bits: "a1", payload: "0000 61" })],
  ["adjacent ranges", controlFrame(field("03", range(1, 2) + range(3, 4)))],
  ["JSON with white space", controlFrame(field("82", textHex('{ "reason": "x" }')))],
  [
    "an outcome with a member that nobody knows",
    controlFrame(field("81", textHex('{"error":1,"main":2,"status":"done","x":0}'))),
  ],
  [
    "the default type, written",
    fullFrame({ type: "04", lane: "03", rest: field("21", "00000001") + field("2e", "03") }),
  ],
  ["MORE on a START", fullFrame({ type: "04", lane: "03", flags: "04" })],
  ["an END numbered 2^53-1", compactFrame({ mark: "c6", number: "001fffffffffffff" })],
]

/** Frames that every reader takes and no writer makes. */
export function lenientFrames(): readonly ValidVector[] {
  return FRAMES.map(([name, hex]) => {
    const packets = new PacketFramer().toPackets(fromHex(hex))
    return { name, messages: [{ by: "client", hex, packets }] }
  })
}
