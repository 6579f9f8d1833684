import { MAX_BACKPLANE_ADDRESS_BYTES } from "../backplane.ts"
import type { TraitTools } from "./backplane-conformance.ts"
import { codeOf } from "./code-of.ts"

/** Each is an address of its own: an implementation that reads a pattern in one mixes it up with another. */
const ADDRESSES = [
  "client/a",
  "client/A",
  "client/a ",
  "client/*",
  "client/>",
  "client.a",
  "client.*",
  "client.>",
  "*",
  ">",
  ".",
  "..",
  " ",
  "a/../client/a",
  "$SYS",
  "%2A",
  "client/é",
  // The same to the eye, in two code points.
  "client/e\u0301",
  "client/你好 𝄞",
  "x".repeat(MAX_BACKPLANE_ADDRESS_BYTES),
  "é".repeat(MAX_BACKPLANE_ADDRESS_BYTES / 2),
]

/** An address is text, and nothing but itself. */
export function addressTraits({ expect, test, until, idle }: TraitTools): void {
  test("tells addresses of any text apart, and reads no pattern in one", async (join) => {
    const [a, b] = [await join(), await join()]
    const seen: string[] = []
    for (const address of ADDRESSES) b.subscribe(address, (message) => void seen.push(`${message[0]} at ${address}`))
    await idle()
    for (const [i, address] of ADDRESSES.entries()) a.publish(address, Uint8Array.of(i))
    a.publish("client/b", Uint8Array.of(255))
    await until("each came", () => seen.length >= ADDRESSES.length)
    await idle()
    expect(seen.toSorted()).toEqual(ADDRESSES.map((address, i) => `${i} at ${address}`).toSorted())
  })

  test("takes a message to nobody where nobody is subscribed", async (join) => {
    const [a, b] = [await join(), await join()]
    a.publish("nobody", Uint8Array.of(1))
    await idle()
    let count = 0
    b.subscribe("nobody", () => count++)
    await idle()
    expect(count).toBe(0)
  })

  test("refuses an address that is empty, too long or not text with invalid_argument", async (join) => {
    const member = await join()
    const tooLong = "é".repeat(MAX_BACKPLANE_ADDRESS_BYTES / 2)
    for (const address of ["", "a\nb", "\u0000", "a\u0085", "\ud834", `${tooLong}x`]) {
      expect(codeOf(() => member.subscribe(address, () => {}))).toBe("invalid_argument")
      expect(codeOf(() => member.publish(address, Uint8Array.of(1)))).toBe("invalid_argument")
    }
  })
}
