import { type DataLane, Lane, sameBytes } from "@luxbus/packet"
import fc from "fast-check"
import { expect, test } from "vitest"
import { type FrameFaults, NO_FAULTS } from "../src/testing.ts"
import { bytesOf } from "./frames.ts"
import { StreamPair } from "./stream-pair.ts"

/** A stream as a user has it: what was written, lane by lane, and whether it was ended. */
interface Model {
  readonly written: Readonly<Record<"main" | "error", Uint8Array[]>>
  readonly ended: Record<"main" | "error", boolean>
  finished: boolean
  connected: boolean
}

const newModel = (): Model => ({
  written: { main: [], error: [] },
  ended: { main: false, error: false },
  finished: false,
  connected: false,
})

type StreamCommand = fc.Command<Model, StreamPair>

/** What was taken is what was written, in its order, once; and nobody says that all is done before it is. */
function check(model: Model, pair: StreamPair): void {
  for (const name of ["main", "error"] as const) {
    const { numbers, parts, gaps, ended } = pair.taken[name]
    expect(gaps).toEqual([])
    expect(numbers).toEqual(parts.map((_, i) => i))
    expect(parts.length).toBeLessThanOrEqual(model.written[name].length)
    expect(parts.every((part, i) => sameBytes(part, model.written[name][i]!))).toBe(true)
    if (ended !== undefined) expect([ended, model.ended[name]]).toEqual(["verified", true])
  }
  const { state, heldCost, outcome } = pair.writer
  expect(model.finished ? ["ending", "complete"] : ["opening", "open"]).toContain(state)
  expect(outcome !== undefined).toBe(model.finished)
  if (pair.outcomes.length > 0) expect(pair.outcomes).toEqual([expect.objectContaining({ status: "done" })])
  if (state === "complete") expect([heldCost, isTakenWhole(model, pair)]).toEqual([0, true])
  expect(pair.failures).toEqual({})
}

function isTakenWhole({ written }: Model, { taken }: StreamPair): boolean {
  return taken.main.parts.length === written.main.length && taken.error.parts.length === written.error.length
}

/** A command that can be given where `isPossible`, and what it does to both. */
function command(
  text: string,
  isPossible: (model: Model) => boolean,
  act: (model: Model, pair: StreamPair) => void,
): StreamCommand {
  return {
    check: (model) => isPossible(model),
    run: (model, pair) => {
      act(model, pair)
      check(model, pair)
    },
    toString: () => text,
  }
}

const nameOf = (of: DataLane) => (of === Lane.main ? "main" : "error")
const lane = fc.constantFrom<DataLane>(Lane.main, Lane.error)
const always = () => true

const COMMANDS = [
  fc.tuple(lane, fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 20_000 })).map(([to, count, bytes]) =>
    command(
      `write(${nameOf(to)}, ${count} × ${bytes})`,
      ({ ended }) => !ended[nameOf(to)],
      ({ written }, { writer }) => {
        for (let i = 0; i < count; i++) {
          const data = bytesOf(bytes, i)
          written[nameOf(to)].push(data)
          writer.write(to, data, 0)
        }
      },
    ),
  ),
  lane.map((of) =>
    command(`end(${nameOf(of)})`, always, (model, { writer }) => {
      model.ended[nameOf(of)] = true
      writer.end(of)
    }),
  ),
  fc.constant(
    command("finish", always, (model, { writer }) => {
      Object.assign(model.ended, { main: true, error: true })
      model.finished = true
      writer.finish({ status: "done" })
    }),
  ),
  fc.constant(
    command(
      "cut",
      ({ connected }) => connected,
      (model, pair) => {
        model.connected = false
        pair.cut()
      },
    ),
  ),
  fc.constant(
    command(
      "connect",
      ({ connected }) => !connected,
      (model, pair) => {
        model.connected = true
        pair.connect()
      },
    ),
  ),
  fc.integer({ min: 1, max: 2_000 }).map((ms) => command(`pass(${ms})`, always, (_, pair) => void pair.run(ms))),
  fc.tuple(lane, fc.integer({ min: 1, max: 8 })).map(([from, count]) =>
    command(`take(${nameOf(from)}, ${count})`, always, (_, pair) => {
      if (!pair.hasReader) return
      // Else the other lane would be drained, which loses what a stream that is read must not lose.
      for (const touched of [Lane.main, Lane.error] as const) pair.reader.touch(touched)
      for (let i = 0; i < count; i++) pair.takeOne(from)
    }),
  ),
]

const rate = fc.double({ min: 0, max: 0.1, noNaN: true })
const faults: fc.Arbitrary<FrameFaults> = fc.oneof(
  fc.constant(NO_FAULTS),
  fc.record({
    // So few that nobody gives up: that takes six losses of one chunk in a row.
    dropRate: fc.double({ min: 0, max: 0.06, noNaN: true }),
    duplicateRate: rate,
    delayRate: rate,
    announcesHoles: fc.constant(false),
  }),
)

test("a stream over lost and faulty connections is the list of what was written, taken in its order", () => {
  fc.assert(
    fc.property(
      fc.commands(COMMANDS, { maxCommands: 60, size: "max" }),
      faults,
      fc.nat(),
      (commands, linkFaults, seed) => {
        fc.modelRun(() => {
          return { model: newModel(), real: new StreamPair({ seed, faults: linkFaults }) }
        }, commands)
      },
    ),
    { numRuns: 300 },
  )
})

test("once nothing is in its way any more, a stream comes to its end", () => {
  fc.assert(
    fc.property(
      fc.commands(COMMANDS, { maxCommands: 40, size: "max" }),
      faults,
      fc.nat(),
      (commands, linkFaults, seed) => {
        const pair = new StreamPair({ seed, faults: linkFaults })
        const model = newModel()
        fc.modelRun(() => ({ model, real: pair }), commands)
        pair.faults = NO_FAULTS
        if (!pair.connected) pair.connect()
        pair.writer.finish({ status: "done" })
        Object.assign(model, { finished: true, ended: { main: true, error: true } })
        pair.readAll()
        for (let turn = 0; turn < 30; turn++) pair.run(1_000).readAll()
        check(model, pair)
        expect([pair.writer.state, isTakenWhole(model, pair)]).toEqual(["complete", true])
        // A lane that was never used has no END.
        for (const name of ["main", "error"] as const)
          expect(pair.taken[name].ended).toBe(model.written[name].length > 0 ? "verified" : undefined)
        expect(pair.clock.pendingTimers).toBe(0)
      },
    ),
    { numRuns: 300 },
  )
})
