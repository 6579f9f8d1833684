import type { Hash } from "./hash.ts"

const WORDS = 8

/**
 * A fast stand-in for SHA-256 in tests: 32 bytes that depend on every byte and its place, but not securely.
 * Algorithm: eight FNV-1a hashes (Fowler, Noll, Vo) over the bytes, each from a start of its own.
 */
export function testHash(): Hash {
  const state = Uint32Array.from({ length: WORDS }, (_, word) => 0x811c9dc5 ^ (word * 0x9e3779b9))
  return {
    update(bytes) {
      for (let word = 0; word < WORDS; word++) {
        let hash = state[word]!
        // One word sees every byte, the others a sample: cheap, and any change still changes the digest.
        const step = word === 0 ? 1 : 61
        for (let i = 0; i < bytes.length; i += step) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
        state[word] = hash
      }
    },
    digest: () => new Uint8Array(state.buffer.slice(0)),
  }
}
