import fc from "fast-check"
import { expect, test } from "vitest"
import { Fifo } from "../src/fifo.ts"

test("a queue gives what a plain array would, in order", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 30 }), (steps) => {
      const fifo = new Fifo<number>()
      const model: number[] = []
      let next = 0
      for (const step of steps) {
        // Large steps, so that the queue moves its rest together now and then.
        for (let i = 0; i < step * 500; i++) {
          fifo.push(next)
          model.push(next++)
        }
        for (let i = 0; i > step * 500; i--) expect(fifo.shift()).toBe(model.shift())
        expect(fifo.length).toBe(model.length)
      }
    }),
    { numRuns: 12 },
  )
})

test("an empty queue gives nothing, also after it was cleared", () => {
  const fifo = new Fifo<number>()
  expect(fifo.shift()).toBe(undefined)
  fifo.push(1)
  fifo.clear()
  expect([fifo.length, fifo.shift()]).toEqual([0, undefined])
})
