import fc from "fast-check"
import { expect, test } from "vitest"
import { Ring } from "../src/ring.ts"

test("equals a naive array after any pushes, shifts and replacements", () => {
  const step = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("push" as const), items: fc.array(fc.nat(), { maxLength: 7 }) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("shift" as const), times: fc.nat({ max: 4 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("set" as const), at: fc.nat(), item: fc.nat() }) },
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const ring = new Ring<number>()
      const model: number[] = []
      for (const action of steps) {
        if (action.kind === "push") {
          for (const item of action.items) ring.push(item)
          model.push(...action.items)
        } else if (action.kind === "shift") {
          for (let i = 0; i < action.times; i++) expect(ring.shift()).toBe(model.shift())
        } else if (model.length > 0) {
          ring.set(action.at % model.length, action.item)
          model[action.at % model.length] = action.item
        }
        expect(ring.length).toBe(model.length)
        expect(Array.from({ length: ring.length + 2 }, (_, i) => ring.at(i))).toEqual([...model, undefined, undefined])
        expect(ring.at(-1)).toBe(undefined)
      }
    }),
  )
})

test("goes on after a burst that it has let go of", () => {
  const ring = new Ring<number>()
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 5_000; n++) ring.push(n)
    for (let n = 0; n < 5_000; n++) expect(ring.shift()).toBe(n)
    expect(ring.shift()).toBe(undefined)
  }
})
