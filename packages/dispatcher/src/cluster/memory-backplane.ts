import type { Clock } from "@luxbus/clock"
import type { Backplane } from "./backplane.ts"

type Subscriber = (message: Uint8Array) => void

/** A backplane for brokers in one process. It loses, repeats and reorders nothing. */
export class MemoryBackplane {
  readonly #clock: Clock
  readonly #byAddress = new Map<string, Map<symbol, { readonly member: Member; readonly take: Subscriber }>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Subscriptions of all members. */
  get subscriptionCount(): number {
    let count = 0
    for (const subscribers of this.#byAddress.values()) count += subscribers.size
    return count
  }

  /** One broker's place on it. */
  join(): Backplane {
    const member: Member = {
      subscribe: (address, take) => this.#subscribe(member, address, take),
      publish: (address, message) => this.#publish(member, address, message),
    }
    return member
  }

  #subscribe(member: Member, address: string, take: Subscriber): () => void {
    const key = Symbol(address)
    const subscribers = this.#byAddress.get(address) ?? new Map()
    this.#byAddress.set(address, subscribers)
    subscribers.set(key, { member, take })
    return () => {
      subscribers.delete(key)
      if (subscribers.size === 0 && this.#byAddress.get(address) === subscribers) this.#byAddress.delete(address)
    }
  }

  #publish(sender: Member, address: string, message: Uint8Array): void {
    const subscribers = this.#byAddress.get(address)
    if (subscribers === undefined) return
    for (const [key, { member, take }] of subscribers) {
      if (member === sender) continue
      this.#clock.defer(() => {
        if (subscribers.has(key)) take(message.slice())
      })
    }
  }
}

type Member = Backplane
