import type { Clock } from "@luxbus/clock"
import { assertBackplaneAddress, assertBackplaneMessage, type Backplane } from "./backplane.ts"

interface Subscription {
  readonly member: Backplane
  readonly onMessage: (message: Uint8Array) => void
}

/**
 * A backplane for brokers in one process: each takes its place by `join`. It loses, repeats and reorders nothing; a
 * message comes at the end of the turn in which it was published.
 */
export class MemoryBackplane {
  readonly #clock: Clock
  readonly #byAddress = new Map<string, Set<Subscription>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Subscriptions of all members: what a leak test counts back to zero. */
  get subscriptionCount(): number {
    let count = 0
    for (const subscriptions of this.#byAddress.values()) count += subscriptions.size
    return count
  }

  /** One broker's place on it. */
  join(): Backplane {
    const member: Backplane = {
      subscribe: (address, onMessage) => this.#subscribe(address, { member, onMessage }),
      publish: (address, message) => this.#publish(member, address, message),
    }
    return member
  }

  #subscribe(address: string, subscription: Subscription): () => void {
    assertBackplaneAddress(address)
    const subscriptions = this.#byAddress.get(address) ?? new Set()
    this.#byAddress.set(address, subscriptions)
    subscriptions.add(subscription)
    return () => {
      subscriptions.delete(subscription)
      if (subscriptions.size === 0 && this.#byAddress.get(address) === subscriptions) this.#byAddress.delete(address)
    }
  }

  #publish(sender: Backplane, address: string, message: Uint8Array): void {
    assertBackplaneAddress(address)
    assertBackplaneMessage(message)
    const subscriptions = this.#byAddress.get(address)
    if (subscriptions === undefined) return
    for (const subscription of subscriptions) {
      if (subscription.member === sender) continue
      this.#clock.defer(() => {
        if (subscriptions.has(subscription)) subscription.onMessage(message.slice())
      })
    }
  }
}
