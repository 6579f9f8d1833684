import { type ManualClock, SeededRandom } from "@luxbus/clock/testing"
import { fromPeer, type ReaderEvents, StreamReader, StreamWriter, type WriterEvents } from "@luxbus/dual-stream"
import { type BusError, Lane, StreamKind } from "@luxbus/packet"
import type { Dial } from "@luxbus/transport"
import {
  type Attachment,
  type AttachmentOptions,
  ClientSession,
  type ClientSessionOptions,
  ClientStreams,
  type IncomingStart,
  Publisher,
  SeqSource,
  type SessionStatus,
} from "../src/index.ts"
import { text } from "./test-broker.ts"
import { testHash } from "./test-hash.ts"

/** Lets time pass in steps small enough for promises to be answered in between. */
export async function run(clock: ManualClock, ms = 0, stepMs = Math.max(1, ms / 400)): Promise<void> {
  const end = clock.now() + ms
  for (;;) {
    for (let i = 0; i < 8; i++) await Promise.resolve()
    clock.advance(Math.min(stepMs, end - clock.now()))
    for (let i = 0; i < 8; i++) await Promise.resolve()
    if (clock.now() >= end) break
  }
  // What became due at the very end, and what that deferred.
  for (let i = 0; i < 6; i++) {
    clock.advance(0)
    for (let j = 0; j < 8; j++) await Promise.resolve()
  }
}

/** A reader's events, and what came of them. */
export class ReaderLog {
  text = ""
  errorText = ""
  readonly log: string[] = []
  reader: StreamReader | undefined
  failure: BusError | undefined
  readonly events: ReaderEvents = {
    readable: () => this.takeAll(),
    notice: (notice) => void this.log.push(notice.type),
    outcome: (outcome) => void this.log.push(`outcome ${outcome.status}`),
    completed: () => void this.log.push("completed"),
    failed: (error) => {
      this.failure = error
      this.log.push(`failed ${error.code}`)
    },
  }

  bind(reader: StreamReader): void {
    this.reader = reader
    reader.touch(Lane.main)
    reader.touch(Lane.error)
  }

  takeAll(): void {
    const { reader } = this
    for (const lane of [Lane.main, Lane.error] as const) {
      for (let item = reader?.take(lane); item !== undefined; item = reader?.take(lane)) {
        if (item.type === "gap") this.log.push(`gap ${item.reason}`)
        if (item.type !== "chunk") continue
        if (lane === Lane.main) this.text += text(item.data)
        else this.errorText += text(item.data)
      }
    }
  }
}

/** A client's session and all that it told. */
export class TestClient {
  readonly session: ClientSession
  readonly streams: ClientStreams
  readonly publisher: Publisher
  readonly seqs: SeqSource
  readonly statuses: SessionStatus[] = []
  readonly incoming: IncomingStart[] = []
  readonly accepted: ReaderLog[] = []
  roomTold = 0
  /** Whether streams of peers are accepted. */
  accepting = true
  readonly #clock: ManualClock

  constructor(clock: ManualClock, dial: Dial, options: ClientSessionOptions = { id: "alice" }, seed = 1) {
    this.#clock = clock
    this.session = new ClientSession(
      {
        clock,
        random: new SeededRandom(seed),
        createHash: testHash,
        dial,
        events: { status: (status) => this.statuses.push(status) },
      },
      options,
    )
    this.seqs = new SeqSource(this.session.secret, testHash)
    this.streams = new ClientStreams(this.session, (start) => {
      this.incoming.push(start)
      return this.accepting ? this.#accept() : undefined
    })
    this.publisher = new Publisher(
      () => this.seqs.next(),
      () => this.roomTold++,
    )
    this.session.addPart(this.publisher)
  }

  get states(): string[] {
    return this.statuses.map(({ state }) => state)
  }

  /** A stream to the peer "bob", or one that the broker hosts. */
  open(
    name: string,
    options: { hosted?: boolean; headers?: { note: string } } = {},
  ): { writer: StreamWriter; log: string[] } {
    const log: string[] = []
    const events: WriterEvents = {
      room: () => {},
      notice: (notice) => void log.push(notice.type),
      cancelled: (reason) => void log.push(`cancelled ${reason}`),
      complete: () => {
        log.push("complete")
        this.streams.removeWriter(writer)
      },
      failed: (error) => {
        log.push(`failed ${error.code}`)
        this.streams.removeWriter(writer)
      },
    }
    const { hosted = false, headers } = options
    const writer: StreamWriter = new StreamWriter(
      { clock: this.#clock, createHash: testHash, events },
      {
        kind: hosted ? StreamKind.hosted : StreamKind.relayed,
        name,
        epoch: hosted ? 0 : 1,
        seq: this.seqs.next(),
        ...(!hosted && { to: "bob", windowMs: 120_000 }),
        ...(headers !== undefined && { headers }),
      },
    )
    this.streams.addWriter(writer)
    return { writer, log }
  }

  attach(options: Partial<AttachmentOptions> & { name: string }): {
    attachment: Attachment
    read: ReaderLog
    opened: StreamReader[]
    refusals: BusError[]
  } {
    const read = new ReaderLog()
    const opened: StreamReader[] = []
    const refusals: BusError[] = []
    const attachment = this.session.attach({ kind: "attach", from: "start", wait: false, ...options }, read.events, {
      opened: (reader) => {
        opened.push(reader)
        read.bind(reader)
      },
      refused: (error) => refusals.push(error),
    })
    return { attachment, read, opened, refusals }
  }

  #accept(): StreamReader {
    const log = new ReaderLog()
    const reader = new StreamReader(
      { clock: this.#clock, createHash: testHash, events: log.events },
      { source: fromPeer, windowMs: 120_000 },
    )
    log.bind(reader)
    this.accepted.push(log)
    return reader
  }
}
