import { ManualClock } from "@luxbus/clock/testing"
import { type DataLane, Lane, laneName, StreamKind, WRITER_LIMITS } from "@luxbus/packet"
import fc from "fast-check"
import { expect, test } from "vitest"
import { SendBudget, StreamWriter } from "../src/index.ts"
import { testHash } from "../src/testing.ts"

const KIB = 1024
const CHUNK = new Uint8Array(32 * KIB - 64)
const COST = 32 * KIB
/** More than fits: of writers that each write until they have to wait. */
const MANY = 40

/** Writers of one session whose applications always have more to write, and readers that a test speaks for. */
class Session {
  readonly budget = new SendBudget()
  readonly writers: StreamWriter[] = []
  /** The writers' numbers, as they were told of room. */
  readonly told: number[] = []
  /** Which applications write again as soon as they may. */
  greedy = (_writer: number) => true
  readonly #clock = new ManualClock()
  readonly #lane: DataLane

  constructor(lane: DataLane, count: number) {
    this.#lane = lane
    for (let i = 0; i < count; i++) this.add()
  }

  add(): StreamWriter {
    const number = this.writers.length
    const writer: StreamWriter = new StreamWriter(
      {
        clock: this.#clock,
        createHash: testHash,
        budget: this.budget,
        events: {
          room: (lane) => {
            this.told.push(number)
            // As an application that awaits each write: one, then it asks again.
            if (this.greedy(number) && writer.hasRoom(lane)) writer.write(lane, CHUNK.subarray(0, this.#chunkBytes), 0)
          },
          notice() {},
          cancelled() {},
          complete() {},
          failed() {},
        },
      },
      { kind: StreamKind.relayed, name: `job.${number}`, to: "bob", epoch: 1, seq: new Uint8Array(40) },
    )
    this.writers.push(writer)
    return writer
  }

  /** Every application writes, one chunk each in turn, until all have to wait. */
  fill(): void {
    for (let wrote = true; wrote; ) {
      wrote = false
      for (const writer of this.writers) wrote = this.writeOne(writer) || wrote
    }
  }

  writeOne(writer: StreamWriter): boolean {
    if (!writer.hasRoom(this.#lane)) return false
    writer.write(this.#lane, CHUNK.subarray(0, this.#chunkBytes), 0)
    return true
  }

  /** The writer's reader has everything that it wrote. */
  acknowledge(writer: StreamWriter): void {
    const output = { room: 1e9, chunk() {}, end() {}, control() {}, frames() {} }
    writer.control({ open: true, epoch: 1 }, 0)
    writer.control({ lane: this.#lane, credit: 1e9 }, 0)
    let sent = 0
    writer.pull(this.#lane, { ...output, chunk: () => sent++ })
    const acknowledged = this.#acknowledged.get(writer) ?? 0
    this.#acknowledged.set(writer, acknowledged + sent)
    for (let i = 1; i <= sent; i++) writer.control({ lane: this.#lane, cum: acknowledged + i }, 0)
  }

  readonly #acknowledged = new Map<StreamWriter, number>()

  get #chunkBytes(): number {
    return this.#lane === Lane.main ? CHUNK.length : 8 * KIB - 64
  }
}

test("a session of many full streams holds 32 MiB, and one chunk at most beyond", () => {
  for (const [lane, bytes, chunk] of [
    [Lane.main, 30 * 1024 * KIB, COST],
    [Lane.error, 2 * 1024 * KIB, 8 * KIB],
  ] as const) {
    const session = new Session(lane, MANY)
    session.fill()
    const { heldCost } = session.budget[laneName(lane)]
    expect(heldCost).toBe(session.writers.reduce((sum, writer) => sum + writer.heldCost, 0))
    expect(heldCost).toBeLessThanOrEqual(bytes + chunk)
    expect(heldCost).toBeGreaterThan(bytes * 0.95)
  }
})

test("a stream alone, or one of a few, holds 4 MiB", () => {
  const session = new Session(Lane.main, 3)
  session.fill()
  for (const { heldCost } of session.writers) {
    expect(heldCost).toBeGreaterThanOrEqual(WRITER_LIMITS.sendMemoryBytes)
    expect(heldCost).toBeLessThan(WRITER_LIMITS.sendMemoryBytes + COST)
  }
})

test("a stream that holds nothing is never starved by those that are full, though they are never read", () => {
  const session = new Session(Lane.main, MANY)
  session.fill()
  expect(session.writers.map((writer) => session.writeOne(writer))).not.toContain(true)
  const newcomer = session.add()
  expect(session.writeOne(newcomer)).toBe(true)
})

test("main that has used up its part leaves error its own, and error main", () => {
  const session = new Session(Lane.main, MANY)
  session.fill()
  for (const writer of session.writers) expect(writer.hasRoom(Lane.error)).toBe(true)
  const errors = new Session(Lane.error, MANY)
  errors.fill()
  for (const writer of errors.writers) expect(writer.hasRoom(Lane.main)).toBe(true)
})

test("room that comes back goes round: nobody gets of it twice while others wait, and all hold the same to within two chunks", () => {
  const session = new Session(Lane.main, MANY)
  session.fill()
  session.greedy = (writer) => writer !== 0
  session.acknowledge(session.writers[0]!)
  const told = session.told.filter((writer) => writer !== 0)
  expect(told.length).toBeGreaterThan(MANY / 2)
  expect(told.length).toBe(new Set(told).size)
  const others = session.writers.slice(1).map(({ heldCost }) => heldCost)
  expect(Math.max(...others) - Math.min(...others)).toBeLessThanOrEqual(2 * COST)
})

test("a stream that ends, fails or is complete gives back all that it held, and waits for nothing", () => {
  const session = new Session(Lane.main, MANY)
  session.greedy = () => false
  session.fill()
  const { main } = session.budget
  expect(main.waitingCount).toBe(MANY)
  for (const writer of session.writers) writer.reset(new Error("over") as never)
  expect([main.heldCost, main.waitingCount]).toEqual([0, 0])
  expect(session.writers.every((writer) => writer.hasRoom(Lane.main))).toBe(true)
  expect(main.waitingCount).toBe(0)
})

test("keeps its bound and forgets nobody, whatever is written, read and ended in whatever order", () => {
  const step = fc.record({
    kind: fc.constantFrom("write" as const, "write" as const, "write" as const, "read" as const, "end" as const),
    writer: fc.nat({ max: 11 }),
    count: fc.integer({ min: 1, max: 60 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const session = new Session(Lane.main, 12)
      for (const { kind, writer: number, count } of steps) {
        const writer = session.writers[number]!
        if (kind === "read" && writer.state !== "failed") session.acknowledge(writer)
        if (kind === "end" && count < 6) writer.reset(new Error("over") as never)
        if (kind === "write" && writer.state !== "failed") {
          for (let i = 0; i < count * 4 && session.writeOne(writer); i++);
        }
        const held = session.writers.reduce((sum, { heldCost }) => sum + heldCost, 0)
        expect(session.budget.main.heldCost).toBe(held)
        expect(held).toBeLessThanOrEqual(30 * 1024 * KIB + COST)
      }
      session.greedy = () => false
      for (const writer of session.writers) writer.reset(new Error("over") as never)
      expect([session.budget.main.heldCost, session.budget.main.waitingCount]).toEqual([0, 0])
    }),
    { numRuns: 40 },
  )
})
