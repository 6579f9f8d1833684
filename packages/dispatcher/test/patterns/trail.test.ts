import fc from "fast-check"
import { expect, test } from "vitest"
import { Trail } from "../../src/patterns/trail.ts"

test("is one piece as long as number and position grow in step", () => {
  const trail = new Trail()
  trail.add(0, 10, 5)
  trail.add(5, 15, 3)
  expect([trail.pieceCount, trail.end, trail.positionOf(7), trail.pieceEnd(0)]).toEqual([1, 18, 17, 8])
  trail.add(8, 20, 1)
  expect([trail.pieceCount, trail.end, trail.positionOf(8), trail.pieceEnd(0)]).toEqual([2, 21, 20, 8])
})

test("knows every chunk's place, and the first chunk from every place on, whatever was let go of", () => {
  const step = fc.record({ skip: fc.nat(3), count: fc.integer({ min: 1, max: 4 }), keep: fc.nat(200) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const trail = new Trail()
      const positions: number[] = []
      let [position, first] = [0, 0]
      for (const { skip, count, keep } of steps) {
        position += skip
        trail.add(positions.length, position, count)
        for (let i = 0; i < count; i++) positions.push(position++)
        first = Math.max(first, positions.length - keep)
        trail.trim(first)
        expect(trail.end).toBe(positions.at(-1)! + 1)
        expect(trail.evictedTo).toBe(first === 0 ? 0 : positions[first - 1]! + 1)
      }
      for (let number = first; number < positions.length; number++) {
        expect(trail.positionOf(number)).toBe(positions[number])
        const end = trail.pieceEnd(number)
        expect(positions[end - 1]! - positions[number]!).toBe(end - 1 - number)
      }
      for (let place = 0; place <= position; place++) {
        const found = positions.findIndex((each, number) => number >= first && each >= place)
        expect(trail.numberFrom(place)).toBe(found === -1 ? positions.length : found)
        const held = found === -1 ? Number.POSITIVE_INFINITY : positions[found]
        expect(trail.placeFrom(place)).toBe(trail.evictedTo > place ? trail.evictedTo - 1 : held)
      }
    }),
  )
})
