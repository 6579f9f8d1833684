import { expect, test } from "vitest"
import { checkMessageSize, messageBytes, truncateCloseReason } from "../src/index.ts"

declare const TextEncoder: new () => { encode(text: string): Uint8Array }

const texts = ["", "plain", "grüße", "你好", "𝄞𝄞", "a\ud834", "\udd1e\ud834", "\ud834\ud834\udd1e", "߿ࠀ\uffff"]

test.each(texts)("counts %j as the platform's encoder does", (text) => {
  expect(messageBytes(text)).toBe(new TextEncoder().encode(text).length)
})

test("counts bytes as they are", () => {
  expect(messageBytes(new Uint8Array(7))).toBe(7)
})

test("takes what fits exactly and refuses one byte more, in bytes and in text", () => {
  checkMessageSize(new Uint8Array(6), 6)
  checkMessageSize("üüü", 6)
  for (const message of [new Uint8Array(7), "üüüa"]) {
    expect(() => checkMessageSize(message, 6)).toThrow(
      expect.objectContaining({ code: "too_large", details: { bytes: 7, maxBytes: 6 } }),
    )
  }
})

test("cuts a reason to 123 bytes and never through a character", () => {
  expect(truncateCloseReason("x".repeat(123))).toBe("x".repeat(123))
  expect(truncateCloseReason("x".repeat(200))).toBe("x".repeat(123))
  expect(truncateCloseReason("𝄞".repeat(40))).toBe("𝄞".repeat(30))
  expect(truncateCloseReason("short")).toBe("short")
})
