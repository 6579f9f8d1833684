import type { Clock, Timer } from "@luxbus/clock"
import type { StreamEnd } from "@luxbus/dual-stream"
import { BusError, sameBytes } from "@luxbus/packet"
import type { Tombstones } from "@luxbus/stream-memory"
import { claimAddress } from "../claim-address.ts"
import type { Place } from "../relay-control.ts"
import { Waiters } from "../waiters.ts"

/** What a timer can wait for. */
const MAX_DELAY_MS = 0x7fff_ffff

/** A START to a channel that has no provider. */
export interface WaitingClaim {
  readonly channel: string
  /** The stream's name. */
  readonly name: string
  /** Client id of who asks. */
  readonly from: string
  readonly seq: Uint8Array
  /** Ms that a provider may be waited for. */
  readonly waitMs: number
  /** Ms until the START's deadline; 0: it has none. */
  readonly deadlineMs: number
}

/** Where a START came from, and what is known of its client's streams that have ended. */
export interface WaitingPlace extends Place {
  readonly tombstones: Tombstones
}

interface Waiting {
  readonly claim: WaitingClaim
  readonly timer: Timer
  readonly end: StreamEnd
  place: Place | undefined
}

/** STARTs that wait for a provider, each until its own time is over, whatever becomes of its connection meanwhile. */
export class WaitingStarts {
  readonly #clock: Clock
  readonly #maxPerClient: number
  readonly #byKey = new Map<string, Waiting>()
  readonly #byChannel = new Waiters<Waiting>()
  readonly #countByClient = new Map<string, number>()

  constructor(clock: Clock, maxPerClient: number) {
    this.#clock = clock
    this.#maxPerClient = maxPerClient
  }

  get size(): number {
    return this.#byKey.size
  }

  /**
   * Tells a START to wait. One that is repeated goes on waiting: its time is not begun anew.
   * @throws BusError `no_provider` where it may not wait; `rate_limited`
   */
  wait(claim: WaitingClaim, place: WaitingPlace): void {
    const key = keyOf(claim)
    const known = this.#byKey.get(key)
    if (known !== undefined && !sameBytes(known.claim.seq, claim.seq)) this.#forget(known)
    const waiting = this.#byKey.get(key) ?? this.#create(key, claim, place.tombstones)
    this.#leavePlace(waiting, place)
    claimAddress(place.carrier, place.address, waiting.end)
    waiting.place = { carrier: place.carrier, address: place.address }
    place.carrier.control(place.address, 0, { verdict: { verdict: "wait" } })
  }

  /** A provider was found for it: it waits no longer, and its address is another's. */
  found(claim: Pick<WaitingClaim, "from" | "name">, place: Place): void {
    const waiting = this.#byKey.get(keyOf(claim))
    if (waiting === undefined) return
    this.#leavePlace(waiting, place)
    waiting.place = undefined
    this.#forget(waiting)
  }

  /** A provider may be chosen: who waits for one tries again. */
  retry(channel: string): void {
    for (const { place } of this.#byChannel.waitingFor(channel)) {
      place?.carrier.control(place.address, 0, { verdict: { verdict: "retry" } })
    }
  }

  close(): void {
    for (const waiting of [...this.#byKey.values()]) this.#forget(waiting)
  }

  #create(key: string, claim: WaitingClaim, tombstones: Tombstones): Waiting {
    const { channel, from, seq, waitMs, deadlineMs } = claim
    // A START that is on its way while it is refused must not be given to a provider that comes meanwhile.
    if (waitMs === 0) {
      tombstones.add(seq, "no_provider")
      throw noProvider(channel)
    }
    const count = this.#countByClient.get(from) ?? 0
    const limit = this.#maxPerClient
    if (count >= limit) throw new BusError("rate_limited", "too many requests wait", { details: { limit } })
    const isDeadline = deadlineMs > 0 && deadlineMs < waitMs
    const timer = this.#clock.setTimer(Math.min(isDeadline ? deadlineMs : waitMs, MAX_DELAY_MS), () => {
      const { place } = waiting
      const error = isDeadline ? expired(channel) : noProvider(channel)
      waiting.place = undefined
      tombstones.add(seq, error.code)
      this.#forget(waiting)
      place?.carrier.reset(place.address, error)
    })
    const waiting: Waiting = { claim, timer, place: undefined, end: this.#endOf(() => waiting) }
    this.#byKey.set(key, waiting)
    this.#byChannel.add(channel, waiting)
    this.#countByClient.set(from, count + 1)
    return waiting
  }

  #endOf(waiting: () => Waiting): StreamEnd {
    return {
      pull: () => false,
      // What came right behind the START is sent again when it is tried again.
      frame() {},
      endRun() {},
      control: ({ cancel }) => {
        if (cancel !== undefined) this.#forget(waiting())
      },
      reset: () => this.#forget(waiting()),
      detach() {
        waiting().place = undefined
      },
    }
  }

  #leavePlace({ place, end }: Waiting, next: Place): void {
    if (place === undefined || (place.carrier === next.carrier && place.address === next.address)) return
    if (place.carrier.bound(place.address) === end) place.carrier.release(place.address)
  }

  #forget(waiting: Waiting): void {
    const { claim, timer, place, end } = waiting
    const key = keyOf(claim)
    if (this.#byKey.get(key) !== waiting) return
    timer.cancel()
    this.#byKey.delete(key)
    this.#byChannel.remove(claim.channel, waiting)
    const count = (this.#countByClient.get(claim.from) ?? 1) - 1
    if (count === 0) this.#countByClient.delete(claim.from)
    else this.#countByClient.set(claim.from, count)
    if (place?.carrier.bound(place.address) === end) place.carrier.release(place.address)
  }
}

/** Names have no control characters, so that the separator tells them apart. */
function keyOf({ from, name }: Pick<WaitingClaim, "from" | "name">): string {
  return `${from}\0${name}`
}

function noProvider(channel: string): BusError {
  return new BusError("no_provider", `Nobody provides "${channel}".`, { details: { channel } })
}

function expired(channel: string): BusError {
  return new BusError("expired", `No provider of "${channel}" came before the deadline.`, { details: { channel } })
}
