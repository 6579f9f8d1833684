import type { Clock } from "@luxbus/clock"
import { type Carrier, type CreateHash, fromPeer, type Notice, StreamReader } from "@luxbus/dual-stream"
import { BusError, type JsonObject, Lane, type Outcome, sameBytes } from "@luxbus/packet"
import type { FirstNumbers, Journal } from "@luxbus/stream-memory"
import { type ClientPlace, HostedWriter } from "./hosted-writer.ts"
import { LogFeed } from "./log-feed.ts"
import { type LogIdentity, StreamLog } from "./stream-log.ts"
import type { HostedSummary } from "./summary.ts"

/** Claims that were fenced and are remembered, the oldest out first: repetitions come within seconds. */
const MAX_FENCED_CLAIMS = 64

/** Who claimed a stream, and as what. */
export interface Claim {
  readonly name: string
  readonly clientId: string
  /** 32 bytes. */
  readonly session: Uint8Array
  /** Names this very claim: a START that bears it again claims nothing. */
  readonly seq: Uint8Array
  readonly headers: JsonObject | undefined
  /** The lowest numbers that the writer still holds. */
  readonly from: FirstNumbers
  /** First chunks of the messages that hold them. */
  readonly fromMessages: FirstNumbers
}

export interface HostedStreamEvents {
  /** The rings hold so many bytes more, or less. */
  grew(bytes: number): void
  ended(outcome: Outcome): void
  readerLeft(): void
  storageFailed(error: BusError): void
}

export interface HostedStreamComponents {
  readonly clock: Clock
  readonly createHash: CreateHash
  readonly events: HostedStreamEvents
}

/**
 * One epoch of a stream that the broker hosts: takes everything from its writer at once, journals it once per turn, and
 * keeps it for readers who come at any time.
 *
 * It is `opening` until its journal is open: what arrives waits in the writer's credit.
 */
export class HostedStream {
  readonly claim: Claim
  readonly startedAtMs: number
  readonly #clock: Clock
  readonly #events: HostedStreamEvents
  readonly #windowMs: number
  readonly #reader: StreamReader
  readonly #writer: HostedWriter
  #log: StreamLog | undefined
  #openings: (() => void)[] | undefined = []
  #feed: LogFeed | undefined
  /** How it ends, until the journal has all of it. */
  #ending: Omit<Outcome, "main" | "error"> | undefined
  #finishing = false
  #suspendedUntilMs: number | undefined
  /** Seqs of claims that were fenced off this stream. */
  readonly #fenced: Uint8Array[] = []

  constructor(components: HostedStreamComponents, claim: Claim, options: { readonly windowMs: number }) {
    const { clock, createHash, events } = components
    this.claim = claim
    this.startedAtMs = clock.wallNow()
    this.#clock = clock
    this.#events = events
    this.#windowMs = options.windowMs
    this.#reader = new StreamReader(
      {
        clock,
        createHash,
        events: {
          readable: (lane) => this.#feed?.take(lane),
          notice: (notice) => this.#notice(notice),
          outcome: (outcome) => this.#end(outcome),
          failed: ({ code, message }) => this.#end({ status: "error", code, message }),
        },
      },
      { source: fromPeer, windowMs: options.windowMs, main: claim.from.main, error: claim.from.error },
    )
    // The log reads both lanes: neither is drained for the other's sake.
    this.#reader.touch(Lane.main)
    this.#reader.touch(Lane.error)
    this.#writer = new HostedWriter(clock, this.#reader, () => this.#log?.outcome !== undefined)
  }

  /** Another claim on the name was refused: it stays refused, however late it is repeated. */
  fence({ seq }: Claim): void {
    if (this.hasFenced(seq)) return
    this.#fenced.push(seq.slice())
    if (this.#fenced.length > MAX_FENCED_CLAIMS) this.#fenced.shift()
  }

  hasFenced(seq: Uint8Array): boolean {
    return this.#fenced.some((fenced) => sameBytes(fenced, seq))
  }

  /** Undefined while it is opening. */
  get log(): StreamLog | undefined {
    return this.#log
  }

  get epoch(): number {
    return this.#log?.identity.epoch ?? 0
  }

  get outcome(): Outcome | undefined {
    return this.#log?.outcome
  }

  /** Milliseconds that its writer's absence is still waited for; undefined while it is there, or not awaited. */
  get suspendedLeftMs(): number | undefined {
    if (this.#suspendedUntilMs === undefined || this.outcome !== undefined) return undefined
    return Math.max(0, Math.ceil(this.#suspendedUntilMs - this.#clock.now()))
  }

  /** Whether the writer may go on: it has not been ousted, lost or reset. */
  get writable(): boolean {
    return this.#reader.error === undefined
  }

  /** Puts the writer on a connection: at once for what it sends, and as soon as there is an epoch for an answer. */
  attach(place: ClientPlace): void {
    if (!this.#writer.bind(place)) return
    if (this.#log !== undefined) this.#writer.attach(this.epoch, this.#log.identity.incarnation)
  }

  /** The journal is open: what has arrived goes into it. */
  open(journal: Journal, identity: LogIdentity): void {
    const events = {
      drained: () => this.#takeAll(),
      failed: (error: BusError) => this.#storageFailed(error),
    }
    const log = new StreamLog({ journal, events }, identity, { ...this.claim, hasOrigins: false })
    this.#log = log
    this.#feed = new LogFeed({
      clock: this.#clock,
      reader: this.#reader,
      log,
      grew: (bytes) => this.#events.grew(bytes),
      refuse: (error) => this.refuse(error),
    })
    if (this.#writer.connected) this.#writer.attach(identity.epoch, identity.incarnation)
    else this.#reader.control({ suspended: this.#windowMs }, 0)
    this.#takeAll()
    this.openingEnded()
  }

  /** Calls `callback` once it is open or has failed to: now, if it has. */
  afterOpening(callback: () => void): void {
    if (this.#openings === undefined) callback()
    else this.#openings.push(callback)
  }

  /** It is open, or will never be. */
  openingEnded(): void {
    const callbacks = this.#openings ?? []
    this.#openings = undefined
    for (const callback of callbacks) callback()
  }

  /** Ends it for the writer, who is told why, and with an outcome that says so. */
  refuse(error: BusError): void {
    this.#writer.refuse(error)
  }

  /** Someone else has claimed the next epoch. */
  supersede(): void {
    if (this.#reader.completed || this.#reader.error !== undefined) return
    this.refuse(new BusError("fenced", "the next epoch of this stream was claimed"))
  }

  /** Asks the writer to stop, now or when it is back. */
  cancel(reason: string | undefined): void {
    this.#reader.cancel(reason)
  }

  /** A reader is gone: an earlier epoch may have been kept for it. */
  readerLeft(): void {
    this.#events.readerLeft()
  }

  summary(): HostedSummary {
    const { name, clientId, headers } = this.claim
    return {
      name,
      epoch: this.epoch,
      state: this.outcome !== undefined ? "finished" : this.#suspendedUntilMs !== undefined ? "suspended" : "live",
      writer: clientId,
      startedAtMs: this.startedAtMs,
      mainBytes: this.#feed?.mainBytes ?? 0,
      errorBytes: this.#feed?.errorBytes ?? 0,
      chunks: this.#feed?.chunks ?? 0,
      readers: this.#log?.readerCount ?? 0,
      headers: headers ?? null,
      outcome: this.outcome ?? null,
    }
  }

  /** Lets go of everything: with an error the readers are put out, without one nobody is told. */
  close(error?: BusError): void {
    this.#finishing = true
    this.#feed?.release()
    this.#log?.close(error)
    if (this.outcome === undefined) {
      this.#writer.release()
      this.#reader.detach()
    }
    this.#reader.close()
    this.#writer.release()
  }

  #takeAll(): void {
    this.#feed?.take(Lane.main)
    this.#feed?.take(Lane.error)
    this.#tryFinish()
  }

  #end(outcome: Omit<Outcome, "main" | "error">): void {
    if (this.#ending !== undefined) return
    this.#ending = outcome
    this.#takeAll()
  }

  /** Journals the outcome once the journal has what came before it. */
  #tryFinish(): void {
    const [log, feed] = [this.#log, this.#feed]
    if (this.#finishing || this.#ending === undefined || log === undefined || feed?.isDry !== true) return
    feed.commit()
    feed.stop()
    this.#finishing = true
    log.finish({ ...this.#ending, ...this.#reader.position }, (outcome) => {
      this.#suspendedUntilMs = undefined
      this.#writer.wake()
      this.#events.ended(outcome)
    })
  }

  #storageFailed(error: BusError): void {
    this.#events.storageFailed(error)
    this.refuse(error)
  }

  #notice(notice: Notice): void {
    if (notice.type === "suspended") {
      const leftMs = notice.leftMs ?? this.#windowMs
      this.#suspendedUntilMs = this.#clock.now() + leftMs
      for (const reader of this.#log?.readers ?? []) reader.suspended(leftMs)
    } else if (notice.type === "resumed") {
      this.#suspendedUntilMs = undefined
      for (const reader of this.#log?.readers ?? []) reader.resumed()
    }
  }
}
