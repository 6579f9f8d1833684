import fc from "fast-check"
import { expect, test } from "vitest"
import { fromBase64, isBase64, toBase64 } from "../src/base64.ts"

const reference = (bytes: Uint8Array) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))

declare const btoa: (text: string) => string

test("writes what the platform writes, and reads it back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(toBase64(bytes)).toBe(reference(bytes))
      expect(isBase64(toBase64(bytes))).toBe(true)
      expect(fromBase64(toBase64(bytes))).toEqual(bytes)
    }),
  )
  const large = Uint8Array.from({ length: 10_000 }, (_, i) => i * 7)
  expect(toBase64(large)).toBe(reference(large))
  expect(fromBase64(toBase64(large))).toEqual(large)
})

test("takes one text for each byte string, and no other", () => {
  fc.assert(
    fc.property(fc.base64String({ maxLength: 8 }), (text) => {
      expect(isBase64(text)).toBe(toBase64(fromBase64(text)) === text)
    }),
    { numRuns: 1_000 },
  )
  for (const text of ["A", "AA", "AAA", "AA=A", "A===", "AB==", "AAB=", "A-_A", "AA==\n", " AAA="])
    expect(isBase64(text)).toBe(false)
})
