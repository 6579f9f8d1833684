import { describe, expect, it } from "vitest"
import { relativeSpread, spreadOf, summarize } from "../../src/report/statistics.ts"
import { round } from "../support/report.ts"

describe("spreadOf", () => {
  it("takes the middle of an odd number of values, by size and not by name", () => {
    expect(spreadOf([9, 100, 20])).toEqual({ median: 20, lowest: 9, highest: 100 })
  })

  it("takes the mean of the two in the middle of an even number", () => {
    expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, lowest: 1, highest: 4 })
  })

  it("leaves the values in their order", () => {
    const values = [3, 1, 2]
    spreadOf(values)
    expect(values).toEqual([3, 1, 2])
  })

  it("knows no median of nothing", () => {
    expect(() => spreadOf([])).toThrow(RangeError)
  })
})

describe("relativeSpread", () => {
  it("is half of the range as a share of the median", () => {
    expect(relativeSpread({ median: 100, lowest: 90, highest: 130 })).toBeCloseTo(0.2)
  })

  it("is nothing where the median is", () => {
    expect(relativeSpread({ median: 0, lowest: 0, highest: 0 })).toBe(0)
  })
})

describe("summarize", () => {
  const summary = summarize([
    { ...round(1_000, 128), elapsedMs: 500, serverCpuMicros: 250_000, clientCpuMicros: 400_000 },
    { ...round(3_000, 128), elapsedMs: 1_000, serverCpuMicros: 600_000, clientCpuMicros: 900_000 },
  ])

  it("counts deliveries and bytes by the second", () => {
    expect(summary.deliveriesPerSecond).toEqual({ median: 2_500, lowest: 2_000, highest: 3_000 })
    expect(summary.bytesPerSecond.highest).toBe(384_000)
  })

  it("divides the server's CPU time by the deliveries of its own round", () => {
    expect(summary.serverCpuMicrosPerDelivery).toEqual({ median: 225, lowest: 200, highest: 250 })
  })

  it("gives loads in cores", () => {
    expect(summary.serverLoad).toEqual({ median: 0.55, lowest: 0.5, highest: 0.6 })
    expect(summary.clientLoad.highest).toBeCloseTo(0.9)
  })
})
