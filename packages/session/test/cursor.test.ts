import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { formatCursor, formatIncarnation, parseCursor } from "../src/index.ts"

describe("a cursor", () => {
  test("comes back from its text as it was", () => {
    const incarnation = fc.uint8Array({ maxLength: 8 }).map(formatIncarnation)
    const number = fc.maxSafeNat()
    const cursor = fc.record({ epoch: fc.nat(0xffff_ffff), incarnation, main: number, error: number })
    fc.assert(
      fc.property(cursor, (one) => {
        expect(parseCursor(formatCursor(one))).toEqual(one)
      }),
    )
  })

  test("is an invalid_argument where it is none", () => {
    const invalid = [
      "",
      "start",
      "1-:2",
      "1-zz:1:1",
      "99999999999-:0:0",
      "1-:1:9999999999999999",
      "4294967296-:0:0",
      "-:0:0 ",
    ]
    for (const text of invalid) {
      expect(() => parseCursor(text), text).toThrow(expect.objectContaining({ code: "invalid_argument" }))
    }
  })

  test("has an empty incarnation where there is none", () => {
    expect(formatIncarnation(undefined)).toBe("")
    expect(formatIncarnation(Uint8Array.of(0, 10, 255))).toBe("000aff")
    expect(formatCursor({ epoch: 7, incarnation: "", main: 1, error: 2 })).toBe("7-:1:2")
  })
})
