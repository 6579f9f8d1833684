import type { Clock } from "@luxbus/clock"
import { answerFinished, type CreateHash, freeAddress } from "@luxbus/dual-stream"
import {
  assertName,
  BusError,
  type Fields,
  type FullHeader,
  type JsonObject,
  sameBytes,
  toHex,
  URGENCY_MASK,
} from "@luxbus/packet"
import type { Journal, JournalStore } from "@luxbus/stream-memory"
import type { BrokerAliases } from "./broker-aliases.ts"
import type { Claimant } from "./claimant.ts"
import type { Directory, Place, Presence } from "./cluster/directory.ts"
import { judgeRival, type StreamAbout, streamAbout } from "./cluster/rival-streams.ts"
import type { Epochs } from "./epochs.ts"
import type { DispatcherEvents, StreamRef } from "./events.ts"
import { type Claim, HostedStream } from "./hosted-stream.ts"
import { Retention } from "./retention.ts"
import type { From } from "./start-position.ts"
import type { StreamLog } from "./stream-log.ts"
import type { HostedSummary } from "./summary.ts"
import { whenSettled } from "./when-settled.ts"

export interface HostedStreamsComponents {
  readonly clock: Clock
  readonly createHash: CreateHash
  readonly journals: JournalStore
  readonly aliases: BrokerAliases
  readonly epochs: Epochs
  readonly incarnation: Uint8Array
  readonly events: DispatcherEvents
  /** Topics and mirrors, which count as streams. */
  readonly otherCount: () => number
  /** A stream of this name can be attached to. */
  readonly appeared: (stream: HostedStream) => void
  /** A stream goes on at another broker: its readers go over to that one, if it can be read. `done` is called after. */
  readonly follow: (log: StreamLog, place: Place, done: () => void) => void
  /** Where other brokers learn what is hosted here; undefined: there are none. */
  readonly directory: Directory | undefined
}

export interface HostedStreamsOptions {
  readonly windowMs: number
  readonly keepFinishedMs: number
  readonly maxHostedBytes: number
  readonly maxStreams: number
}

/** All hosted streams, by name: who may write which epoch, and how long a finished one stays. */
export class HostedStreams {
  readonly retention: Retention
  readonly #components: HostedStreamsComponents
  readonly #options: HostedStreamsOptions
  /** The latest epoch of each name. */
  readonly #byName = new Map<string, HostedStream>()
  /** Every stream that is kept, earlier epochs included. */
  readonly #kept = new Set<HostedStream>()
  #closed = false

  constructor(components: HostedStreamsComponents, options: HostedStreamsOptions) {
    this.#components = components
    this.#options = options
    const { keepFinishedMs: keepMs, maxHostedBytes: maxBytes } = options
    this.retention = new Retention(components.clock, { keepMs, maxBytes }, (stream) => this.#remove(stream))
  }

  /** Streams that are kept, earlier epochs that still have readers included. */
  get size(): number {
    return this.#kept.size
  }

  get(name: string): HostedStream | undefined {
    return this.#byName.get(name)
  }

  list(): HostedSummary[] {
    return Array.from(this.#byName.values(), (stream) => stream.summary())
  }

  /**
   * A client's START of kind hosted: the same claim again, one that is over, a resumption, or a claim of the next epoch.
   * @throws BusError `invalid_argument`, `rate_limited`; `fenced` where the claim is over
   */
  start(claimant: Claimant, header: FullHeader, fields: Fields): void {
    const claim = claimOf(claimant, header, fields)
    const stream = this.#byName.get(claim.name)
    const ending = claim.tombstones.get(claim.seq)
    if (ending !== undefined) answerFinished(claimant.carrier, claimant.address, ending)
    else if (fields.resume) this.#resume(claimant, stream, header.epoch, fields.incarnation)
    else if (stream === undefined || !isSameClaim(stream.claim, claim)) this.#claim(claimant, claim, stream)
    else if (stream.outcome !== undefined || stream.canGoOnFrom(fields)) this.#reattach(claimant, stream)
    else this.#beginAnew(claimant, claim, stream)
  }

  /**
   * Whether a writer's START, which another broker passes on, goes on with a stream here, or must be told that another has
   * it. A new claim on a name that is free is not for this broker: it is hosted where its writer is.
   */
  concerns({ name = "", seq, resume }: Fields): boolean {
    const stream = this.#byName.get(name)
    if (stream === undefined) return false
    const isKnown = resume || (seq !== undefined && sameBytes(seq, stream.claim.seq))
    return stream.outcome === undefined || isKnown
  }

  /** Another broker hosts the name, too: it was claimed there before either knew of the other. One of them goes on. */
  rival(name: string, theirs: Place, ours: Presence): void {
    const { directory, incarnation } = this.#components
    const stream = this.#byName.get(name)
    if (stream === undefined) return
    const verdict = judgeRival({ ...ours, node: toHex(incarnation), ageMs: stream.ageMs }, theirs)
    if (verdict.goesOn === "unknown") return
    if (verdict.goesOn === "ours") {
      if ("sinceMs" in verdict) directory?.arrived(name, verdict.sinceMs, ours.about)
      else directory?.restate(name)
      return
    }
    this.#byName.delete(name)
    directory?.left(name)
    if (streamAbout(theirs.about)?.seq !== streamAbout(ours.about)?.seq) {
      stream.supersede()
      bury(stream)
      this.#removeUnread(stream)
      return
    }
    stream.leaveWriter()
    const leave = () => {
      stream.supersede()
      this.#removeUnread(stream)
    }
    if (stream.log === undefined) leave()
    else this.#components.follow(stream.log, theirs, leave)
  }

  /** A reader comes with a cursor. One of another broker's tells that the stream may go on there, unheard of here. */
  reads(name: string, from: From): void {
    const { directory, incarnation } = this.#components
    if (from.type === "cursor" && from.incarnation !== toHex(incarnation)) directory?.restate(name)
  }

  /**
   * Makes room for one more stream or topic: by their number, and by the room that rings take.
   * @throws BusError `rate_limited` when no finished stream is left to go; `going_away` after `close`
   */
  admit(): void {
    if (this.#closed) throw new BusError("going_away", "the broker is stopping")
    const limit = this.#options.maxStreams
    const count = this.#kept.size + this.#components.otherCount()
    if (!this.retention.hasRoom || (count >= limit && !this.retention.removeOldest())) {
      throw new BusError("rate_limited", "the broker holds as many streams as it may", { details: { limit } })
    }
  }

  /** Lets go of all of them; nobody is told, and the journals stay in their store. */
  close(): void {
    this.#closed = true
    this.retention.close()
    for (const stream of this.#kept) {
      stream.close()
      if (stream.log !== undefined) this.#components.aliases.free(stream.log.identity.alias)
    }
    this.#kept.clear()
    this.#byName.clear()
  }

  #resume(claimant: Claimant, stream: HostedStream | undefined, epoch: number, incarnation?: Uint8Array): void {
    const isOurs = incarnation !== undefined && sameBytes(incarnation, this.#components.incarnation)
    if (stream === undefined || !isOurs || epoch > stream.epoch) {
      judge(claimant, { verdict: "unknown" })
    } else if (epoch < stream.epoch || !isOwner(stream.claim, claimant)) {
      judge(claimant, { verdict: "fenced", current: stream.epoch })
    } else {
      this.#reattach(claimant, stream)
    }
  }

  #reattach(claimant: Claimant, stream: HostedStream): void {
    if (stream.writable) stream.attach(claimant)
    else judge(claimant, { verdict: "fenced", current: stream.epoch })
  }

  #claim(claimant: Claimant, claim: Claim, before: HostedStream | undefined): void {
    const isLive = before !== undefined && before.outcome === undefined
    if (isLive && before.claim.clientId !== claim.clientId && !claimant.mayTakeOver) {
      // A START repeated while its refusal was on the way must not take the name once the stream has ended.
      claim.tombstones.add(claim.seq, "fenced")
      judge(claimant, { verdict: "fenced", current: before.epoch })
      return
    }
    claimant.admitOpen?.()
    this.admit()
    if (before !== undefined) {
      before.supersede()
      bury(before)
    }
    this.#replace(claimant, claim, before)
  }

  /** The writer was told elsewhere that this host is gone, and has let go since of what this one lacks. */
  #beginAnew(claimant: Claimant, claim: Claim, before: HostedStream): void {
    this.admit()
    before.outrun()
    this.#replace(claimant, claim, before)
  }

  #replace(claimant: Claimant, claim: Claim, before: HostedStream | undefined): void {
    freeAddress(claimant.carrier, claimant.address)
    const stream = this.#create(claim)
    stream.attach(claimant)
    if (before === undefined) {
      this.#open(stream, undefined)
    } else {
      before.afterOpening(() => this.#open(stream, before))
      this.#removeUnread(before)
    }
  }

  #create(claim: Claim): HostedStream {
    const { clock, createHash, events, directory } = this.#components
    const stream = new HostedStream(
      {
        clock,
        createHash,
        events: {
          grew: (bytes) => this.retention.grew(bytes),
          ended: (outcome) => {
            events.streamEnded?.({ ...refOf(stream), outcome })
            if (this.#byName.get(claim.name) === stream) directory?.restate(claim.name, aboutOf(stream))
            this.retention.finished(stream)
            this.#removeUnread(stream)
          },
          readerLeft: () => this.#removeUnread(stream),
          storageFailed: (error) => this.#storageFailed(stream, error),
        },
      },
      claim,
      { windowMs: this.#options.windowMs },
    )
    this.#byName.set(claim.name, stream)
    this.#kept.add(stream)
    directory?.arrived(claim.name, stream.startedAtMs, aboutOf(stream))
    return stream
  }

  /** Allots the epoch, above every one that the name had, and opens its journal. */
  #open(stream: HostedStream, before: HostedStream | undefined): void {
    const { journals, epochs } = this.#components
    const { name, from } = stream.claim
    const failed = (error: BusError) => {
      this.#storageFailed(stream, error)
      stream.refuse(error)
      this.#remove(stream)
    }
    const open = (stored: number | undefined) => {
      const last = before === undefined ? stored : Math.max(before.epoch, stored ?? 0)
      const epoch = epochs.next(last)
      whenSettled(
        () => journals.open(name, epoch, from),
        (journal) => this.#opened(stream, epoch, journal),
        failed,
      )
    }
    whenSettled(() => journals.lastEpoch(name), open, failed)
  }

  #opened(stream: HostedStream, epoch: number, journal: Journal): void {
    if (this.#closed) {
      journal.close()
      return
    }
    const { aliases, incarnation, events, appeared } = this.#components
    const { name, clientId: writer, urgency, headers, live, seq } = stream.claim
    events.streamStarted?.({ name, epoch, writer })
    stream.open(journal, { name, epoch, incarnation, alias: aliases.allot(), urgency, headers, live, seq })
    if (this.#byName.get(name) === stream) appeared(stream)
  }

  /** An earlier epoch is kept for its readers only. */
  #removeUnread(stream: HostedStream): void {
    const isLatest = this.#byName.get(stream.claim.name) === stream
    if (!isLatest && stream.outcome !== undefined && stream.log?.readerCount === 0) this.#remove(stream)
  }

  #remove(stream: HostedStream): void {
    if (!this.#kept.delete(stream)) return
    const { aliases, epochs, journals, events, directory } = this.#components
    const { name } = stream.claim
    if (this.#byName.get(name) === stream) {
      this.#byName.delete(name)
      bury(stream)
      directory?.left(name)
    }
    this.retention.forget(stream)
    stream.close(new BusError("expired", "the stream is no longer kept"))
    stream.openingEnded()
    if (stream.log === undefined) return
    const { alias, epoch } = stream.log.identity
    aliases.free(alias)
    epochs.forget(epoch)
    events.streamRemoved?.(refOf(stream))
    whenSettled(
      () => journals.remove(name, epoch),
      () => {},
      (error) => this.#storageFailed(stream, error),
    )
  }

  #storageFailed(stream: HostedStream, error: BusError): void {
    this.#components.events.storageFailed?.({ ...refOf(stream), error })
  }
}

function claimOf({ clientId, session, tombstones }: Claimant, { hop }: FullHeader, fields: Fields): Claim {
  const { name = "", seq, headers, live = false, abandonMs, mainFirst = 0, errorFirst = 0 } = fields
  const { mainMessage = mainFirst, errorMessage = errorFirst } = fields
  assertName(name, "name")
  if (seq === undefined) throw new BusError("invalid_argument", "a hosted stream has a seq")
  if (mainMessage > mainFirst || errorMessage > errorFirst) {
    throw new BusError("invalid_argument", "a message begins at its chunk or below")
  }
  const from = { main: mainFirst, error: errorFirst }
  const fromMessages = { main: mainMessage, error: errorMessage }
  const urgency = hop & URGENCY_MASK
  return { name, clientId, session, seq, tombstones, urgency, headers, live, abandonMs, from, fromMessages }
}

/** Its claim is found by its name no longer: its START, repeated, must not claim the name again. */
function bury({ claim, writable, outcome }: HostedStream): void {
  claim.tombstones.add(claim.seq, writable && outcome !== undefined ? "complete" : "fenced")
}

function isOwner(claim: Claim, { clientId, session }: { readonly clientId: string; readonly session: Uint8Array }) {
  return claim.clientId === clientId && sameBytes(claim.session, session)
}

/** A seq alone proves nothing: readers know it. */
function isSameClaim(a: Claim, b: Claim): boolean {
  return sameBytes(a.seq, b.seq) && isOwner(a, b)
}

/** What other brokers are told of a stream. */
function aboutOf({ claim, endedAtMs: finished }: HostedStream): JsonObject {
  const about: StreamAbout = {
    writer: claim.clientId,
    seq: toHex(claim.seq),
    ...(finished !== undefined && { finished }),
  }
  return { ...about }
}

function refOf(stream: HostedStream): StreamRef {
  return { name: stream.claim.name, epoch: stream.epoch, writer: stream.claim.clientId }
}

function judge({ carrier, address }: Claimant, verdict: { readonly verdict: string; readonly current?: number }): void {
  carrier.control(address, 0, { verdict })
}
