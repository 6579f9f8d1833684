import { answerFinished, type Carrier, type StreamReader } from "@luxbus/dual-stream"
import { BusError, type Fields, type FullHeader, type JsonObject, sameBytes, URGENCY_MASK } from "@luxbus/packet"
import { type StreamEnding, Tombstones } from "@luxbus/stream-memory"
import { peerKey } from "./peer-key.ts"

/** A stream that a peer starts with this client. */
export interface IncomingStart {
  readonly name: string
  /** The peer's client id, as the broker gives it. */
  readonly from: string
  readonly epoch: number
  /** One of `Urgency`, as the peer stated it. */
  readonly urgency: number
  /** What the peer told with the START. */
  readonly headers: JsonObject
  /** Whether the peer drops what it has no room for, and tells of the gap. */
  readonly live: boolean
  /** The channel that it asks; undefined: it is to this client alone. */
  readonly channel: string | undefined
  /** Ms that its answer may take; 0: for ever. */
  readonly deadlineMs: number
}

/** Answers that are not wanted any more and are remembered: their STARTs are on their way for moments. */
const MAX_UNWANTED = 1_024

interface Entry {
  readonly name: string
  readonly from: string
  readonly reader: StreamReader
  /** Names the stream's creation; unknown until the peer's first START. */
  seq: Uint8Array | undefined
}

/**
 * The streams that peers write to this client. A repeated START finds its reader again; of one that has finished it
 * creates nothing, and is answered as when it finished.
 */
export class PeerReaders {
  readonly #accept: (start: IncomingStart) => StreamReader | undefined
  readonly #entries = new Map<string, Entry>()
  /** Answers of whichever peer is chosen, by the stream's name. */
  readonly #fromAny = new Map<string, { readonly reader: StreamReader; readonly chosen: (from: string) => void }>()
  /** Why answers that may be on their way are not wanted any more, by the stream's name: the latest. */
  readonly #unwanted = new Map<string, BusError>()
  readonly #tombstones = new Tombstones()

  /** @param accept gives the reader of a new stream; undefined while nobody wants it */
  constructor(accept: (start: IncomingStart) => StreamReader | undefined) {
    this.#accept = accept
  }

  /** Streams that are read. */
  get size(): number {
    return this.#entries.size + this.#fromAny.size
  }

  /** The peer is expected to write back under this name: what it starts goes to `reader`. */
  expect(from: string, name: string, reader: StreamReader): void {
    this.#entries.set(peerKey(from, name), { name, from, reader, seq: undefined })
  }

  /**
   * Some peer is expected to write back under this name, which no other stream has: the first that does is `chosen`, and
   * its stream goes to `reader`.
   */
  expectAny(name: string, reader: StreamReader, chosen: (from: string) => void): void {
    this.#fromAny.set(name, { reader, chosen })
  }

  /** Whoever was expected by `expectAny` has not come, and is told `error` if it comes yet. */
  removeAny(name: string, error: BusError): void {
    if (!this.#fromAny.delete(name)) return
    this.#unwanted.set(name, error)
    const [oldest = name] = this.#unwanted.keys()
    if (this.#unwanted.size > MAX_UNWANTED) this.#unwanted.delete(oldest)
  }

  /**
   * The reader has finished, failed or was closed: its stream is remembered, as the writer may repeat its START before it
   * has heard.
   */
  remove(from: string, name: string, reader: StreamReader): void {
    const key = peerKey(from, name)
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.reader !== reader) return
    this.#entries.delete(key)
    if (entry.seq === undefined) return
    // States `complete` if that is still to be said, and frees the address.
    if (reader.completed) reader.close()
    this.#tombstones.add(entry.seq, endingOf(reader))
  }

  /**
   * A peer's START arrived.
   * @returns false where nobody accepts it, or nobody here has begun what it resumes
   * @throws BusError `protocol` where it lacks what names it; what the stream was reset with, if it is over
   */
  started(carrier: Carrier, address: number, header: FullHeader, fields: Fields): boolean {
    const { name, from, seq } = fields
    if (name === undefined || from === undefined || seq === undefined) {
      throw new BusError("protocol", "a relayed START without name, from or seq")
    }
    const ending = this.#tombstones.get(seq)
    if (ending !== undefined) {
      answerFinished(carrier, address, ending)
      return true
    }
    this.#choose(from, name, fields)
    const key = peerKey(from, name)
    const before = this.#entries.get(key)
    if (before !== undefined && (before.seq === undefined || sameBytes(before.seq, seq))) {
      before.seq = seq
      before.reader.attach(carrier, address, header.epoch)
      return true
    }
    if (before !== undefined && header.epoch < before.reader.epoch) {
      carrier.control(address, 0, { verdict: { verdict: "fenced", current: before.reader.epoch } })
      return true
    }
    // A stream is not taken from its middle on.
    if (fields.resume) return false
    if (before !== undefined) {
      this.#entries.delete(key)
      this.#supersede(before, carrier, address)
    }
    const { epoch, hop } = header
    const { headers = {}, live = false, channel } = fields
    const reader = this.#accept({
      name,
      from,
      epoch,
      urgency: hop & URGENCY_MASK,
      headers,
      live,
      channel,
      deadlineMs: header.deadlineMs,
    })
    if (reader === undefined) return false
    this.#entries.set(key, { name, from, reader, seq })
    reader.attach(carrier, address, header.epoch)
    return true
  }

  /** States where every reader stands, so that peers go on from there. */
  *positions(): Iterable<JsonObject> {
    for (const { name, from, reader, seq } of this.#entries.values()) {
      if (seq !== undefined) yield { name, from, epoch: reader.epoch, ...reader.position }
    }
  }

  /** The session is over: every reader fails with `error`. */
  failAll(error: BusError): void {
    const entries = [...this.#entries.values(), ...this.#fromAny.values()]
    this.#entries.clear()
    this.#fromAny.clear()
    for (const { reader } of entries) reader.reset(error)
  }

  /** A request of the peer's own is no answer. @throws BusError where the answer is not wanted any more */
  #choose(from: string, name: string, { channel }: Fields): void {
    if (channel !== undefined) return
    const unwanted = this.#unwanted.get(name)
    if (unwanted !== undefined) throw unwanted
    const expected = this.#fromAny.get(name)
    if (expected === undefined) return
    this.#fromAny.delete(name)
    this.expect(from, name, expected.reader)
    expected.chosen(from)
  }

  /** The writer of the stream before hears of it, unless its address is the new one's already. */
  #supersede({ from, name, reader, seq }: Entry, carrier: Carrier, address: number): void {
    const error = new BusError("peer_lost", `"${from}" has started "${name}" anew.`)
    if (seq !== undefined) this.#tombstones.add(seq, error.code)
    if (carrier.bound(address) !== reader) {
      reader.refuse(error)
      return
    }
    carrier.release(address)
    reader.reset(error)
  }
}

function endingOf({ completed, error }: StreamReader): StreamEnding {
  return completed ? "complete" : (error?.code ?? "closed")
}
