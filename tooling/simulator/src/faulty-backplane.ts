import type { Backplane } from "@luxbus/dispatcher"
import { describeDatagram } from "./describe-datagram.ts"
import type { Dice } from "./dice.ts"
import type { BackplanePlan } from "./plan.ts"
import type { VirtualTime } from "./virtual-time.ts"

const HARMLESS: BackplanePlan = { lost: 0, repeated: 0, delayMs: 0 }

interface Subscription {
  readonly member: object
  readonly broker: number
  readonly onMessage: (message: Uint8Array) => void
}

/** What joins the brokers: it loses, repeats, delays and reorders messages, and partitions keep brokers apart. */
export class FaultyBackplane {
  readonly #time: VirtualTime
  readonly #note: ((line: string) => void) | undefined
  readonly #dice: Dice
  readonly #subscriptions = new Map<string, Set<Subscription>>()
  readonly #partitions = new Set<{ readonly from: number; readonly to: number }>()
  #plan: BackplanePlan

  /** @param components.note is told of every message; undefined: nobody is */
  constructor(
    components: {
      readonly time: VirtualTime
      readonly dice: Dice
      readonly note: ((line: string) => void) | undefined
    },
    plan: BackplanePlan = HARMLESS,
  ) {
    this.#time = components.time
    this.#note = components.note
    this.#dice = components.dice
    this.#plan = plan
  }

  get subscriptionCount(): number {
    let count = 0
    for (const subscriptions of this.#subscriptions.values()) count += subscriptions.size
    return count
  }

  /**
   * One process of a broker joins; `leave` takes away all that it subscribed to, as its death does: what its promises still
   * do reaches nobody.
   */
  join(broker: number): { readonly backplane: Backplane; leave(): void } {
    const member = { hasLeft: false }
    const backplane: Backplane = {
      subscribe: (address, onMessage) =>
        member.hasLeft ? () => {} : this.#subscribe(address, { member, broker, onMessage }),
      publish: (address, message) => {
        if (!member.hasLeft) this.#publish(address, message, member, broker)
      },
    }
    const leave = () => {
      member.hasLeft = true
      this.#forget(member)
    }
    return { backplane, leave }
  }

  /** What `from` sends does not reach `to`. @returns ends it */
  partition(from: number, to: number): () => void {
    const partition = { from, to }
    this.#partitions.add(partition)
    return () => void this.#partitions.delete(partition)
  }

  /** From now on it does no harm. */
  calm(): void {
    this.#plan = HARMLESS
    this.#partitions.clear()
  }

  #subscribe(address: string, subscription: Subscription): () => void {
    const subscriptions = this.#subscriptions.get(address) ?? new Set()
    this.#subscriptions.set(address, subscriptions)
    subscriptions.add(subscription)
    return () => this.#remove(address, subscription)
  }

  #remove(address: string, subscription: Subscription): void {
    const subscriptions = this.#subscriptions.get(address)
    subscriptions?.delete(subscription)
    if (subscriptions?.size === 0) this.#subscriptions.delete(address)
  }

  #forget(member: object): void {
    for (const [address, subscriptions] of [...this.#subscriptions]) {
      for (const subscription of [...subscriptions]) {
        if (subscription.member === member) this.#remove(address, subscription)
      }
    }
  }

  #publish(address: string, message: Uint8Array, member: object, from: number): void {
    const { lost, repeated } = this.#plan
    for (const subscription of this.#subscriptions.get(address) ?? []) {
      if (subscription.member === member) continue
      if (this.#dice.chance(lost)) {
        this.#tell("LOST", from, subscription, address, message)
        continue
      }
      this.#send(address, message, subscription, from)
      if (this.#dice.chance(repeated)) this.#send(address, message, subscription, from)
    }
  }

  #send(address: string, message: Uint8Array, subscription: Subscription, from: number): void {
    const copy = message.slice()
    this.#tell("sent", from, subscription, address, message)
    this.#time.setTimer(this.#dice.between(0, this.#plan.delayMs), () => {
      const isSubscribed = this.#subscriptions.get(address)?.has(subscription) ?? false
      if (isSubscribed && !this.#isApart(from, subscription.broker)) subscription.onMessage(copy)
      else this.#tell("LOST", from, subscription, address, message)
    })
  }

  #tell(what: string, from: number, { broker }: Subscription, address: string, message: Uint8Array): void {
    this.#note?.(`broker ${from} to broker ${broker}, ${what}, at ${address}: ${describeDatagram(address, message)}`)
  }

  #isApart(from: number, to: number): boolean {
    for (const partition of this.#partitions) if (partition.from === from && partition.to === to) return true
    return false
  }
}
