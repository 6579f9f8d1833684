import { type DataLane, Lane, Urgency } from "@luxbus/packet"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { MAX_WAIT_MS, QUANTUM_COST, Scheduler } from "../src/scheduler.ts"
import type { Source } from "../src/source.ts"
import { TestEnd } from "./test-end.ts"

const MAX_CHUNK_COST = 64 * 1_024 + 64
const lane: DataLane = Lane.main

function source(address: number, urgency: number = Urgency.normal) {
  return { address, end: new TestEnd(), released: false, controlReady: false, urgency, turns: [] } satisfies Source
}

/** A sender with a backlog of chunks of one size, which it writes as an end does: while there is room. */
class Backlog {
  readonly source: Source
  readonly chunkCost: number
  left: number
  sent = 0
  /** Cost of each turn, and when it was. */
  readonly turns: { readonly atMs: number; readonly cost: number }[] = []

  constructor(source: Source, chunkCost: number, left: number) {
    this.source = source
    this.chunkCost = chunkCost
    this.left = left
  }

  write(room: number, atMs: number): number {
    let cost = 0
    while (this.left > 0 && cost < room) {
      this.left--
      cost += this.chunkCost
    }
    this.sent += cost
    this.turns.push({ atMs, cost })
    return cost
  }
}

/** Serves one turn; the message has room for `room`. @returns its cost; undefined when nobody waits */
function serve(scheduler: Scheduler, backlogs: readonly Backlog[], nowMs: number, room = Number.POSITIVE_INFINITY) {
  const turn = scheduler.next(nowMs)
  if (turn === undefined) return undefined
  const backlog = backlogs.find((one) => one.source === turn.source)!
  const cost = backlog.write(Math.min(turn.deficit, room), nowMs)
  scheduler.served(turn, cost, backlog.left > 0, nowMs)
  return { backlog, cost }
}

const chunkCosts = fc.array(fc.integer({ min: 65, max: MAX_CHUNK_COST }), { minLength: 2, maxLength: 8 })

describe("ends of one urgency", () => {
  test("have equal shares, to within a quantum and a chunk, wherever messages are cut", () => {
    fc.assert(
      fc.property(
        chunkCosts,
        fc.array(fc.integer({ min: 1, max: MAX_CHUNK_COST }), { minLength: 1 }),
        (costs, rooms) => {
          const scheduler = new Scheduler(lane)
          const backlogs = costs.map((cost, i) => new Backlog(source(i + 1), cost, Number.MAX_SAFE_INTEGER))
          for (const { source } of backlogs) scheduler.wake(source, 0)
          for (let i = 0; i < 500; i++) serve(scheduler, backlogs, 0, rooms[i % rooms.length])
          const sent = backlogs.map((one) => one.sent)
          const largest = Math.max(...costs)
          expect(Math.max(...sent) - Math.min(...sent)).toBeLessThanOrEqual(QUANTUM_COST + largest)
        },
      ),
    )
  })

  test("one that is woken anew for each chunk gains nothing by it", () => {
    const scheduler = new Scheduler(lane)
    const steady = new Backlog(source(1), 1_000, Number.MAX_SAFE_INTEGER)
    const single = new Backlog(source(2), MAX_CHUNK_COST, 0)
    scheduler.wake(steady.source, 0)
    for (let i = 0; i < 1_000; i++) {
      if (single.left === 0) single.left = 1
      scheduler.wake(single.source, 0)
      serve(scheduler, [steady, single], 0)
    }
    expect(Math.abs(steady.sent - single.sent)).toBeLessThanOrEqual(QUANTUM_COST + MAX_CHUNK_COST)
  })

  test("what an end did not use is not saved up", () => {
    const scheduler = new Scheduler(lane)
    const idle = new Backlog(source(1), 100, 0)
    for (let i = 0; i < 50; i++) {
      idle.left = 1
      scheduler.wake(idle.source, 0)
      serve(scheduler, [idle], 0)
    }
    idle.left = 10_000
    scheduler.wake(idle.source, 0)
    serve(scheduler, [idle], 0)
    expect(idle.turns.at(-1)?.cost).toBeLessThanOrEqual(QUANTUM_COST + 100)
  })

  test("all of it goes, whatever was woken or freed meanwhile, and then nobody waits", () => {
    const amounts = fc.array(fc.tuple(fc.integer({ min: 65, max: MAX_CHUNK_COST }), fc.nat(20), fc.boolean()))
    fc.assert(
      fc.property(amounts, (plans) => {
        const scheduler = new Scheduler(lane)
        const backlogs = plans.map(([cost, count], i) => new Backlog(source(i + 1), cost, count))
        for (const { source } of backlogs) scheduler.wake(source, 0)
        for (const [i, [, , freed]] of plans.entries()) {
          if (freed) Object.assign(backlogs[i]!.source, { released: true })
        }
        for (let i = 0; i < 10_000 && !scheduler.idle; i++) serve(scheduler, backlogs, 0)
        expect(scheduler.idle).toBe(true)
        const left = backlogs.map((one, i) => (plans[i]![2] ? 0 : one.left))
        expect(left).toEqual(plans.map(() => 0))
        expect(backlogs.filter((_, i) => plans[i]![2]).every(({ sent }) => sent === 0)).toBe(true)
      }),
    )
  })
})

describe("urgency", () => {
  test("the most urgent goes first while nobody has waited long", () => {
    const scheduler = new Scheduler(lane)
    const [low, normal, high] = [Urgency.low, Urgency.normal, Urgency.high].map(
      (urgency, i) => new Backlog(source(i + 1, urgency), 8 * 1_024, 10),
    )
    for (const one of [low!, normal!, high!]) scheduler.wake(one.source, 0)
    const order: number[] = []
    for (let one = serve(scheduler, [low!, normal!, high!], 1); one !== undefined; ) {
      order.push(one.backlog.source.urgency)
      one = serve(scheduler, [low!, normal!, high!], 1)
    }
    expect([...new Set(order)]).toEqual([Urgency.high, Urgency.normal, Urgency.low])
    expect(order).toEqual(order.toSorted((a, b) => rank(a) - rank(b)))
  })

  test("nobody waits beyond 500 ms and one turn of everybody else, while the connection moves", () => {
    const plan = fc.record({
      urgency: fc.constantFrom(...Object.values(Urgency)),
      chunkCost: fc.integer({ min: 65, max: MAX_CHUNK_COST }),
    })
    fc.assert(
      fc.property(fc.array(plan, { minLength: 2, maxLength: 8 }), fc.integer({ min: 1, max: 20 }), (plans, stepMs) => {
        const scheduler = new Scheduler(lane)
        const backlogs = plans.map(
          ({ urgency, chunkCost }, i) => new Backlog(source(i + 1, urgency), chunkCost, Number.MAX_SAFE_INTEGER),
        )
        for (const { source } of backlogs) scheduler.wake(source, 0)
        const rounds = Math.ceil(MAX_CHUNK_COST / QUANTUM_COST) + 1
        const allowedMs = MAX_WAIT_MS + rounds * plans.length * stepMs
        for (let atMs = 0; atMs < 3_000; atMs += stepMs) serve(scheduler, backlogs, atMs)
        for (const { turns } of backlogs) {
          const times = [0, ...turns.map(({ atMs }) => atMs), 3_000]
          const waits = times.slice(1).map((at, i) => at - times[i]!)
          expect(Math.max(...waits)).toBeLessThanOrEqual(allowedMs)
        }
      }),
    )
  })

  test("who has waited 500 ms is next, whatever its urgency, and then waits anew", () => {
    const scheduler = new Scheduler(lane)
    const high = new Backlog(source(1, Urgency.high), 16 * 1_024, 1_000)
    const low = new Backlog(source(2, Urgency.low), 1_000, 1_000)
    for (const { source } of [high, low]) scheduler.wake(source, 0)
    for (let atMs = 0; atMs <= 1_600; atMs += 10) serve(scheduler, [high, low], atMs)
    expect(low.turns.map(({ atMs }) => atMs)).toEqual([500, 1_000, 1_500])
  })
})

function rank(urgency: number): number {
  return [Urgency.high, Urgency.normal, Urgency.low].indexOf(urgency as 0)
}
