import type { Hash } from "@luxbus/dual-stream"

/** 32 bytes that depend on every byte and its place: enough for tests, and the same on every platform. */
export function testHash(): Hash {
  let a = 0x811c9dc5
  return {
    update(bytes: Uint8Array): void {
      for (const byte of bytes) a = Math.imul(a ^ byte, 0x01000193)
    },
    digest(): Uint8Array {
      const digest = new Uint8Array(32)
      for (let i = 0; i < 32; i++) {
        a = Math.imul(a ^ i, 0x01000193)
        digest[i] = a >>> 24
      }
      return digest
    },
  }
}
