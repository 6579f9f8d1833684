import { ManualClock } from "@luxbus/clock/testing"
import type { BrokerCarrier, FrameOutput, StreamEnd } from "@luxbus/dual-stream"
import { BusError, type Fields, type FullHeader, Lane, NIL_ID } from "@luxbus/packet"
import { Tombstones } from "@luxbus/stream-memory"
import { drawnTransitions, takenTransitions } from "@luxbus/test-preset/state-diagram"
import { expect, test } from "vitest"
import { Relay } from "../src/relay.ts"
import { SlowJournals } from "./slow-journals.ts"
import { TestBus } from "./test-bus.ts"

const WINDOW_MS = 1_000
const KEPT_MS = 10_000
const GONE = new BusError("peer_lost", "gone")

/** One claim of a client on a stream, at a broker whose journals answer when they are told to. */
function newClaim() {
  const journals = new SlowJournals()
  const bus = new TestBus({ journals, windowMs: WINDOW_MS, keepFinishedMs: KEPT_MS })
  const client = bus.client("writer")
  const job = client.host("job")
  bus.settle()
  return { journals, bus, client, job }
}

type HostedRun = ReturnType<typeof newClaim>

function hostedState({ bus }: HostedRun): string {
  const summary = bus.summary("job")
  if (summary === undefined) return "removed"
  return summary.epoch === 0 ? "opening" : summary.state
}

/** What happens before the journal is open waits for it. */
async function settle(run: HostedRun): Promise<void> {
  run.bus.settle()
  if (hostedState(run) !== "opening") await run.journals.answer()
}

test("a hosted stream goes the ways of its diagram, and all of them", async () => {
  const taken = await takenTransitions({
    create: newClaim,
    stateOf: hostedState,
    events: {
      "journal open": async (run) => {
        await run.journals.answer()
        await settle(run)
      },
      "connection lost": ({ client }) => client.cut(),
      START: async (run) => {
        if (!run.client.carrier.isCut || hostedState(run) === "removed") return
        run.client.reconnect()
        await settle(run)
        // What it ended with while it was away comes along.
        return run.job.writer.outcome === undefined ? undefined : "outcome"
      },
      outcome: async (run) => {
        run.job.finish()
        await settle(run)
      },
      reset: async (run) => {
        run.job.writer.abandon(GONE)
        await settle(run)
      },
      "window over": async (run) => {
        if (hostedState(run) !== "suspended") return
        run.bus.pass(WINDOW_MS)
        await settle(run)
      },
      "kept long enough": async (run) => {
        if (hostedState(run) !== "finished") return
        run.bus.pass(KEPT_MS)
        await settle(run)
      },
    },
    depth: 4,
  })
  expect(taken).toEqual(drawnTransitions("16.7 A hosted stream at its broker"))
})

/** A connection to one side of a relay: it remembers which of its ends is bound, and what it was told last. */
class ToldCarrier implements BrokerCarrier {
  readonly #tell: (what: string) => void
  end: StreamEnd | undefined

  constructor(tell: (what: string) => void) {
    this.#tell = tell
  }

  allocate(end: StreamEnd): number {
    this.end = end
    return 1
  }

  bind(_address: number, end: StreamEnd): void {
    this.end = end
  }

  bound(): StreamEnd | undefined {
    return this.end
  }

  release(): void {
    this.end = undefined
  }

  start(): void {
    this.#tell("joined")
  }

  control(_address: number, _hop: number, { suspended, verdict }: Fields): void {
    if (suspended !== undefined) this.#tell("suspended")
    if (verdict !== undefined) this.#tell("waiting")
  }

  wake(address: number, lane: Lane): void {
    if (lane !== Lane.control) return
    const output = { room: 1, control: (hop: number, fields: Fields) => this.control(address, hop, fields) }
    this.end?.pull(lane, output as FrameOutput)
  }

  reset(): void {
    this.end = undefined
  }
  send(): boolean {
    return true
  }
  share(): boolean {
    return true
  }
  onRoom(): void {}
}

const HEADER: FullHeader = {
  hop: 0,
  requestId: NIL_ID,
  clientId: NIL_ID,
  peerId: NIL_ID,
  deadlineMs: 0,
  messageId: 0,
  totalSize: undefined,
  chunkIndex: 0,
  totalChunks: 0,
  epoch: 1,
}

/** A relay whose writer has announced itself while nobody was there to read. */
function newRelay() {
  const clock = new ManualClock()
  const seen = { state: "waiting" }
  const tell = (state: string) => {
    if (seen.state !== "over") seen.state = state
  }
  const relay = new Relay(
    { clock, events: { waiting: () => {}, ended: () => tell("over") } },
    { name: "call", from: "a", to: "b", epoch: 1, seq: new Uint8Array(40) },
    { windowMs: WINDOW_MS },
  )
  const sides = { writer: new ToldCarrier(tell), reader: new ToldCarrier(tell) }
  const announce = (isReaderHere: boolean) => {
    const isBound = sides.reader.end !== undefined
    if (seen.state === "over" || (isBound && !isReaderHere)) return
    const place = { carrier: sides.writer, address: 1, isRemote: false, sinceMs: 0, tombstones: new Tombstones() }
    relay.announce(place, isReaderHere ? { carrier: sides.reader, isRemote: false } : undefined, HEADER, {})
  }
  const lose = (side: "writer" | "reader") => {
    const { end } = sides[side]
    sides[side] = new ToldCarrier(tell)
    end?.detach()
  }
  announce(false)
  return { clock, seen, sides, announce, lose }
}

test("a relay goes the ways of its diagram, and all of them", async () => {
  const taken = await takenTransitions({
    create: newRelay,
    stateOf: ({ seen }) => seen.state,
    events: {
      "START to the reader": ({ announce }) => announce(true),
      "START without a reader": ({ announce }) => announce(false),
      "writer lost": ({ lose }) => lose("writer"),
      "reader lost": ({ lose }) => lose("reader"),
      complete: ({ sides }) => sides.reader.end?.control({ complete: true }, 0),
      reset: ({ sides }) => (sides.writer.end ?? sides.reader.end)?.reset(GONE),
      "window over": ({ clock }) => void clock.advance(WINDOW_MS),
    },
    depth: 4,
  })
  expect(taken).toEqual(drawnTransitions("16.8 A relay"))
})
