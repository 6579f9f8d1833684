import type { Clock, Timer } from "@luxbus/clock"
import type { BrokerCarrier, ControlOutput, StartHeader, StreamEnd } from "@luxbus/dual-stream"
import {
  BusError,
  type DataLane,
  type Fields,
  type FullHeader,
  type JsonObject,
  type JsonValue,
  Lane,
  LIMITS,
  type MessageReader,
  StreamKind,
  URGENCY_MASK,
} from "@luxbus/packet"
import type { RangeSet, StreamEnding, Tombstones } from "@luxbus/stream-memory"
import { claimAddress } from "./claim-address.ts"
import { refuseOrigin } from "./refuse-origin.ts"
import { type Place, RelayControl } from "./relay-control.ts"
import { RelayRun } from "./relay-run.ts"

/** What a relay is known by. */
export interface RelayClaim {
  readonly name: string
  /** Client id of the writer. */
  readonly from: string
  /** Client id of the reader; of a stream that another broker hosts, its name. */
  readonly to: string
  /** Of the writer's own making; of a stream that another broker hosts, 0. */
  readonly epoch: number
  /** Names this very stream: a START that bears it again announces it again. */
  readonly seq: Uint8Array
  /** Of a request: the channel whose provider reads it. */
  readonly channel?: string
}

export interface RelayEvents {
  /** The reader is not connected, or no longer. */
  waiting(): void
  /** Undefined: neither side has said how; its writer may come back to it. */
  ended(ending: StreamEnding | undefined): void
}

/** What a timer can wait for; a deadline that is later is none here. */
const MAX_DELAY_MS = 0x7fff_ffff

/** A side's connection: its own, or the link with the broker that has it. */
export interface Side {
  readonly carrier: BrokerCarrier
  readonly isRemote: boolean
  /** Of a client at another broker: the first 8 bytes of its session's id, as far as this broker knows. */
  readonly session?: Uint8Array | undefined
}

/** A side's place on its connection. */
interface SidePlace extends Place, Side {}

/** Where the writer is. */
export interface WriterPlace extends SidePlace {
  /** Since when it is connected there, by that broker's time of day: of two places the later one is where it is. */
  readonly sinceMs: number
  /** Its streams that have ended. */
  readonly tombstones: Tombstones
  /** Counts a new stream. @throws BusError `rate_limited` */
  readonly admitOpen?: (() => void) | undefined
}

/**
 * One stream from client to client. It keeps no chunk and creates no credit: frames and statements pass, and what a full
 * connection does not take is dropped and named, for the reader to ask the writer for. It lives while both sides are
 * connected, and for the window while one is.
 *
 * In a cluster the broker of each side has a relay of its own, joined by a link. The writer's broker is the one that
 * waits for an absent reader; the reader's one ends with the reader's connection, and says that it is `elsewhere`. What
 * another broker hosts passes through the writer's broker in the same way: that host is its reader.
 */
export class Relay {
  readonly claim: RelayClaim
  readonly #clock: Clock
  readonly #createdAt: number
  readonly #events: RelayEvents
  readonly #windowMs: number
  readonly #run = new RelayRun()
  readonly #writerEnd: StreamEnd
  readonly #readerEnd: StreamEnd
  readonly #toWriter = new RelayControl()
  readonly #toReader = new RelayControl()
  #writer: WriterPlace | undefined
  /** The writer's broker has said that its connection is away. */
  #writerAway = false
  #reader: SidePlace | undefined
  #timer: Timer | undefined
  /** When the writer's START is too late for a reader that has not seen it. */
  #deadline: Timer | undefined
  /** Whether the reader was handed the START. */
  #begun = false
  /** Whether the reader knows of the stream: it was told, or it is its own stream that is answered. */
  #isKnown = false
  /** Whether the reader has said that it took the stream: another process in its place must not take it for a new one. */
  #isTaken: boolean
  /** Whether it is a reply: its reader waits for its writer's work. */
  readonly #isReply: boolean
  /** Whether anything was handed to a connection of the reader's. */
  #delivered = false
  /** The START as it was last passed on, or would have been. */
  #said: { readonly header: StartHeader; readonly fields: Fields } | undefined
  /** Why the writer has given the stream up while the reader was away, which is to hear of it. */
  #givenUp: BusError | undefined
  #roomAwaited = false
  #ended = false

  constructor(
    components: { readonly clock: Clock; readonly events: RelayEvents },
    claim: RelayClaim,
    options: { readonly windowMs: number; readonly isTaken?: boolean; readonly isReply?: boolean },
  ) {
    this.claim = claim
    this.#clock = components.clock
    this.#createdAt = components.clock.now()
    this.#events = components.events
    this.#windowMs = options.windowMs
    this.#isTaken = options.isTaken ?? false
    this.#isReply = options.isReply ?? false
    this.#writerEnd = {
      pull: (lane, output) => lane === Lane.control && pullControl(this.#toWriter, this.#writer, output),
      frame: (frame) => this.#frame(frame),
      endRun: () => this.#pass(),
      control: (fields, hop) => this.#fromWriter(fields, hop),
      reset: (error) => this.#endFromWriter(error),
      detach: () => this.#writerLost(),
    }
    this.#readerEnd = {
      pull: (lane, output) => {
        this.#delivered = true
        return lane === Lane.control && pullControl(this.#toReader, this.#reader, output)
      },
      frame: () => {
        throw new BusError("protocol", "a reader sends no chunks on the stream that it reads")
      },
      endRun: () => {},
      control: (fields, hop) => this.#fromReader(fields, hop),
      reset: (error) => this.#endFromReader(error),
      detach: () => this.#readerLost(),
    }
  }

  /** Whether its reader has said that it took the stream. */
  get isTaken(): boolean {
    return this.#isTaken
  }

  /** For how long it has been here, in ms. */
  get ageMs(): number {
    return this.#clock.now() - this.#createdAt
  }

  /**
   * The writer's START, the first or a repeated one: goes on to the reader, or waits for it, until its deadline. It is not
   * kept: what the writer says again has its own, with what is left of it.
   * @throws BusError `too_large` when the START does not fit with what the broker adds
   */
  announce(place: WriterPlace, side: Side | undefined, header: FullHeader, fields: Fields): void {
    if (this.#isLate(place)) {
      place.carrier.control(place.address, 0, { verdict: { verdict: "wait" } })
      return
    }
    this.#placeWriter(place)
    this.#isKnown ||= fields.resume === true
    this.#said = this.#saidOf(place, header, fields)
    this.#stopDeadline()
    if (side === undefined) {
      this.#waitUntil(header.deadlineMs)
      // A provider that is away as it is asked may be lost like any other; an absent peer is waited for as long as is asked.
      if (this.#isRequest) this.#startWindow()
      this.#events.waiting()
      this.#toWriter.say(place, 0, { verdict: { verdict: "wait" } })
      return
    }
    this.#stopWindow()
    this.#begun = true
    this.#isKnown = true
    const reader = this.#placeReader(side)
    // A reader that is told anew of the stream begins anew with its holes.
    this.#run.forgetNoRoom()
    const forBroker = { timestamp: place.sinceMs / 1_000, ...(side.session && { incarnation: side.session }) }
    this.#toReader.start(reader, this.#said.header, { ...this.#said.fields, ...(side.isRemote && forBroker) })
  }

  /**
   * The reader is connected again: the writer announces anew, from where it stands now. One that has given up meanwhile
   * is announced for the reader to hear so.
   */
  retry(side: Side | undefined): void {
    if (this.#givenUp === undefined || side === undefined || this.#said === undefined) {
      this.#sayToWriter(0, { verdict: { verdict: "retry" } })
      return
    }
    const { header, fields } = this.#said
    this.#toReader.start(this.#placeReader(side), header, { ...fields, resume: this.#resumes(fields) })
    this.#endWith(this.#givenUp)
  }

  /** Whether it is a request: its writer waits for its reader's work. */
  get #isRequest(): boolean {
    return this.claim.channel !== undefined
  }

  /** Ends it on both sides, which are told `error`. */
  refuse(error: BusError): void {
    this.#writer?.carrier.reset(this.#writer.address, error)
    this.#endFromWriter(error)
  }

  /** Half of an exchange: its provider will not come back, and the consumer is told. */
  lose(): void {
    const error = this.#lostError()
    if (this.#writer !== undefined && !this.#isReply) this.#writer.carrier.reset(this.#writer.address, error)
    else this.#writer?.carrier.release(this.#writer.address)
    this.#endWith(error)
  }

  /** Ends it; nobody is told. */
  close(): void {
    this.#end()
  }

  /** Ends it for the reader; the writer has begun another under the same name. */
  supersede(): void {
    this.#writer?.carrier.release(this.#writer.address)
    this.#endWith(new BusError("fenced", "the writer has begun this stream anew"))
  }

  /** A START of a connection that the writer has left; or by a wrong clock, which is seen when the other one is lost. */
  #isLate({ carrier, sinceMs }: WriterPlace): boolean {
    const before = this.#writer
    return before !== undefined && before.carrier !== carrier && !this.#writerAway && sinceMs < before.sinceMs
  }

  #placeWriter(place: WriterPlace): void {
    const before = this.#writer
    if (before !== undefined && (before.carrier !== place.carrier || before.address !== place.address)) {
      // Should the writer be there after all, it announces itself anew.
      before.carrier.control(before.address, 0, { verdict: { verdict: "retry" } })
      before.carrier.release(before.address)
      this.#toWriter.clear()
    }
    claimAddress(place.carrier, place.address, this.#writerEnd)
    this.#writer = place
    this.#writerAway = false
  }

  /** What outlives the turn must not hold the message that brought it. */
  #saidOf({ isRemote }: Side, header: FullHeader, fields: Fields) {
    const { requestId, peerId, epoch, deadlineMs } = header
    const { from, seq } = this.claim
    const hop = header.hop & URGENCY_MASK
    // What the writer's broker says of the time, and of whom it means, is for this one.
    const { timestamp, incarnation } = isRemote ? {} : fields
    const resume = this.#resumes(fields)
    return {
      header: { requestId: requestId.slice(), peerId: peerId.slice(), epoch, deadlineMs, hop },
      fields: { ...fields, from, seq, timestamp, incarnation, resume, alias: undefined },
    }
  }

  /** Whether the reader must know the stream: its writer says so, or it has said so itself. */
  #resumes({ kind, resume }: Fields): true | undefined {
    return resume || (this.#isTaken && kind === StreamKind.relayed) || undefined
  }

  #placeReader({ carrier, isRemote }: Side): SidePlace {
    if (this.#reader?.carrier === carrier) return this.#reader
    this.#reader?.carrier.release(this.#reader.address)
    this.#toReader.clear()
    this.#forgetDropped()
    this.#reader = { carrier, isRemote, address: carrier.allocate(this.#readerEnd) }
    return this.#reader
  }

  #frame(frame: MessageReader): void {
    refuseOrigin(frame)
    const reader = this.#reader
    if (reader === undefined || this.#run.take(frame, reader.address)) return
    this.#pass()
    this.#run.take(frame, reader.address)
  }

  #pass(): void {
    const reader = this.#reader
    if (reader === undefined) return
    const dropped = this.#run.pass(reader)
    if (dropped === undefined) return
    // No holes yet: the reader's clock stands still until there is room for what it would ask for.
    if (dropped.isFirst) this.#toReader.say(reader, 0, { lane: dropped.lane, hole: [] })
    if (this.#roomAwaited) return
    this.#roomAwaited = true
    reader.carrier.onRoom(() => {
      if (this.#reader !== reader) return
      this.#roomAwaited = false
      this.#run.forgetNoRoom()
      this.#stateHoles(reader, Lane.main, this.#run.droppedMain)
      this.#stateHoles(reader, Lane.error, this.#run.droppedError)
    })
  }

  #stateHoles(reader: Place, lane: DataLane, dropped: RangeSet): void {
    const ranges = dropped.list()
    dropped.clear()
    for (let i = 0; i < ranges.length; i += LIMITS.ranges) {
      this.#toReader.say(reader, 0, { lane, hole: ranges.slice(i, i + LIMITS.ranges) })
    }
  }

  #forgetDropped(): void {
    this.#run.clear()
    this.#run.forgetNoRoom()
    this.#run.droppedMain.clear()
    this.#run.droppedError.clear()
    this.#roomAwaited = false
  }

  #sayToWriter(hop: number, fields: Fields): void {
    if (this.#writer !== undefined) this.#toWriter.say(this.#writer, hop, fields)
  }

  #fromWriter(fields: Fields, hop: number): void {
    const error = resetOf(fields.cancel)
    if (error !== undefined) {
      this.#writer?.carrier.release(this.#writer.address)
      this.#endFromWriter(error)
      return
    }
    // Its broker waits for it no longer than that, and may be gone by then itself.
    if (fields.suspended !== undefined && this.#writer?.isRemote) {
      this.#writerAway = true
      this.#startWindow()
    }
    if (this.#reader !== undefined) this.#toReader.say(this.#reader, hop, fields)
  }

  #fromReader(fields: Fields, hop: number): void {
    if (fields.verdict?.["verdict"] === ELSEWHERE.verdict) {
      if (!this.#reader?.isRemote) throw new BusError("protocol", "only brokers say that a reader is elsewhere")
      this.#reader.carrier.release(this.#reader.address)
      this.#readerLost()
      return
    }
    const error = resetOf(fields.cancel)
    if (error !== undefined) {
      this.#reader?.carrier.release(this.#reader.address)
      // A provider's process in the place of the one that took it.
      const isLost = error.code === "peer_lost" && this.#isRequest
      this.#endFromReader(isLost ? this.#lostError() : error)
      return
    }
    this.#isTaken ||= fields.open === true
    this.#sayToWriter(hop, fields)
    if (fields.complete) this.#end("complete")
    else if (fields.verdict?.["verdict"] === "fenced") this.#end("fenced")
  }

  /** The writer's address is free already. */
  #endFromWriter(error: BusError): void {
    this.#writer = undefined
    if (this.#reader === undefined && this.#isKnown && !this.#ended) {
      this.#givenUp = error
      this.#startWindow()
      return
    }
    this.#endWith(error)
  }

  #endWith(error: BusError): void {
    this.#writer = undefined
    if (this.#reader !== undefined) this.#toReader.sayStart(this.#reader)
    this.#reader?.carrier.reset(this.#reader.address, error)
    this.#reader = undefined
    this.#end(error.code)
  }

  /** The reader's address is free already. */
  #endFromReader(error: BusError): void {
    this.#reader = undefined
    this.#writer?.carrier.reset(this.#writer.address, error)
    this.#writer = undefined
    this.#end(error.code)
  }

  #writerLost(): void {
    this.#writer = undefined
    this.#run.clear()
    this.#toWriter.clear()
    this.#lost(this.#reader, this.#toReader)
  }

  #readerLost(): void {
    this.#reader = undefined
    this.#forgetDropped()
    this.#toReader.clear()
    if (this.#writer?.isRemote) {
      this.#sayToWriter(0, { verdict: ELSEWHERE })
      this.#end()
      return
    }
    this.#lost(this.#writer, this.#toWriter)
    if (!this.#ended) this.#events.waiting()
  }

  #lost(other: Place | undefined, control: RelayControl): void {
    // Half of an exchange is kept, as nobody else may be given the work.
    if (other === undefined && !this.#isRequest && !this.#isReply) {
      this.#end()
      return
    }
    if (other !== undefined) control.say(other, 0, { suspended: this.#windowMs })
    this.#startWindow()
  }

  #startWindow(): void {
    this.#timer ??= this.#clock.setTimer(this.#windowMs, () => this.#windowOver())
  }

  #windowOver(): void {
    if ((this.#isRequest && this.#reader === undefined) || (this.#isReply && this.#writer === undefined)) this.lose()
    else this.#end()
  }

  /** Whether the provider has done the work nobody knows, once anything of it was handed to its connection. */
  #lostError(): BusError {
    const delivered = this.#delivered || this.#isReply
    const provider = this.#isReply ? this.claim.from : this.claim.to
    return new BusError("peer_lost", `The provider "${provider}" is gone.`, {
      details: { delivered, maybeExecuted: delivered },
    })
  }

  /** What was not begun has expired; of what was, nobody knows how far it is. */
  #waitUntil(deadlineMs: number): void {
    if (this.#begun || deadlineMs === 0 || deadlineMs > MAX_DELAY_MS) return
    this.#deadline = this.#clock.setTimer(deadlineMs, () => {
      this.refuse(new BusError("expired", `"${this.claim.to}" did not come before the deadline.`))
    })
  }

  #stopDeadline(): void {
    this.#deadline?.cancel()
    this.#deadline = undefined
  }

  #stopWindow(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #end(ending?: StreamEnding): void {
    if (this.#ended) return
    this.#ended = true
    this.#stopWindow()
    this.#stopDeadline()
    this.#leave(this.#writer, this.#toWriter)
    this.#leave(this.#reader, this.#toReader)
    this.#writer = undefined
    this.#reader = undefined
    this.#forgetDropped()
    this.#said = undefined
    this.#events.ended(ending)
  }

  #leave(place: Place | undefined, control: RelayControl): void {
    if (place === undefined) return
    control.sayAll(place)
    place.carrier.release(place.address)
  }
}

function pullControl(control: RelayControl, place: Place | undefined, output: ControlOutput): boolean {
  return place !== undefined && control.pull(place, output)
}

const ELSEWHERE = { verdict: "elsewhere" }

/** Tells another broker that the reader it passes a stream on to is not connected to this one. */
export function sayElsewhere({ carrier, address }: Place): void {
  carrier.control(address, 0, { verdict: ELSEWHERE })
}

/** The error with which a client resets a stream: a cancel that has a code. */
function resetOf(cancel: JsonObject | undefined): BusError | undefined {
  if (cancel === undefined) return undefined
  const { code, message = "" }: { readonly code?: JsonValue; readonly message?: JsonValue } = cancel
  return typeof code === "string" ? BusError.fromJSON({ code, message }) : undefined
}
