import type { Range } from "@luxbus/packet"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { ReceiveMemory, type Reception } from "../src/index.ts"

/** What is in `numbers` within the bounds, or what is not, as ranges. */
function toRanges(from: number, to: number, has: (n: number) => boolean): Range[] {
  const ranges: [number, number][] = []
  for (let n = from; n <= to; n++) {
    if (!has(n)) continue
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === n - 1) last[1] = n
    else ranges.push([n, n])
  }
  return ranges
}

/** What stands for the gap that begins at `n` is `MARK + n`. */
const MARK = 1_000

/** The same promises, kept by walking over everything. */
class NaiveReceiver {
  readonly arrived = new Set<number>()
  readonly gaps = new Map<number, number>()
  readonly queue: number[] = []
  readonly maxRanges: number
  cum: number
  known: number

  constructor(first: number, maxRanges: number) {
    this.cum = first
    this.known = first
    this.maxRanges = maxRanges
  }

  receive(n: number): Reception {
    if (n < this.cum || this.arrived.has(n)) return "duplicate"
    this.known = Math.max(this.known, n + 1)
    this.arrived.add(n)
    if (this.ranges(this.cum + 1).length > this.maxRanges && n !== this.cum) {
      this.arrived.delete(n)
      return "refused"
    }
    const next = n === this.cum
    this.advance()
    return next ? "next" : "ahead"
  }

  leaveOut(first: number, last: number): readonly number[] {
    const from = Math.max(first, this.cum)
    if (from > last) return []
    const gaps = [...this.gaps]
    if (gaps.some(([a, b]) => a <= last && b >= from && (a < from || b > last))) return []
    const count = Math.max(this.gaps.size, this.ranges(this.cum + 1).length)
    if (from !== this.cum && !this.gaps.has(from) && count >= this.maxRanges) return []
    const dropped: number[] = []
    for (let n = from; n <= last; n++) {
      const gap = gaps.find(([a, b]) => a <= n && b >= n)
      if (gap === undefined ? this.arrived.has(n) : gap[0] === n) dropped.push(gap === undefined ? n : MARK + n)
      this.gaps.delete(n)
      this.arrived.add(n)
    }
    this.gaps.set(from, last)
    this.known = Math.max(this.known, last + 1)
    this.advance()
    return dropped
  }

  advance(): void {
    while (this.arrived.has(this.cum)) {
      const last = this.gaps.get(this.cum)
      this.queue.push(last === undefined ? this.cum : MARK + this.cum)
      this.gaps.delete(this.cum)
      this.cum = (last ?? this.cum) + 1
    }
  }

  ranges(from = this.cum): Range[] {
    return toRanges(from, 100, (n) => this.arrived.has(n))
  }

  missing(): Range[] {
    return toRanges(this.cum, this.known - 1, (n) => !this.arrived.has(n))
  }
}

const near = fc.integer({ min: -4, max: 12 })
const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("receive" as const), offset: near }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("take" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("stateNext" as const), offset: near }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("leaveOut" as const), offset: near, count: fc.nat({ max: 6 }) }),
  },
)

test("equals a naive receiver after any arrivals, takes, statements and gaps", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.nat({ max: 3 }),
      fc.integer({ min: 1, max: 4 }),
      (steps, first, maxRanges) => {
        const memory = new ReceiveMemory<number>({ first, maxRanges })
        const model = new NaiveReceiver(first, maxRanges)
        for (const action of steps) {
          const n = action.kind === "take" ? 0 : Math.min(90, Math.max(0, model.cum + action.offset))
          if (action.kind === "receive") expect(memory.receive(n, n)).toBe(model.receive(n))
          else if (action.kind === "take") expect(memory.take()).toBe(model.queue.shift())
          else if (action.kind === "stateNext") {
            memory.stateNext(n)
            model.known = Math.max(model.known, n)
          } else {
            const first = Math.max(n, model.cum)
            const last = n + action.count
            expect(memory.leaveOut(n, last, MARK + first)).toEqual(model.leaveOut(n, last))
          }
          expect(memory.cum).toBe(model.cum)
          expect(memory.ranges()).toEqual(model.ranges())
          expect(memory.missing()).toEqual(model.missing())
        }
        for (const n of model.queue) expect(memory.take()).toBe(n)
        expect(memory.take()).toBe(undefined)
      },
    ),
  )
})

test("gives everything out once and in order, whatever order it arrives in and however often", () => {
  const arrivals = fc
    .integer({ min: 1, max: 50 })
    .chain((count) => fc.tuple(fc.constant(count), fc.array(fc.nat({ max: count - 1 }), { maxLength: 200 })))
  fc.assert(
    fc.property(arrivals, ([count, order]) => {
      const memory = new ReceiveMemory<string>()
      const taken: string[] = []
      for (const n of order) memory.receive(n, `chunk ${n}`)
      memory.stateNext(count)
      for (let asked = 0; memory.missing().length > 0; asked++) {
        expect(asked).toBeLessThan(count)
        for (const [first, last] of memory.missing())
          for (let n = first; n <= last; n++) memory.receive(n, `chunk ${n}`)
      }
      for (let item = memory.take(); item !== undefined; item = memory.take()) taken.push(item)
      expect(taken).toEqual(Array.from({ length: count }, (_, n) => `chunk ${n}`))
    }),
  )
})

describe("bounds", () => {
  test("refuses what would make a range too many, asks for it, and takes it once there is room", () => {
    const memory = new ReceiveMemory<number>({ maxRanges: 2 })
    expect([1, 3, 5, 4].map((n) => memory.receive(n, n))).toEqual(["ahead", "ahead", "refused", "ahead"])
    expect(memory.missing()).toEqual([
      [0, 0],
      [2, 2],
      [5, 5],
    ])
    memory.receive(0, 0)
    expect(memory.receive(6, 6)).toBe("ahead")
    expect(memory.receive(5, 5)).toBe("ahead")
    expect(memory.ranges()).toEqual([[3, 6]])
  })

  test("keeps 64 ranges and asks for 64 unless told otherwise", () => {
    const memory = new ReceiveMemory<number>()
    for (let n = 1; n < 400; n += 2) memory.receive(n, n)
    expect(memory.ranges()).toHaveLength(64)
    expect(memory.ranges().at(-1)).toEqual([127, 127])
    expect(memory.missing()).toHaveLength(64)
    expect(memory.missing().at(-1)).toEqual([126, 126])
  })

  test("allocates nothing for a number that is claimed but has not come", () => {
    const memory = new ReceiveMemory<number>()
    memory.stateNext(Number.MAX_SAFE_INTEGER)
    expect(memory.receive(Number.MAX_SAFE_INTEGER - 1, 1)).toBe("ahead")
    expect(memory.missing()).toEqual([[0, Number.MAX_SAFE_INTEGER - 2]])
    expect(memory.leaveOut(0, Number.MAX_SAFE_INTEGER - 2, 0)).toEqual([])
    expect([memory.take(), memory.take()]).toEqual([0, 1])
  })

  test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("refuses %d as a number off the wire", (n) => {
    const memory = new ReceiveMemory<number>()
    const protocol = expect.objectContaining({ code: "protocol" })
    expect(() => memory.receive(n, 0)).toThrow(protocol)
    expect(() => memory.stateNext(n)).toThrow(protocol)
    expect(() => memory.leaveOut(n, 9, 0)).toThrow(protocol)
    expect(() => memory.leaveOut(0, n, 0)).toThrow(protocol)
    expect([memory.cum, memory.missing(), memory.ranges()]).toEqual([0, [], []])
  })

  test.each([{ first: -1 }, { first: 0.5 }, { maxRanges: 0 }, { maxRanges: 1.5 }])("refuses %o", (options) => {
    expect(() => new ReceiveMemory(options)).toThrow(expect.objectContaining({ code: "invalid_argument" }))
  })
})

describe("gaps", () => {
  const takeAll = <T>(memory: ReceiveMemory<T>): T[] => {
    const taken: T[] = []
    for (let item = memory.take(); item !== undefined; item = memory.take()) taken.push(item)
    return taken
  }

  test("are given out behind what arrived in order before them, and drop what lies in them", () => {
    const memory = new ReceiveMemory<number | string>()
    for (const n of [0, 1, 3, 6, 7, 9]) memory.receive(n, n)
    expect(memory.leaveOut(0, 5, "gap")).toEqual([3])
    expect(takeAll(memory)).toEqual([0, 1, "gap", 6, 7])
    expect(memory.receive(3, 3)).toBe("duplicate")
    expect(memory.ranges()).toEqual([[9, 9]])
    expect(memory.missing()).toEqual([[8, 8]])
  })

  test("that lie ahead wait for what comes before them, are not asked for, and take in nothing late", () => {
    const memory = new ReceiveMemory<number | string>()
    memory.receive(0, 0)
    memory.leaveOut(3, 5, "gap")
    expect([memory.cum, memory.ranges(), memory.missing()]).toEqual([1, [[3, 5]], [[1, 2]]])
    expect([memory.receive(4, 4), memory.receive(6, 6), memory.receive(2, 2)]).toEqual(["duplicate", "ahead", "ahead"])
    expect(takeAll(memory)).toEqual([0])
    memory.receive(1, 1)
    expect(takeAll(memory)).toEqual([1, 2, "gap", 6])
  })

  test("grow when they are stated again, and are one gap still", () => {
    const memory = new ReceiveMemory<number | string>()
    memory.leaveOut(3, 5, "first")
    memory.leaveOut(1, 9, "second")
    expect(memory.leaveOut(2, 6, "part of it")).toEqual([])
    memory.receive(0, 0)
    expect([takeAll(memory), memory.cum]).toEqual([[0, "second"], 10])
  })

  test("beyond everything that is known are gone over, however long they are", () => {
    const memory = new ReceiveMemory<number | string>()
    memory.receive(0, 0)
    memory.receive(4, 4)
    memory.leaveOut(0, 2 ** 52, "gap")
    expect([memory.cum, memory.ranges(), memory.missing()]).toEqual([2 ** 52 + 1, [], []])
    expect(memory.receive(2 ** 52 + 1, 1)).toBe("next")
  })
})
