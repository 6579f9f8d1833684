import { expect, it } from "vitest"
import { Latencies } from "../../src/works/latencies.ts"

it("finds the value that so large a share does not exceed, in whatever order they come", () => {
  const latencies = new Latencies()
  latencies.begin()
  for (let i = 0; i < 1_000; i++) latencies.add(((i * 7) % 1_000) + 1)
  expect(latencies.summary()).toEqual({ p50Ms: 500, p99Ms: 990, p999Ms: 999 })
})

it("begins anew with each round", () => {
  const latencies = new Latencies()
  latencies.add(1_000)
  latencies.begin()
  expect(latencies.count).toBe(0)
  expect(() => latencies.summary()).toThrow(RangeError)
  latencies.add(2)
  expect(latencies.summary()).toEqual({ p50Ms: 2, p99Ms: 2, p999Ms: 2 })
})
