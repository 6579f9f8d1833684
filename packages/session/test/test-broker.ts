import type { ManualClock } from "@luxbus/clock/testing"
import { type Carrier, fromPeer, StreamReader, StreamWriter, type WriterEvents } from "@luxbus/dual-stream"
import {
  BusError,
  type Fields,
  type FullHeader,
  type JsonObject,
  type JsonValue,
  Lane,
  StreamKind,
} from "@luxbus/packet"
import { type CloseInfo, type MemoryPair, memoryListener } from "@luxbus/transport"
import { type HeartbeatOptions, type Hello, ServerSession } from "../src/index.ts"
import { TestEnd } from "./test-end.ts"
import { testHash } from "./test-hash.ts"
import { testSeq } from "./test-seq.ts"

/** One connection at the test's broker. */
export interface BrokerSide {
  readonly session: ServerSession
  readonly pair: MemoryPair
  readonly hellos: Hello[]
  readonly sessionIds: Uint8Array[]
  readonly positions: JsonObject[]
  readonly commands: { readonly id: number; readonly op: string; readonly params: JsonValue }[]
  readonly starts: { readonly alias: number; readonly header: FullHeader; readonly fields: Fields }[]
  readonly closes: CloseInfo[]
}

export interface TestBrokerOptions {
  readonly latencyMs?: number
  readonly heartbeat?: HeartbeatOptions
}

/**
 * A broker that does what a test says: it welcomes, reads what clients write, and keeps readers and writers over their
 * connections as the real one's peers would.
 */
export class TestBroker {
  readonly sides: BrokerSide[] = []
  /** Streams that clients write, read as they come; by name. */
  readonly readers = new Map<string, StreamReader>()
  /** What was read of them, main lane. */
  readonly texts = new Map<string, string>()
  /** Topics: chunks that clients published, by subject; each connection's own end. */
  readonly published: { readonly subject: string; readonly end: TestEnd }[] = []
  readonly place: ReturnType<typeof memoryListener>
  /** Not set: welcomes under the id that was asked for. */
  onHello: ((side: BrokerSide, hello: Hello) => void) | undefined
  /** The answer to a command; undefined: none. */
  onCommand: (side: BrokerSide, id: number, op: string, params: JsonObject) => JsonValue | undefined = () => undefined
  /** Before a START is seen to; true: it is seen to. */
  onStart: (side: BrokerSide, alias: number, fields: Fields) => boolean = () => false
  readonly #clock: ManualClock
  readonly #options: TestBrokerOptions

  constructor(clock: ManualClock, options: TestBrokerOptions = {}) {
    this.#clock = clock
    this.#options = options
    const { latencyMs = 0 } = options
    const pairs: MemoryPair[] = []
    this.place = memoryListener({ clock, latencyMs, onPair: (pair) => pairs.push(pair) })
    this.place.listen((connection) => this.#accept(connection, pairs.at(-1)!))
  }

  /** The newest connection. */
  get side(): BrokerSide {
    const side = this.sides.at(-1)
    if (side === undefined) throw new Error("nobody has connected")
    return side
  }

  get mux() {
    return this.side.session.mux
  }

  /** A writer at the broker's side, as a peer "bob" would have it. */
  peerWriter(
    name: string,
    options: { epoch?: number; seq?: number; isAnswer?: boolean } = {},
    events: Partial<WriterEvents> = {},
  ) {
    const seq = testSeq(options.seq ?? 1)
    const all: WriterEvents = {
      room: () => {},
      notice: () => {},
      cancelled: () => {},
      complete: () => {},
      failed: () => {},
      ...events,
    }
    return new StreamWriter(
      { clock: this.#clock, createHash: testHash, events: all },
      { kind: StreamKind.relayed, name, to: "alice", windowMs: 120_000, epoch: 1, ...options, seq },
    )
  }

  #accept(connection: MemoryPair["far"], pair: MemoryPair): void {
    const side: BrokerSide = {
      session: new ServerSession(
        {
          clock: this.#clock,
          connection,
          createHash: testHash,
          handler: {
            hello: (hello, sessionId) => {
              side.hellos.push(hello)
              side.sessionIds.push(sessionId)
              if (this.onHello === undefined) side.session.welcome(hello.id ?? "given")
              else this.onHello(side, hello)
            },
            started: (alias, header, fields) => {
              side.starts.push({ alias, header, fields })
              if (!this.onStart(side, alias, fields)) this.#started(side, alias, header, fields)
            },
            resumeStream: (position) => side.positions.push(position),
            command: (id, op, params) => {
              side.commands.push({ id, op, params })
              const answer = this.onCommand(side, id, op, params as JsonObject)
              if (answer !== undefined) side.session.reply(id, answer)
            },
            closed: (info) => side.closes.push(info),
          },
        },
        {
          incarnation: "0011223344556677",
          ...(this.#options.heartbeat !== undefined && { heartbeat: this.#options.heartbeat }),
        },
      ),
      pair,
      hellos: [],
      sessionIds: [],
      positions: [],
      commands: [],
      starts: [],
      closes: [],
    }
    this.sides.push(side)
  }

  #started(side: BrokerSide, alias: number, header: FullHeader, fields: Fields): void {
    const address = (alias | 0x8000_0000) >>> 0
    const name = fields.name ?? ""
    if (fields.kind === StreamKind.publish) {
      const end = new TestEnd()
      this.published.push({ subject: name, end })
      side.session.mux.bind(address, end)
      return
    }
    const reader = this.readers.get(name) ?? this.#read(name)
    // The host allots the epoch of a hosted stream.
    reader.attach(side.session.mux, address, header.epoch === 0 ? 5 : header.epoch)
  }

  #read(name: string): StreamReader {
    this.texts.set(name, "")
    const reader: StreamReader = new StreamReader(
      {
        clock: this.#clock,
        createHash: testHash,
        events: {
          readable: () => {
            for (let item = reader.take(Lane.main); item !== undefined; item = reader.take(Lane.main)) {
              if (item.type === "chunk") this.texts.set(name, this.texts.get(name) + text(item.data))
            }
          },
          notice: () => {},
          outcome: () => {},
          failed: () => {},
        },
      },
      { source: fromPeer, windowMs: 120_000 },
    )
    reader.touch(Lane.main)
    this.readers.set(name, reader)
    return reader
  }
}

/** The carrier with which a broker hands on what the client `from` starts: it says who. */
export function relayedFrom(from: string, carrier: Carrier): Carrier {
  return {
    allocate: (end) => carrier.allocate(end),
    bind: (address, end) => carrier.bind(address, end),
    bound: (address) => carrier.bound(address),
    release: (address) => carrier.release(address),
    start: (address, header, fields) => carrier.start(address, header, { ...fields, from }),
    control: (address, hop, fields) => carrier.control(address, hop, fields),
    wake: (address, lane) => carrier.wake(address, lane),
    reset: (address, error) => carrier.reset(address, error),
  }
}

/** ASCII text as bytes, and back. */
export function bytes(ascii: string): Uint8Array {
  return Uint8Array.from(ascii, (character) => character.charCodeAt(0))
}

export function text(data: Uint8Array): string {
  return String.fromCharCode(...data)
}

export const unreachable = (): never => {
  throw new BusError("connection_lost", "nobody there")
}
