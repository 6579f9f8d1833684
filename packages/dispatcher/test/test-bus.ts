import { ManualClock, SeededRandom } from "@luxbus/clock/testing"
import { fromHost, fromPeer } from "@luxbus/dual-stream"
import {
  type BusError,
  type DataLane,
  type Fields,
  type FullHeader,
  type JsonObject,
  type JsonValue,
  Lane,
  MessageWriter,
  StreamKind,
} from "@luxbus/packet"
import { type JournalStore, MemoryJournalStore } from "@luxbus/stream-memory"
import {
  type Backplane,
  type ClientIdentity,
  type ConnectedClient,
  Dispatcher,
  type DispatcherOptions,
  type HostedSummary,
  type Permits,
} from "../src/index.ts"
import { carrierPair, type FakeCarrier } from "./fake-carrier.ts"
import { fakeHash } from "./fake-hash.ts"
import { TestReader } from "./test-reader.ts"
import { TestWriter, type WriterDetails } from "./test-writer.ts"
import { encode } from "./text.ts"

/** One broker of several: on their clock, with chance of its own. */
export interface TestNode {
  readonly clock: ManualClock
  readonly seed: number
  readonly backplane: Backplane
}

/** A dispatcher, its clock and its clients. */
export class TestBus {
  readonly clock: ManualClock
  readonly random: SeededRandom
  readonly events: string[] = []
  readonly dispatcher: Dispatcher
  readonly clients: TestClient[] = []
  /** What ends a client's connection to this broker. */
  readonly ends = new Map<string, () => void>()

  constructor(
    options: DispatcherOptions & { readonly ringBytes?: number; readonly journals?: JournalStore } = {},
    node?: TestNode,
  ) {
    const { ringBytes, journals, ...rest } = options
    this.clock = node?.clock ?? new ManualClock()
    this.random = new SeededRandom(node?.seed ?? 1)
    this.dispatcher = new Dispatcher(
      {
        clock: this.clock,
        random: this.random,
        createHash: fakeHash,
        journals: journals ?? new MemoryJournalStore(ringBytes === undefined ? {} : { maxBytes: ringBytes }),
        ...(node !== undefined && { backplane: node.backplane }),
        events: {
          clientMoved: ({ id, isSameSession }) => this.#moved(id, isSameSession),
          clientGone: ({ id }) => void this.events.push(`gone ${id}`),
          streamStarted: ({ name }) => void this.events.push(`started ${name}`),
          streamEnded: ({ name, outcome }) => void this.events.push(`ended ${name} ${outcome.status}`),
          streamRemoved: ({ name }) => void this.events.push(`removed ${name}`),
          storageFailed: ({ name, error }) => void this.events.push(`failed ${name} ${error.code}`),
        },
      },
      rest,
    )
  }

  client(id: string, sessionByte = 0, permits?: Permits, limits: Omit<Rights, "permits"> = {}): TestClient {
    const client = new TestClient(this, id, sessionByte, { ...limits, ...(permits && { permits }) })
    this.clients.push(client)
    return client
  }

  /** Lets time pass, and promises settle. */
  async passAsync(ms = 100): Promise<void> {
    this.clock.advance(ms)
    for (let i = 0; i < 10; i++) await Promise.resolve()
    this.clock.settle()
  }

  settle(): void {
    this.clock.settle()
  }

  /** Lets so much time pass that every statement was answered. */
  pass(ms = 100): void {
    this.clock.advance(ms)
  }

  /** As a server does it: a connection that its client has left is ended. */
  #moved(id: string, isSameSession: boolean): void {
    this.events.push(`moved ${id}`)
    if (isSameSession) this.ends.get(id)?.()
  }

  summary(name: string): HostedSummary | undefined {
    return this.dispatcher.list().find((summary) => summary.name === name)
  }
}

/** What a client may, and how often. */
type Rights = Pick<ClientIdentity, "permits" | "admitOpen" | "admitCancel">

interface Asked {
  readonly op: string
  readonly name: string
  readonly from: JsonValue
  readonly wait: boolean
  readonly reader: TestReader
  /** What else the command says. */
  readonly extra: JsonObject
}

/** A client with everything real but its connection. Reconnecting takes its writers and readers along. */
export class TestClient {
  bus: TestBus
  readonly id: string
  readonly session: Uint8Array
  readonly #rights: Rights
  readonly writers: TestWriter[] = []
  /** Readers by the command that asked for them. */
  readonly #readers = new Map<number, Asked>()
  /** Relayed streams that this client accepts, by writer and name. */
  readonly #accepted = new Map<string, TestReader>()
  readonly replies: JsonObject[] = []
  /** Codes of refused commands whose answer came later. */
  readonly refusals: string[] = []
  carrier!: FakeCarrier
  broker!: FakeCarrier
  connected!: ConnectedClient
  #nextCommand = 1
  #nextSeq = 0
  #nextMember = 0
  #subjects = new Map<string, { readonly alias: number; next: number }>()

  constructor(bus: TestBus, id: string, sessionByte: number, rights: Rights) {
    this.bus = bus
    this.#rights = rights
    this.id = id
    this.session = new Uint8Array(32).fill(sessionByte)
    this.session.set(encode(id).subarray(0, 31), 1)
    this.#open()
  }

  /** Loses the connection. */
  cut(): void {
    this.carrier.cut()
    this.connected.disconnect()
  }

  /** Comes back under the same session, to the same broker or another. */
  reconnect(bus: TestBus = this.bus): void {
    this.bus = bus
    if (!bus.clients.includes(this)) bus.clients.push(this)
    this.#open()
    for (const [key, { reader }] of this.#accepted) {
      const [from = "", name = ""] = key.split("\0")
      if (reader === undefined || reader.completed || reader.error !== undefined) continue
      const position = { name, from, epoch: reader.epoch, ...reader.position }
      this.connected.resumeStream(position)
    }
    for (const { writer } of this.writers) writer.attach(this.carrier)
    const readers = [...this.#readers.values()]
    this.#readers.clear()
    for (const { op, name, from, wait, reader, extra } of readers) {
      if (reader.completed || reader.error !== undefined) continue
      const hasBegun = reader.reader !== undefined
      this.#ask(op, name, reader, hasBegun ? reader.cursor : from, wait || hasBegun, extra)
    }
  }

  host(name: string, details: WriterDetails = {}): TestWriter {
    return this.#write({ name, ...details })
  }

  open(name: string, to: string, epoch = 1, details: WriterDetails = {}): TestWriter {
    return this.#write({ name, to, epoch, ...details })
  }

  /** Asks a channel: any of its providers, or `to`. */
  request(
    name: string,
    channel: string,
    details: WriterDetails & { readonly to?: string; readonly again?: boolean } = {},
  ): TestWriter {
    return this.#write({ name, channel, ...details })
  }

  attach(name: string, from: JsonValue = "start", wait = false): TestReader {
    const reader = new TestReader(this.bus.clock, fromHost)
    this.#ask("attach", name, reader, from, wait)
    return reader
  }

  subscribe(subject: string, from: JsonValue = "now"): TestReader {
    const reader = new TestReader(this.bus.clock, fromHost)
    this.#ask("subscribe", subject, reader, from)
    return reader
  }

  /** Subscribes as a member of a group. It takes what it gets, and acknowledges when told to. */
  join(subject: string, group: string, extra: JsonObject = {}, from: JsonValue = "now"): TestReader {
    const reader = new TestReader(this.bus.clock, fromHost)
    this.#ask("subscribe", subject, reader, from, false, { group, member: this.#nextMember++, ...extra })
    return reader
  }

  accepted(from: string, name: string): TestReader {
    const key = `${from}\0${name}`
    const reader = this.#accepted.get(key) ?? new TestReader(this.bus.clock, fromPeer)
    this.#accepted.set(key, reader)
    return reader
  }

  /** Streams that peers have started with this client. */
  get acceptedCount(): number {
    return this.#accepted.size
  }

  /** Their names, in the order of their coming. */
  get acceptedNames(): string[] {
    return Array.from(this.#accepted.keys(), (key) => key.split("\0")[1] ?? "")
  }

  command(op: string, params: JsonObject = {}): JsonValue {
    const reply = this.connected.command(this.#nextCommand++, op, params)
    if (reply instanceof Promise) throw new Error("the reply comes later")
    return reply
  }

  publish(subject: string, ...texts: string[]): void {
    this.publishBytes(subject, ...texts.map((text) => ({ data: encode(text) })))
  }

  /** Publishes chunks in one message of the connection, as they are. */
  publishBytes(
    subject: string,
    ...chunks: { data: Uint8Array; flags?: number; hop?: number; fields?: Fields }[]
  ): void {
    const stream = this.#subjectOf(subject)
    const writer = new MessageWriter()
    for (const { data, flags = 0, hop = 0, fields } of chunks) {
      writer.chunk(stream.alias, Lane.main as DataLane, flags, hop, stream.next++, data, fields)
    }
    this.broker.receive(writer.take())
  }

  #open(): void {
    const { client, broker } = carrierPair(this.bus.clock)
    this.carrier = client
    this.broker = broker
    this.#subjects.clear()
    client.handler = {
      started: (alias, header, fields) => this.#started(alias, header, fields),
      control: ({ resumeStream, reply }) => {
        if (reply !== undefined) this.replies.push(reply)
        for (const { writer } of this.writers) if (resumeStream !== undefined) writer.restart()
      },
    }
    const { id, session } = this
    this.connected = this.bus.dispatcher.connect({ id, session, carrier: broker, ...this.#rights })
    const { connected } = this
    broker.handler = {
      started: (alias, header, fields) => connected.started(alias, header, fields),
      control: () => {},
    }
    this.bus.ends.set(this.id, () => {
      broker.cut()
      connected.disconnect()
    })
  }

  #write({
    again = false,
    ...options
  }: WriterDetails & {
    readonly name: string
    readonly to?: string
    readonly epoch?: number
    /** Whether it bears the seq of the stream before. */
    readonly again?: boolean
  }): TestWriter {
    const seq = new Uint8Array(40)
    seq.set(this.session)
    seq[39] = again ? this.#nextSeq - 1 : this.#nextSeq++
    const writer = new TestWriter(this.bus.clock, { ...options, seq })
    this.writers.push(writer)
    writer.writer.attach(this.carrier)
    return writer
  }

  #ask(op: string, name: string, reader: TestReader, from: JsonValue, wait = false, extra: JsonObject = {}): void {
    const id = this.#nextCommand++
    this.#readers.set(id, { op, name, from, wait, reader, extra })
    const params = op === "attach" ? { name, wait, from } : { subject: name, from, ...extra }
    const reply = this.connected.command(id, op, params)
    if (reply instanceof Promise) reply.catch((error: BusError) => void this.refusals.push(error.code))
  }

  #started(alias: number, header: FullHeader, fields: Fields): void {
    if (fields.kind === StreamKind.relayed) {
      this.accepted(fields.from ?? "", fields.name ?? "").started(this.carrier, alias, header, fields)
    } else {
      const known = this.#readers.get(fields.request ?? -1)
      known?.reader.started(this.carrier, alias, header, fields)
    }
  }

  #subjectOf(subject: string): { readonly alias: number; next: number } {
    const known = this.#subjects.get(subject)
    if (known !== undefined) return known
    const stream = { alias: 5_000 + this.#subjects.size, next: 0 }
    this.#subjects.set(subject, stream)
    const writer = new MessageWriter()
    writer.start({}, { kind: StreamKind.publish, name: subject, alias: stream.alias })
    this.broker.receive(writer.take())
    return stream
  }
}

/** The code of the BusError that `call` throws. */
export function codeOf(call: () => unknown): string | undefined {
  try {
    call()
    return undefined
  } catch (error) {
    return (error as BusError).code
  }
}
