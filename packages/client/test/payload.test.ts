import { type BusError, Codec } from "@luxbus/packet"
import { expect, test } from "vitest"
import { decodePayload, encodePayload, joinBytes, type Payload } from "../src/payload.ts"

const codeOf = (call: () => unknown): string => {
  try {
    call()
  } catch (error) {
    return (error as BusError).code
  }
  return "nothing was thrown"
}

test.each<[string, Payload, Codec]>([
  ["bytes", new Uint8Array([0, 255, 7]), Codec.bytes],
  ["text", "zażółć 🚀", Codec.utf8],
  ["an empty text", "", Codec.utf8],
  ["a value", { a: [1, null, "x"], b: { c: false } }, Codec.json],
  ["null", null, Codec.json],
  ["a number", 0.25, Codec.json],
])("carries %s", (_what, payload, codec) => {
  const encoded = encodePayload(payload)
  expect(encoded.codec).toBe(codec)
  expect(decodePayload(encoded.data, encoded.codec)).toEqual(payload)
})

test("keeps bytes as they are, without a copy", () => {
  const bytes = new Uint8Array(8)
  expect(encodePayload(bytes).data).toBe(bytes)
  expect(decodePayload(bytes, Codec.bytes)).toBe(bytes)
})

test("refuses what JSON cannot say with invalid_payload", () => {
  const cycle: Record<string, unknown> = {}
  cycle["self"] = cycle
  expect(codeOf(() => encodePayload(cycle as Payload))).toBe("invalid_payload")
  expect(codeOf(() => encodePayload(undefined as unknown as Payload))).toBe("invalid_payload")
  expect(codeOf(() => encodePayload(10n as unknown as Payload))).toBe("invalid_payload")
})

test("refuses bytes that are not what their codec says with invalid_payload", () => {
  expect(codeOf(() => decodePayload(new Uint8Array([0xc3, 0x28]), Codec.utf8))).toBe("invalid_payload")
  expect(codeOf(() => decodePayload(new TextEncoder().encode("{"), Codec.json))).toBe("invalid_payload")
  expect(codeOf(() => decodePayload(new Uint8Array(1), Codec.named))).toBe("unsupported")
})

test("joins parts in order, and hands a single one on", () => {
  const part = new Uint8Array([1, 2])
  expect(joinBytes([part])).toBe(part)
  expect(joinBytes([part, new Uint8Array([3])])).toEqual(new Uint8Array([1, 2, 3]))
  expect(joinBytes([])).toHaveLength(0)
})
