import { chunkCost, type Range } from "@luxbus/packet"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { SendMemory } from "../src/index.ts"

const chunk = (bytes: number) => ({ data: new Uint8Array(bytes) })

function filled(count: number, first = 0): SendMemory<{ readonly data: Uint8Array }> {
  const memory = new SendMemory({ first })
  for (let i = 0; i < count; i++) memory.append(chunk(10))
  return memory
}

const ratio = fc.double({ min: 0, max: 1, noNaN: true })
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("append" as const), bytes: fc.nat({ max: 20 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("acknowledge" as const),
      cum: fc.oneof(fc.constant(0), ratio),
      ranges: fc.array(fc.tuple(ratio, fc.nat({ max: 6 })), { maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("drop" as const) }) },
)

test("equals a naive list of chunks after any appends, acknowledgements and drops", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat({ max: 3 }), (steps, first) => {
      const memory = new SendMemory<{ readonly data: Uint8Array }>({ first })
      const held = new Map<number, { readonly data: Uint8Array }>()
      let next = first
      const bytesHeld = () => [...held.values()].reduce((sum, { data }) => sum + data.byteLength, 0)
      for (const action of steps) {
        if (action.kind === "append") {
          const item = chunk(action.bytes)
          held.set(next, item)
          expect(memory.append(item)).toBe(next++)
        } else if (action.kind === "acknowledge") {
          const cum = Math.floor(action.cum * next)
          const ranges = action.ranges
            .map(([at, length]): Range => [Math.floor(at * next), Math.min(next - 1, Math.floor(at * next) + length)])
            .filter(([from, to]) => from <= to)
          const before = bytesHeld()
          for (const n of held.keys()) if (n < cum || ranges.some(([from, to]) => n >= from && n <= to)) held.delete(n)
          expect(memory.acknowledge(cum, ranges)).toBe(before - bytesHeld())
        } else {
          const oldest = held.size === 0 ? undefined : Math.min(...held.keys())
          if (oldest !== undefined) held.delete(oldest)
          expect(memory.dropOldest()).toEqual(oldest === undefined ? undefined : [oldest, oldest])
        }
        expect(memory.next).toBe(next)
        expect(memory.cum).toBe(held.size === 0 ? next : Math.min(...held.keys()))
        expect(memory.heldBytes).toBe(bytesHeld())
        expect(memory.heldCost).toBe(bytesHeld() + held.size * chunkCost(0))
        for (let n = 0; n <= next + 1; n++) {
          expect(memory.get(n)).toBe(held.get(n))
          expect(memory.isAcknowledged(n)).toBe(n < next && !held.has(n))
        }
      }
    }),
  )
})

describe("acknowledge", () => {
  test("ignores a cum that was overtaken by a higher one", () => {
    const memory = filled(10)
    expect(memory.acknowledge(6)).toBe(60)
    expect(memory.acknowledge(4)).toBe(0)
    expect(memory.cum).toBe(6)
  })

  test("frees what ranges name at once and does not count it again", () => {
    const memory = filled(10)
    expect(memory.acknowledge(2, [[4, 5]])).toBe(40)
    expect(memory.acknowledge(2, [[4, 6]])).toBe(10)
    expect(memory.get(4)).toBe(undefined)
    expect(memory.acknowledge(4)).toBe(20)
    expect(memory.cum).toBe(7)
  })

  test("takes no notice of the part of a range that lies below cum", () => {
    const memory = filled(8)
    memory.acknowledge(2)
    for (let i = 0; i < 2; i++) memory.append(chunk(10))
    expect(memory.acknowledge(0, [[0, 3]])).toBe(20)
    expect([memory.cum, memory.heldBytes]).toEqual([4, 60])
    for (let n = 4; n < 10; n++) expect(memory.get(n)).toBeDefined()
  })

  test.each<[string, number, Range[]]>([
    ["a cum above what was sent", 11, []],
    ["a range above what was sent", 3, [[5, 10]]],
    ["a reversed range", 3, [[6, 5]]],
    ["a negative cum", -1, []],
    ["a cum that is no whole number", 1.5, []],
    ["a range that is no whole number", 1, [[Number.NaN, 3]]],
  ])("refuses %s and changes nothing", (_, cum, ranges) => {
    const memory = filled(10)
    const attempt = () => memory.acknowledge(cum, [[4, 4], ...ranges])
    expect(attempt).toThrow(expect.objectContaining({ code: "protocol" }))
    expect([memory.cum, memory.heldBytes, memory.isAcknowledged(4)]).toEqual([0, 100, false])
  })

  test("refuses what lies at next, even of an empty memory", () => {
    const memory = new SendMemory()
    expect(memory.acknowledge(0)).toBe(0)
    expect(() => memory.acknowledge(0, [[0, 0]])).toThrow(expect.objectContaining({ code: "protocol" }))
  })
})

test("drops the oldest chunk that is held, and goes over what is acknowledged behind it", () => {
  const memory = filled(5, 100)
  memory.acknowledge(100, [[101, 102]])
  expect(memory.dropOldest()).toEqual([100, 100])
  expect(memory.cum).toBe(103)
  expect(memory.dropOldest()).toEqual([103, 103])
  expect(memory.dropOldest()).toEqual([104, 104])
  expect(memory.dropOldest()).toBe(undefined)
  expect(memory.append(chunk(1))).toBe(105)
})

test("holds nothing after a burst that was acknowledged out of order", () => {
  const memory = filled(20_000)
  memory.acknowledge(0, [[1, 19_999]])
  expect([memory.heldBytes, memory.cum]).toEqual([10, 0])
  memory.acknowledge(1)
  expect([memory.heldBytes, memory.heldCost, memory.cum, memory.next]).toEqual([0, 0, 20_000, 20_000])
})

test.each([-1, 0.5, Number.NaN, 2 ** 53])("refuses %d as the first number", (first) => {
  expect(() => new SendMemory({ first })).toThrow(expect.objectContaining({ code: "invalid_argument" }))
})
