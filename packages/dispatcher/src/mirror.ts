import type { Clock, Timer } from "@luxbus/clock"
import { type CreateHash, type FrameOutput, fromHost, type StreamEnd } from "@luxbus/dual-stream"
import {
  BusError,
  type Fields,
  type FullHeader,
  type JsonObject,
  Lane,
  type MessageReader,
  sameBytes,
  toHex,
  URGENCY_MASK,
} from "@luxbus/packet"
import { MemoryJournal } from "@luxbus/stream-memory"
import type { BrokerAliases } from "./broker-aliases.ts"
import type { Place } from "./cluster/directory.ts"
import type { NodeLink } from "./cluster/node-link.ts"
import { streamAbout } from "./cluster/rival-streams.ts"
import { Intake } from "./intake.ts"
import { firstMessage, parseStanding, type Standing } from "./mirror-standing.ts"
import type { ReadableStream, WhenReady } from "./readable-stream.ts"
import type { From } from "./start-position.ts"
import type { StreamLog } from "./stream-log.ts"

/** How long a mirror without readers is kept: who reloads a page finds it. */
const MIRROR_IDLE_MS = 60_000

export interface MirrorComponents {
  readonly clock: Clock
  readonly createHash: CreateHash
  readonly aliases: BrokerAliases
  readonly events: MirrorEvents
}

interface MirrorEvents {
  /** Its host serves it: readers can be put on it. */
  opened(): void
  /** Its host is away, or does not have it any more: it has to be looked for. */
  lost(): void
  /** The host refuses it, before it was open. Final. */
  refused(error: BusError): void
  /** The name is another stream's now. */
  superseded(): void
  /** The ring holds so many bytes more, or less. */
  grew(bytes: number): void
  /** Nobody has read it for a while. */
  idle(): void
}

interface Waiting {
  readonly from: From
  readonly callback: WhenReady
}

/**
 * Another broker's hosted stream, as this broker's clients read it: one reader of theirs all, which copies everything that
 * the host has into a log of its own, under the host's numbers, epoch and incarnation, so that a cursor is good at either.
 */
export class Mirror implements StreamEnd, ReadableStream {
  readonly name: string
  readonly #components: MirrorComponents
  readonly #options: { readonly windowMs: number; readonly ringBytes: number }
  readonly #intake: Intake
  #place: Place
  #link: NodeLink | undefined
  #standing: Standing | undefined
  #waiting: Waiting[] = []
  #windowTimer: Timer | undefined
  #idleTimer: Timer | undefined
  /** Its host stayed away for the window: what it has is not what the host had. */
  #isExpired = false
  #closed = false

  constructor(
    components: MirrorComponents,
    name: string,
    place: Place,
    options: { readonly windowMs: number; readonly ringBytes: number },
  ) {
    const { clock, createHash, events } = components
    this.name = name
    this.#components = components
    this.#options = options
    this.#place = place
    this.#intake = new Intake(
      {
        clock,
        createHash,
        events: {
          grew: (bytes) => {
            events.grew(bytes)
            this.#release()
          },
          ended: () => this.#ended(),
          failed: (error) => this.close(error),
          storageFailed: (error) => this.close(error),
        },
      },
      { source: fromHost },
    )
  }

  get writer(): string | undefined {
    return streamAbout(this.#place.about)?.writer
  }

  /** Undefined once it is closed, too: nobody can be put on it any more. */
  get log(): StreamLog | undefined {
    return this.#closed ? undefined : this.#intake.log
  }

  get suspendedLeftMs(): number | undefined {
    return this.#intake.suspendedLeftMs
  }

  get isBehind(): boolean {
    return this.#isExpired || this.log?.outcome === undefined
  }

  /** Whether its host is away, and it is not whole without. */
  get isLost(): boolean {
    return this.#link === undefined && this.log?.outcome === undefined
  }

  /** Whether it is of what the cluster has under its name now. */
  isOf(place: Place): boolean {
    return !this.#isExpired && place.node === this.#place.node && place.sinceMs === this.#place.sinceMs
  }

  /** Asks its host for it, from where it stands. */
  read(link: NodeLink, place: Place): void {
    this.#link = link
    this.#place = place
    link.ask(
      "mirror",
      { name: this.name, from: this.#position() },
      {
        answered: (result) => {
          this.#standing = parseStanding(result)
        },
        started: (address, header, fields) => this.#started(link, address, header, fields),
        failed: (error) => this.#refused(link, error),
      },
    )
  }

  isReady(from: From): boolean {
    return this.log !== undefined && this.#isReached(from)
  }

  whenReady(from: From, callback: WhenReady): void {
    if (this.#closed || this.isReady(from)) callback(from, this)
    else {
      this.#waiting.push({ from, callback })
      this.readerCame()
    }
  }

  cancel(reason: string | undefined): void {
    this.#intake.reader.cancel(reason)
  }

  readerCame(): void {
    this.#idleTimer?.cancel()
    this.#idleTimer = undefined
  }

  readerLeft(): void {
    if (this.log?.readerCount !== 0 || this.#waiting.length > 0) return
    this.#idleTimer ??= this.#components.clock.setTimer(MIRROR_IDLE_MS, () => this.#components.events.idle())
  }

  /** Whether its host has not served it yet. */
  get isUnopened(): boolean {
    return !this.#closed && this.#intake.log === undefined
  }

  /** Its readers go on with what has its name now, and it is let go of. */
  handOver(stream: ReadableStream): void {
    this.log?.moveReaders(stream)
    const waiting = this.#waiting
    this.#waiting = []
    for (const { from, callback } of waiting) stream.whenReady(from, callback)
    this.close()
  }

  /** Lets go of everything: with an error the readers are put out, without one nobody is told. */
  close(error?: BusError): void {
    if (this.#closed) return
    const alias = this.log?.identity.alias
    this.#closed = true
    this.#windowTimer?.cancel()
    this.#idleTimer?.cancel()
    this.#link = undefined
    this.#intake.close(error)
    this.#intake.reader.close()
    if (alias !== undefined) this.#components.aliases.free(alias)
    this.#release()
    this.#components.events.idle()
  }

  pull(lane: Lane, output: FrameOutput): boolean {
    const { reader } = this.#intake
    const more = reader.pull(lane, output)
    if (lane === Lane.control && reader.completed) this.#leaveLater()
    return more
  }

  frame(frame: MessageReader): void {
    this.#intake.reader.frame(frame)
  }

  endRun(): void {
    this.#intake.reader.endRun()
  }

  control(fields: Fields, hop: number): void {
    this.#intake.reader.control(fields, hop)
  }

  reset(error: BusError): void {
    this.#intake.reader.reset(error)
  }

  detach(): void {
    this.#intake.reader.detach()
    this.#lost()
  }

  #started(link: NodeLink, address: number, { epoch, hop }: FullHeader, fields: Fields): void {
    const { incarnation = new Uint8Array(8), seq, headers, live = false } = fields
    const known = this.log?.identity
    if (this.#closed || this.#link !== link) {
      link.reset(address, new BusError("closed", "nobody reads this any more"))
      return
    }
    if (known !== undefined && (known.epoch !== epoch || !sameBytes(known.incarnation, incarnation))) {
      link.reset(address, new BusError("closed", "the reader is of another epoch"))
      this.#link = undefined
      this.#components.events.superseded()
      return
    }
    this.#windowTimer?.cancel()
    this.#windowTimer = undefined
    if (known === undefined)
      this.#open({ name: this.name, epoch, incarnation, headers, live, seq, urgency: hop & URGENCY_MASK })
    this.#intake.reader.attach(link, address, epoch, incarnation)
    // The reader has bound itself.
    link.bind(address, this)
    link.wake(address, Lane.control)
    // A reader that knows the outcome does not count itself suspended.
    if (this.suspendedLeftMs !== undefined) this.#intake.resumed()
    this.#release()
  }

  #open(identity: Omit<StreamLog["identity"], "alias">): void {
    const { aliases, events } = this.#components
    const { main, error } = this.#standing ?? parseStanding({})
    const from = { main: main.from, error: error.from }
    const fromMessages = { main: firstMessage(main), error: firstMessage(error) }
    const journal = new MemoryJournal({ maxBytes: this.#options.ringBytes, from })
    this.#intake.open(journal, { ...identity, alias: aliases.allot() }, { from, fromMessages, hasOrigins: false })
    events.opened()
    // Who has asked for it may have left meanwhile.
    this.readerLeft()
  }

  /** It has everything: after the pull, which says so, the host is let go of. */
  #leaveLater(): void {
    this.#components.clock.defer(() => {
      if (!this.#intake.reader.completed) return
      this.#intake.reader.close()
      this.#link = undefined
    })
  }

  #refused(link: NodeLink, error: BusError): void {
    if (this.#closed || this.#link !== link) return
    if (error.code === "connection_lost") this.#lost()
    else if (this.log === undefined) this.#components.events.refused(error)
    else this.close(error)
  }

  /** As a client waits for its peer: for the window, and then it is over. */
  #lost(): void {
    if (this.#closed) return
    this.#link = undefined
    const { clock, events } = this.#components
    const { windowMs } = this.#options
    if (this.log === undefined) {
      events.lost()
    } else if (this.log.outcome === undefined) {
      if (this.#windowTimer === undefined) {
        this.#windowTimer = clock.setTimer(windowMs, () => this.#expire())
        this.#intake.suspended(windowMs)
      }
      events.lost()
    }
  }

  #expire(): void {
    this.#isExpired = true
    this.#intake.cut({ status: "expired" })
  }

  #ended(): void {
    this.#windowTimer?.cancel()
    this.#windowTimer = undefined
    this.#release()
  }

  /** From where it goes on. */
  #position(): JsonObject | "start" {
    const { log } = this
    if (log === undefined) return "start"
    const { epoch, incarnation } = log.identity
    return { epoch, incarnation: toHex(incarnation), ...this.#intake.reader.position }
  }

  /** Whether it has what comes before this place, as far as its host had it when it was asked. */
  #isReached(from: From): boolean {
    const { log } = this
    const standing = this.#standing
    if (log === undefined || standing === undefined || log.outcome !== undefined || from.type === "start") return true
    const { main, error } = from.type === "cursor" && this.#isOwn(from) ? from : { main: Infinity, error: Infinity }
    return (
      log.next(Lane.main) >= Math.min(main, standing.main.next) &&
      log.next(Lane.error) >= Math.min(error, standing.error.next)
    )
  }

  #isOwn({ epoch, incarnation }: Extract<From, { readonly type: "cursor" }>): boolean {
    const identity = this.log?.identity
    return identity !== undefined && epoch === identity.epoch && incarnation === toHex(identity.incarnation)
  }

  /** Lets those begin who have waited for what is there now. */
  #release(): void {
    if (this.#waiting.length === 0 || (this.log === undefined && !this.#closed)) return
    const waiting = this.#waiting
    this.#waiting = waiting.filter(({ from }) => !this.#closed && !this.#isReached(from))
    for (const waiter of waiting) if (!this.#waiting.includes(waiter)) waiter.callback(this.#placeOf(waiter.from), this)
    this.readerLeft()
  }

  /** "now" is where the stream stood when this broker asked for it; or where it ended here, before that. */
  #placeOf(from: From): From {
    const { log } = this
    if (from.type !== "now" || log === undefined || this.#standing === undefined) return from
    const { epoch, incarnation } = log.identity
    const main = Math.min(this.#standing.main.next, log.next(Lane.main))
    const error = Math.min(this.#standing.error.next, log.next(Lane.error))
    return { type: "cursor", epoch, incarnation: toHex(incarnation), main, error }
  }
}
