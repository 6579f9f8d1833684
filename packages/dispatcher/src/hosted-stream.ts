import type { Clock } from "@luxbus/clock"
import { ABANDONED, type CreateHash, fromLivePeer, fromPeer } from "@luxbus/dual-stream"
import { BusError, type Fields, type JsonObject, type Outcome } from "@luxbus/packet"
import type { FirstNumbers, Journal, Tombstones } from "@luxbus/stream-memory"
import { AbandonWatch } from "./abandon-watch.ts"
import { type ClientPlace, HostedWriter } from "./hosted-writer.ts"
import { Intake } from "./intake.ts"
import type { ReadableStream, WhenReady } from "./readable-stream.ts"
import type { From } from "./start-position.ts"
import type { LogIdentity, StreamLog } from "./stream-log.ts"
import type { HostedSummary } from "./summary.ts"

/** Who claimed a stream, and as what. */
export interface Claim {
  readonly name: string
  readonly clientId: string
  /** 32 bytes. */
  readonly session: Uint8Array
  /** Names this very claim: a START that bears it again claims nothing. */
  readonly seq: Uint8Array
  /** The claiming client's streams that have ended. */
  readonly tombstones: Tombstones
  /** One of `Urgency`, as its writer stated it: its readers are served with it. */
  readonly urgency: number
  readonly headers: JsonObject | undefined
  /** Whether its writer drops what it has no room for, and tells of the gap. */
  readonly live: boolean
  /** Milliseconds without a reader after which the writer is asked to stop; undefined: never. */
  readonly abandonMs: number | undefined
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
export class HostedStream implements ReadableStream {
  readonly claim: Claim
  /** In Unix ms. */
  readonly startedAtMs: number
  readonly #clock: Clock
  readonly #createdAt: number
  readonly #events: HostedStreamEvents
  readonly #windowMs: number
  readonly #intake: Intake
  readonly #writer: HostedWriter
  readonly #abandon: AbandonWatch
  #endedAtMs: number | undefined
  #openings: (() => void)[] | undefined = []

  constructor(components: HostedStreamComponents, claim: Claim, options: { readonly windowMs: number }) {
    const { clock, createHash, events } = components
    this.claim = claim
    this.startedAtMs = clock.wallNow()
    this.#clock = clock
    this.#createdAt = clock.now()
    this.#events = events
    this.#windowMs = options.windowMs
    this.#intake = new Intake(
      {
        clock,
        createHash,
        events: {
          grew: (bytes) => events.grew(bytes),
          ended: (outcome) => {
            this.#endedAtMs = clock.wallNow()
            this.#abandon.stop()
            this.#writer.wake()
            events.ended(outcome)
          },
          failed: ({ code, message }) => this.#intake.end({ status: "error", code, message }),
          storageFailed: (error) => {
            events.storageFailed(error)
            this.refuse(error)
          },
        },
      },
      {
        source: claim.live ? fromLivePeer : fromPeer,
        windowMs: options.windowMs,
        main: claim.from.main,
        error: claim.from.error,
      },
    )
    this.#writer = new HostedWriter(clock, this.#intake.reader, () => this.outcome !== undefined)
    this.#abandon = new AbandonWatch(clock, claim.abandonMs, () => this.cancel(ABANDONED))
  }

  get name(): string {
    return this.claim.name
  }

  get writer(): string {
    return this.claim.clientId
  }

  /** For how long it has been here, in ms. */
  get ageMs(): number {
    return this.#clock.now() - this.#createdAt
  }

  /** In Unix ms; undefined while it is live. */
  get endedAtMs(): number | undefined {
    return this.#endedAtMs
  }

  /** Undefined while it is opening. */
  get log(): StreamLog | undefined {
    return this.#intake.log
  }

  get epoch(): number {
    return this.log?.identity.epoch ?? 0
  }

  get outcome(): Outcome | undefined {
    return this.#intake.outcome
  }

  /** Milliseconds that its writer's absence is still waited for; undefined while it is there, or not awaited. */
  get suspendedLeftMs(): number | undefined {
    return this.#intake.suspendedLeftMs
  }

  /** Whether the writer may go on: it has not been ousted, lost or reset. */
  get writable(): boolean {
    return this.#intake.reader.error === undefined
  }

  /** Puts the writer on a connection: at once for what it sends, and as soon as there is an epoch for an answer. */
  attach(place: ClientPlace): void {
    if (!this.#writer.bind(place)) return
    if (this.log !== undefined) this.#writer.attach(this.epoch, this.log.identity.incarnation)
  }

  /** The journal is open: what has arrived goes into it. */
  open(journal: Journal, identity: LogIdentity): void {
    this.#intake.open(journal, identity, { ...this.claim, hasOrigins: false })
    if (this.#writer.connected) this.#writer.attach(identity.epoch, identity.incarnation)
    else this.#intake.reader.control({ suspended: this.#windowMs }, 0)
    this.#intake.takeAll()
    this.#watchReaders()
    this.openingEnded()
  }

  get isBehind(): boolean {
    return false
  }

  /** Whether readers can be put on it: its log is all that there is. */
  isReady(): boolean {
    return this.log !== undefined
  }

  whenReady(from: From, callback: WhenReady): void {
    this.afterOpening(() => callback(from, this))
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
    if (this.#intake.reader.completed || !this.writable) return
    this.refuse(new BusError("fenced", "the next epoch of this stream was claimed"))
  }

  /** Whether what is missing can still come from a writer that holds nothing below these numbers. */
  canGoOnFrom({ mainFirst = 0, errorFirst = 0 }: Fields): boolean {
    const { main, error } = this.#intake.reader.position
    return mainFirst <= main && errorFirst <= error
  }

  /** Its writer has begun anew, behind what is here: what is missing does not come. The writer hears nothing of it. */
  outrun(): void {
    this.#writer.release()
    this.#writer.detach()
    this.supersede()
  }

  /** Its writer has taken it to another broker, where it goes on: should that one be here, it announces itself anew. */
  leaveWriter(): void {
    this.#writer.sendAway()
    this.#writer.detach()
  }

  /** Asks the writer to stop, now or when it is back. */
  cancel(reason: string | undefined): void {
    this.#intake.reader.cancel(reason)
  }

  readerCame(): void {
    this.#watchReaders()
  }

  /** A reader is gone: an earlier epoch may have been kept for it. */
  readerLeft(): void {
    this.#watchReaders()
    this.#events.readerLeft()
  }

  summary(): HostedSummary {
    const { name, clientId, headers } = this.claim
    return {
      name,
      epoch: this.epoch,
      state: this.outcome !== undefined ? "finished" : this.suspendedLeftMs !== undefined ? "suspended" : "live",
      writer: clientId,
      startedAtMs: this.startedAtMs,
      ...this.#intake.counts,
      readers: this.log?.readerCount ?? 0,
      headers: headers ?? null,
      outcome: this.outcome ?? null,
    }
  }

  /** Lets go of everything: with an error the readers are put out, without one nobody is told. */
  close(error?: BusError): void {
    this.#abandon.stop()
    this.#intake.close(error)
    if (this.outcome === undefined) {
      this.#writer.release()
      this.#intake.reader.detach()
    }
    this.#intake.reader.close()
    this.#writer.release()
  }

  /** Once it has ended there is nothing to be stopped. */
  #watchReaders(): void {
    if (this.outcome === undefined) this.#abandon.readers(this.log?.readerCount ?? 0)
  }
}
