import type { Clock } from "@luxbus/clock"
import { BusError, LIMITS } from "@luxbus/packet"
import { type Rate, TokenBucket } from "./token-bucket.ts"

/**
 * What one client may do, over all of its connections. What is absent is not limited. Opens, commands and cancels beyond are
 * refused with `rate_limited` (`details.retryAfterMs`). Packets and bytes beyond are taken, and the client is given no more
 * credit to send until it owes nothing: nothing is lost.
 */
export interface RateLimits {
  /** Frames of any kind, or what they are in JSON. */
  readonly packets?: Rate
  /** Of messages, in binary form. */
  readonly bytes?: Rate
  /** Streams to write that are new: hosted ones, and those to peers. Its burst must cover what comes back at once. */
  readonly opens?: Rate
  /** Commands to the broker; attachments and subscriptions are asked for anew on each connection. */
  readonly commands?: Rate
  /** Streams that it asks to be stopped: by the command `cancel`, which counts as a command too, or as their reader. */
  readonly cancels?: Rate
}

const NAMES = ["packets", "bytes", "opens", "commands", "cancels"] as const satisfies readonly (keyof RateLimits)[]

/** What a client can owe by what it was given credit for, on two connections. Who owes more sends what has no credit. */
const MAX_OWED_BYTES = 2 * (LIMITS.connectionWindowBytes.main + LIMITS.connectionWindowBytes.error)
const MAX_OWED_PACKETS = MAX_OWED_BYTES / LIMITS.chunkOverheadCost

/** What is left of one client's limits. */
export class ClientLimits {
  readonly #buckets: Readonly<Partial<Record<keyof RateLimits, TokenBucket>>>

  constructor(clock: Clock, limits: RateLimits) {
    const buckets: Partial<Record<keyof RateLimits, TokenBucket>> = {}
    for (const name of NAMES) {
      const rate = limits[name]
      if (rate !== undefined) buckets[name] = new TokenBucket(clock, rate)
    }
    this.#buckets = buckets
  }

  /** Counts one. @throws BusError `rate_limited` (`details.retryAfterMs`) where there may be no more now */
  admit(what: "opens" | "commands" | "cancels"): void {
    const retryAfterMs = this.#buckets[what]?.tryTake() ?? 0
    if (retryAfterMs > 0) throw rateLimited(`too many ${what}`, retryAfterMs)
  }

  /** Counts what one message brought. */
  took(frames: number, bytes: number): void {
    this.#buckets.packets?.take(frames)
    this.#buckets.bytes?.take(bytes)
  }

  /** Milliseconds until the client may be let send more. */
  get owedMs(): number {
    return Math.max(this.#buckets.packets?.owedMs ?? 0, this.#buckets.bytes?.owedMs ?? 0)
  }

  /** @throws BusError `rate_limited` where the client owes more than one that keeps to its credit can */
  assertSolvent(): void {
    const { packets, bytes } = this.#buckets
    if ((packets?.owed ?? 0) > MAX_OWED_PACKETS || (bytes?.owed ?? 0) > MAX_OWED_BYTES) throw this.overdrawn()
  }

  /** What a client is sent away with. */
  overdrawn(): BusError {
    return rateLimited("too much was sent", this.owedMs)
  }
}

/** The limits of all clients, by id. */
export class LimitsTable {
  readonly #clock: Clock
  readonly #limits: RateLimits | undefined
  readonly #byId = new Map<string, ClientLimits>()

  /** @throws BusError `invalid_argument` for a rate that is none */
  constructor(clock: Clock, limits: RateLimits | undefined) {
    for (const name of NAMES) assertRate(`rateLimits.${name}`, limits?.[name])
    this.#clock = clock
    this.#limits = limits
  }

  get size(): number {
    return this.#byId.size
  }

  /** Those of a client, connected or waited for; undefined: there are none. */
  of(id: string): ClientLimits | undefined {
    if (this.#limits === undefined) return undefined
    const limits = this.#byId.get(id) ?? new ClientLimits(this.#clock, this.#limits)
    this.#byId.set(id, limits)
    return limits
  }

  /** The client is gone for good. */
  forget(id: string): void {
    this.#byId.delete(id)
  }
}

function rateLimited(what: string, retryAfterMs: number): BusError {
  return new BusError("rate_limited", `For this client that is ${what} in too short a time.`, {
    details: { retryAfterMs },
  })
}

function assertRate(name: string, rate: Rate | undefined): void {
  const { perSecond = 1, burst = 1 } = rate ?? {}
  if (perSecond > 0 && burst >= 1 && Number.isFinite(perSecond) && Number.isFinite(burst)) return
  throw new BusError("invalid_argument", `${name} has a perSecond above 0 and a burst of 1 or more`, {
    details: { name },
  })
}
