import type { SeededRandom } from "@luxbus/clock/testing"
import { COMPACT_HEADER_BYTES, compactFrameBytes, LIMITS } from "@luxbus/packet"
import type { Corpus } from "./corpus.ts"

const COMPACT = 0xc0
const MAX_FLIPS = 3

/** Makes messages that no client of ours would send, the same for the same seed. */
export class Mutator {
  readonly #random: SeededRandom
  readonly #corpus: Corpus
  readonly #conversed: readonly Uint8Array[]

  constructor(random: SeededRandom, corpus: Corpus) {
    this.#random = random
    this.#corpus = corpus
    this.#conversed = corpus.conversations.flat()
  }

  /** What one attacker says after its HELLO: mostly a conversation that goes wrong somewhere. */
  conversation(length: number): readonly (Uint8Array | string)[] {
    const said = this.#one(this.#corpus.conversations)
    return Array.from({ length }, (_, i) => this.#message(said[i % said.length]!))
  }

  /** Harmed in a bit or a few. */
  flip(message: Uint8Array): Uint8Array {
    const copy = message.slice()
    for (let i = this.#random.integer(1, MAX_FLIPS); i > 0 && copy.length > 0; i--) {
      copy[this.#random.integer(0, copy.length - 1)]! ^= 1 << this.#random.integer(0, 7)
    }
    return copy
  }

  #message(next: Uint8Array): Uint8Array | string {
    const dice = this.#random.float()
    // What ends a connection is rare, or no message would meet a session that has come far.
    if (dice < 0.5) return this.#renumbered(next)
    if (dice < 0.96) return this.#renumbered(this.#one(this.#conversed))
    if (dice < 0.975) return this.#one(this.#corpus.messages)
    if (dice < 0.985) return this.flip(next)
    if (dice < 0.988) return next.subarray(0, this.#random.integer(0, next.length))
    if (dice < 0.991) return joined(next, this.#one(this.#corpus.messages))
    if (dice < 0.995) return new Uint8Array(0)
    if (dice < 0.998) return this.#random.bytes(this.#random.integer(1, 300))
    if (dice < 0.9998) return '{"uid":"job.42","type":"stream","chunk":0,"data":"text"}'
    return new Uint8Array(LIMITS.messageBytes + this.#random.integer(-1, 1))
  }

  /** The first frame with another alias or chunk number, as a client would that has lost count. */
  #renumbered(message: Uint8Array): Uint8Array {
    if (message.length < COMPACT_HEADER_BYTES || (message[0]! & 0xf0) !== COMPACT) return message
    if (compactFrameBytes(message, 0) > message.length) return message
    const copy = message.slice()
    const alias = copy[7]!
    // Alias 0 is the connection: its frames have no number.
    if (alias === 0) return copy
    copy[7] = this.#random.integer(1, 4)
    if ((copy[1]! & 3) !== 3) copy[15] = this.#random.integer(0, 5)
    return copy
  }

  #one<T>(list: readonly T[]): T {
    return list[this.#random.integer(0, list.length - 1)]!
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
