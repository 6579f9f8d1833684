import { BusError, type Fields } from "@luxbus/packet"
import { drawnTransitions, takenTransitions } from "@luxbus/test-preset/state-diagram"
import { expect, test } from "vitest"
import { Duplex, fromHost, fromPeer, type ReaderSource } from "../src/index.ts"
import { endFrame } from "./frames.ts"
import { DATA, ReaderScript } from "./reader-script.ts"
import { WriterScript } from "./writer-script.ts"

const WINDOW_MS = 1_000
const GONE = new BusError("peer_lost", "gone")

/** What the other side says, as a connection hands it on: what is not allowed resets the stream. */
function hearing(stream: { control(fields: Fields, hop: number): void; reset(error: BusError): void }, fields: Fields) {
  try {
    stream.control(fields, 0)
    return
  } catch (error) {
    stream.reset(error as BusError)
    return "protocol error"
  }
}

const saying = (fields: Fields) => (script: WriterScript) => {
  script.carrier.pull()
  return script.carrier.ends.size === 0 ? undefined : hearing(script.writer, fields)
}

const newWriter = () => new WriterScript({ windowMs: WINDOW_MS }).attach()

const WRITER_EVENTS = {
  open: saying({ open: true, epoch: 5 }),
  finish: ({ writer }: WriterScript) => writer.finish({ status: "done" }),
  complete: saying({ complete: true }),
  fenced: saying({ verdict: { verdict: "fenced", current: 9 } }),
  unknown: saying({ verdict: { verdict: "unknown" } }),
  refused: saying({ cancel: { code: "closed", message: "no" } }),
  reset: ({ writer }: WriterScript) => writer.reset(GONE),
  abandon: ({ writer }: WriterScript) => writer.abandon(GONE),
  "window over": ({ writer, clock }: WriterScript) => {
    writer.detach()
    clock.advance(WINDOW_MS)
  },
}

test("a stream's writer goes the ways of its diagram, and all of them", async () => {
  const taken = await takenTransitions({
    create: newWriter,
    stateOf: ({ writer }) => writer.state,
    events: WRITER_EVENTS,
    depth: 4,
  })
  expect(taken).toEqual(drawnTransitions("16.1 A stream's writer"))
})

const newReader = (source: ReaderSource) => () => new ReaderScript({ source, windowMs: WINDOW_MS }).open()

function readerState({ reader }: ReaderScript): string {
  if (reader.error !== undefined) return "failed"
  if (reader.completed) return "completed"
  return reader.outcome === undefined ? "reading" : "ended"
}

const READER_EVENTS = {
  END: (script: ReaderScript) => void script.receive(endFrame(0, DATA, { fields: { total: 36 } })),
  outcome: ({ reader }: ReaderScript) => hearing(reader, { outcome: { status: "done", main: 1, error: 0 } }),
  take: (script: ReaderScript) => void script.takeAll(1),
  "given up": ({ reader }: ReaderScript) => hearing(reader, { cancel: { code: "peer_lost" } }),
  reset: ({ reader }: ReaderScript) => reader.reset(GONE),
  "window over": ({ reader, clock }: ReaderScript) => {
    reader.detach()
    clock.advance(WINDOW_MS)
  },
}

test("a stream's reader goes the ways of its diagram, and all of them", async () => {
  const taken = await Promise.all(
    [fromPeer, fromHost].map((source) =>
      takenTransitions({ create: newReader(source), stateOf: readerState, events: READER_EVENTS, depth: 4 }),
    ),
  )
  expect([...new Set(taken.flat())].sort()).toEqual(drawnTransitions("16.2 A stream's reader"))
})

test("a duplex goes the ways of its diagram, and all of them", async () => {
  const taken = await takenTransitions({
    create: () => {
      const [local, remote] = [newWriter(), newReader(fromPeer)()]
      return { local, remote, duplex: new Duplex(local.writer, remote.reader) }
    },
    stateOf: ({ duplex: { state } }) => (state.name === "half-closed" ? `half_closed_${state.side}` : state.name),
    events: {
      open: ({ local }) => WRITER_EVENTS.open(local),
      "local end": ({ local }) => WRITER_EVENTS.finish(local),
      "remote end": ({ remote }) => hearing(remote.reader, { outcome: { status: "done", main: 0, error: 0 } }),
      "local failure": ({ local }) => WRITER_EVENTS.reset(local),
      "remote failure": ({ remote }) => READER_EVENTS.reset(remote),
    },
    depth: 4,
  })
  expect(taken).toEqual(drawnTransitions("16.3 A duplex"))
})

test("suspension lies over what is not over, at either end", async () => {
  const writer = await takenTransitions({
    create: () => {
      const script = newWriter()
      WRITER_EVENTS.open(script)
      return script
    },
    stateOf: ({ writer }) => (writer.error === undefined ? (writer.suspended ? "suspended" : "connected") : "over"),
    events: {
      "connection lost": ({ writer }) => writer.detach(),
      suspended: saying({ suspended: 500 }),
      wait: saying({ verdict: { verdict: "wait" } }),
      open: saying({ open: true, epoch: 5 }),
      "window over": ({ clock }) => clock.advance(WINDOW_MS),
    },
    depth: 4,
  })
  const reader = await takenTransitions({
    create: newReader(fromPeer),
    stateOf: ({ reader }) => (reader.error === undefined ? (reader.suspended ? "suspended" : "connected") : "over"),
    events: {
      "connection lost": ({ reader }) => reader.detach(),
      suspended: ({ reader }) => hearing(reader, { suspended: 500 }),
      resumed: ({ reader }) => hearing(reader, { resumed: true }),
      START: (script) => void (script.reader.error === undefined && script.attach()),
      "window over": ({ clock }) => clock.advance(WINDOW_MS),
    },
    depth: 4,
  })
  expect([...new Set([...writer, ...reader])].sort()).toEqual(drawnTransitions("16.4 Suspension"))
})
