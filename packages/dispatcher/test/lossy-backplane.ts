import type { Clock } from "@luxbus/clock"
import type { SeededRandom } from "@luxbus/clock/testing"
import { type Backplane, MemoryBackplane } from "../src/index.ts"

/** What happens to messages, as shares of all of them. */
export interface Losses {
  readonly lost: number
  readonly repeated: number
  /** At most so late: what is later than another is overtaken by it. */
  readonly delayMs: number
}

/** A backplane that does what the contract allows one to do. */
export class LossyBackplane {
  readonly #clock: Clock
  readonly #random: SeededRandom
  readonly #inner: MemoryBackplane
  losses: Losses = { lost: 0, repeated: 0, delayMs: 0 }
  /** Names of members whose messages reach nobody. */
  readonly muted = new Set<string>()
  /** Bytes that members have published. */
  publishedBytes = 0

  constructor(clock: Clock, random: SeededRandom) {
    this.#clock = clock
    this.#random = random
    this.#inner = new MemoryBackplane(clock)
  }

  get subscriptionCount(): number {
    return this.#inner.subscriptionCount
  }

  join(name: string): Backplane {
    const member = this.#inner.join()
    return {
      subscribe: (address, onMessage) => member.subscribe(address, onMessage),
      publish: (address, message) => {
        this.publishedBytes += message.length
        const { lost, repeated, delayMs } = this.losses
        const copies = this.#random.float() < lost ? 0 : this.#random.float() < repeated ? 2 : 1
        for (let i = 0; i < copies; i++) {
          this.#clock.setTimer(this.#random.float() * delayMs, () => {
            if (!this.muted.has(name)) member.publish(address, message)
          })
        }
      },
    }
  }
}
