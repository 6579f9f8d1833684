import { SeededRandom } from "@luxbus/clock/testing"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { newSecret, parseHello, SeqSource, sessionIdOf } from "../src/index.ts"
import { testHash } from "./test-hash.ts"

describe("a session's secret", () => {
  test("is its 32 random bytes in hex, and what HELLO takes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (random) => {
        const secret = newSecret({ float: () => 0, bytes: () => random })
        expect(secret).toMatch(/^[0-9a-f]{64}$/)
        expect(secret.match(/../g)?.map((digits) => Number.parseInt(digits, 16))).toEqual([...random])
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
  const id = sessionIdOf("secret", testHash)
  fc.assert(
    fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER - 1 }), (first) => {
      const seqs = new SeqSource("secret", testHash, first)
      for (const counter of [first, first + 1]) {
        const seq = seqs.next()
        const view = new DataView(seq.buffer)
        expect(seq.subarray(0, 32)).toEqual(id)
        expect(view.getUint32(32) * 2 ** 32 + view.getUint32(36)).toBe(counter)
      }
    }),
  )
})
