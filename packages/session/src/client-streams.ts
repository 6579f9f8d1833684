import { type Carrier, SendBudget, type StreamReader, type StreamWriter } from "@luxbus/dual-stream"
import { BusError, type Fields, type FullHeader, type JsonValue } from "@luxbus/packet"
import type { ClientSession } from "./client-session.ts"
import { createDataLanes } from "./data-lanes.ts"
import { HeldStarts } from "./held-starts.ts"
import { peerKey } from "./peer-key.ts"
import { type IncomingStart, PeerReaders } from "./peer-readers.ts"
import { Resumption } from "./resumption.ts"
import type { SessionPart } from "./session-part.ts"

/** The streams that a client writes, hosted or to peers, and those that peers write to it. */
export class ClientStreams implements SessionPart {
  readonly createDataLanes = createDataLanes
  readonly peerReaders: PeerReaders
  /** For every writer that is added: what the session keeps of its streams. */
  readonly sendBudget = new SendBudget()
  readonly #session: ClientSession
  readonly #held = new HeldStarts()
  readonly #writers = new Set<StreamWriter>()
  /** Those of them that a peer reads, by {@link peerKey}: a resume of thousands of streams asks for each by name. */
  readonly #byPeer = new Map<string, Set<StreamWriter>>()

  /**
   * @param session that they go over: becomes its part
   * @param accept gives the reader of a stream that a peer starts; undefined while nobody wants it
   * @throws BusError `closed`, or what ended the session
   */
  constructor(session: ClientSession, accept: (start: IncomingStart) => StreamReader | undefined) {
    this.#session = session
    this.peerReaders = new PeerReaders(accept)
    session.addPart(this)
  }

  get activeCount(): number {
    return this.#writers.size + this.peerReaders.size
  }

  /** Streams of peers that wait for somebody to accept them. */
  get heldCount(): number {
    return this.#held.size
  }

  /** Somebody accepts streams of peers now: those that were told to wait may try again. */
  retryHeld(): void {
    this.#held.retry()
  }

  /**
   * Keeps a writer on the session's connections until {@link removeWriter}.
   * @throws BusError `closed`, or what ended the session; `too_large` where its START does not fit into one frame
   */
  addWriter(writer: StreamWriter): void {
    const carrier = this.#session.carrier()
    if (carrier !== undefined) writer.attach(carrier)
    this.#writers.add(writer)
    if (!writer.isRelayed) return
    const key = keyOf(writer)
    const same = this.#byPeer.get(key)
    if (same === undefined) this.#byPeer.set(key, new Set([writer]))
    else same.add(writer)
  }

  /** Lets go of a writer: it has finished, or its handle was closed. */
  removeWriter(writer: StreamWriter): void {
    this.#writers.delete(writer)
    if (!writer.isRelayed) return
    const key = keyOf(writer)
    const same = this.#byPeer.get(key)
    same?.delete(writer)
    if (same?.size === 0) this.#byPeer.delete(key)
  }

  /** Thousands of streams are not announced at once, but as the connection has room. */
  attach(carrier: Carrier): void {
    if (this.activeCount > 0) new Resumption(carrier, this.#resumeAll(carrier))
  }

  detached(): void {
    this.#held.clear()
  }

  started(carrier: Carrier, address: number, header: FullHeader, fields: Fields): boolean {
    const { name, from } = fields
    if (name === undefined || from === undefined) throw new BusError("protocol", "a relayed START without name or from")
    const key = peerKey(from, name)
    this.#held.forget(key)
    if (this.peerReaders.started(carrier, address, header, fields)) return true
    if (fields.resume) throw new BusError("peer_lost", `Who read "${name}" here is gone.`)
    this.#held.hold(key, carrier, address)
    return true
  }

  control({ resumeStream }: Fields): void {
    const { name, to }: { readonly name?: JsonValue; readonly to?: JsonValue } = resumeStream ?? {}
    if (typeof name !== "string" || typeof to !== "string") return
    // Whoever reads a request to any provider is not known here.
    for (const key of [peerKey(to, name), peerKey("", name)]) {
      for (const writer of this.#byPeer.get(key) ?? []) writer.restart()
    }
  }

  close(error: BusError): void {
    const writers = [...this.#writers]
    this.#writers.clear()
    this.#byPeer.clear()
    this.#held.clear()
    for (const writer of writers) writer.reset(error)
    this.peerReaders.failAll(error)
  }

  *#resumeAll(carrier: Carrier): Generator<void> {
    for (const position of [...this.peerReaders.positions()]) yield carrier.control(0, 0, { resumeStream: position })
    // Those that were added meanwhile are announced already.
    for (const writer of [...this.#writers]) if (this.#writers.has(writer)) yield this.#resume(writer, carrier)
  }

  /** What cannot be announced fails alone, or it would end every connection. */
  #resume(writer: StreamWriter, carrier: Carrier): void {
    try {
      writer.attach(carrier)
    } catch (error) {
      this.removeWriter(writer)
      writer.abandon(error instanceof BusError ? error : new BusError("internal", String(error), { cause: error }))
    }
  }
}

function keyOf({ to = "", name }: StreamWriter): string {
  return peerKey(to, name)
}
