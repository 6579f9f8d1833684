import { sameBytes } from "@luxbus/packet"
import { MAX_BACKPLANE_MESSAGE_BYTES } from "../backplane.ts"
import type { TraitTools } from "./backplane-conformance.ts"
import { codeOf } from "./code-of.ts"

/** Bytes arrive as they were, and are the receiver's. */
export function messageTraits({ expect, test, until, idle }: TraitTools): void {
  test("carries any bytes, none and as many as may be", async (join) => {
    const [a, b] = [await join(), await join()]
    const sent = [
      new Uint8Array(0),
      Uint8Array.from({ length: 256 }, (_, i) => i),
      new Uint8Array(MAX_BACKPLANE_MESSAGE_BYTES).map((_, i) => i * 31 + (i >>> 8)),
      // A part of a larger buffer goes as that part.
      Uint8Array.from({ length: 100 }, (_, i) => i).subarray(10, 20),
    ]
    const seen: Uint8Array[] = []
    b.subscribe("bytes", (message) => void seen.push(message))
    await idle()
    for (const [i, message] of sent.entries()) {
      a.publish("bytes", message)
      await until(`message ${i} came`, () => seen.length > i)
    }
    expect(seen.map((message) => message.constructor === Uint8Array)).toEqual(sent.map(() => true))
    expect(seen.map((message, i) => sameBytes(message, sent[i]!))).toEqual(sent.map(() => true))
  })

  test("gives each subscription bytes of its own, to keep and to write on", async (join) => {
    const [a, b, c] = [await join(), await join(), await join()]
    const sent = Uint8Array.of(1, 2, 3)
    const seen: Uint8Array[] = []
    for (const member of [b, b, c]) {
      member.subscribe("own", (message) => {
        seen.push(message.slice())
        message.fill(9)
      })
    }
    await idle()
    a.publish("own", sent)
    await until("all have it", () => seen.length >= 3)
    expect(seen.map((message) => [...message])).toEqual([1, 2, 3].map(() => [1, 2, 3]))
    expect([...sent]).toEqual([1, 2, 3])
  })

  test("never writes again on a message that was delivered", async (join) => {
    const [a, b] = [await join(), await join()]
    const seen: Uint8Array[] = []
    b.subscribe("kept", (message) => void seen.push(message))
    await idle()
    for (let n = 0; n < 20; n++) {
      a.publish("kept", new Uint8Array(1_000).fill(n))
      await until(`message ${n} came`, () => seen.length > n)
    }
    expect(seen.map((message, n) => message.every((byte) => byte === n))).toEqual(seen.map(() => true))
  })

  test("refuses a message over the bound with too_large, and carries on", async (join) => {
    const [a, b] = [await join(), await join()]
    const seen: number[] = []
    b.subscribe("bound", (message) => void seen.push(message.length))
    await idle()
    expect(codeOf(() => a.publish("bound", new Uint8Array(MAX_BACKPLANE_MESSAGE_BYTES + 1)))).toBe("too_large")
    expect(codeOf(() => a.publish("nobody", new Uint8Array(MAX_BACKPLANE_MESSAGE_BYTES + 1)))).toBe("too_large")
    a.publish("bound", Uint8Array.of(1))
    await until("the next came", () => seen.length > 0)
    await idle()
    expect(seen).toEqual([1])
  })
}
