import type { CreateHash } from "@luxbus/dual-stream"

/** A digest that is good enough to notice a byte that is wrong: FNV-1a, 32 bits, repeated. */
export const fakeHash: CreateHash = () => {
  let state = 0x811c9dc5
  return {
    update(bytes) {
      for (const byte of bytes) state = Math.imul(state ^ byte, 0x01000193) >>> 0
    },
    digest: () => Uint8Array.from({ length: 32 }, (_, i) => state >>> (8 * (i % 4))),
  }
}
