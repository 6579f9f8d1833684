import { SeededRandom } from "@luxbus/clock/testing"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { newSecret, parseHello, seqOf, sessionIdOf } from "../src/index.ts"
import { testHash } from "./test-hash.ts"

describe("a session's secret", () => {
  test("is base64url of its 32 random bytes, and what HELLO takes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (random) => {
        const secret = newSecret({ float: () => 0, bytes: () => random })
        expect(decodeBase64Url(secret)).toEqual([...random])
        expect(parseHello({ versions: [1], secret }).secret).toBe(secret)
      }),
    )
  })

  test("gives the session's id, and never the same one twice", () => {
    const ids = Array.from({ length: 50 }, (_, i) => String(sessionIdOf(newSecret(new SeededRandom(i)), testHash)))
    expect(new Set(ids).size).toBe(50)
    expect(sessionIdOf("x", testHash).length).toBe(32)
  })
})

test("a seq is the session's id and a counter of 8 bytes", () => {
  const id = new Uint8Array(32).fill(9)
  fc.assert(
    fc.property(fc.maxSafeNat(), (counter) => {
      const seq = seqOf(id, counter)
      const view = new DataView(seq.buffer)
      expect(seq.subarray(0, 32)).toEqual(id)
      expect(view.getUint32(32) * 2 ** 32 + view.getUint32(36)).toBe(counter)
    }),
  )
})

function decodeBase64Url(text: string): number[] {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
  const bits = [...text].map((character) => alphabet.indexOf(character).toString(2).padStart(6, "0")).join("")
  return (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))
}
