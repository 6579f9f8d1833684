import { describe, expect, it } from "vitest"
import { resultChart } from "../../src/report/chart.ts"
import { keystrokes, report } from "../support/report.ts"

const chart = resultChart(report)

/** The attributes of all elements of a class. */
function attributes(className: string, name: string): number[] {
  const element = new RegExp(`<\\w+ class="${className}"[^>]* ${name}="([\\d.]+)"`, "g")
  return [...chart.matchAll(element)].map(([, value]) => Number(value))
}

describe("resultChart", () => {
  it("gives each work a scale of its own", () => {
    const [longestPeerOfBulk] = attributes("peer", "width").slice(-1)
    expect(longestPeerOfBulk).toBe(390)
    expect(attributes("own", "width")).toEqual([390 * (1_100 / 1_200), 390 / 2])
  })

  it("makes bars in proportion to the medians", () => {
    const [relay = 0, other = 0] = attributes("peer", "width")
    expect(relay / other).toBeCloseTo(4, 1)
  })

  it("marks the lowest and the highest round", () => {
    expect(attributes("spread", "x1")[0]).toBe(156 + 390 * (1_000 / 1_200))
    expect(attributes("spread", "x2")[0]).toBe(156 + 390)
  })

  it("says every value in text", () => {
    for (const text of ["1 100 k", "220 k", "55 k", "250", "500", "2.00 µs server CPU each"])
      expect(chart).toContain(`>${text}<`)
  })

  it("has a title and a description with all values for those who do not see it", () => {
    expect(chart).toContain('role="img" aria-labelledby="title desc"')
    expect(chart).toContain("64 KiB chunks, MiB per second: luxbus 250 (2.00 µs server CPU each), raw ws relay 500")
  })

  it("names the machine and the day", () => {
    expect(chart).toContain("2030-05-06 · A processor, 2 cores, 8 GiB · Node 20.19.0 · Linux 6.1")
  })

  it("escapes what is no markup", () => {
    expect(chart).toContain("128 B to &lt;50&gt; subscribers")
    expect(chart).toContain("A &amp; B")
    expect(chart).not.toContain("<50>")
  })

  it("has every colour for light and for dark", () => {
    const [light = "", dark = ""] = chart.match(/svg \{[^}]*\}/g) ?? []
    const used = new Set([...chart.matchAll(/var\((--\w+)\)/g)].map(([, name]) => name ?? ""))
    expect(used.size).toBeGreaterThan(5)
    for (const name of used) {
      expect(light).toContain(`${name}: #`)
      expect(dark).toContain(`${name}: #`)
    }
  })

  it("keeps everything within its frame", () => {
    const height = Number(/ height="(\d+)" role/.exec(chart)?.[1])
    expect(Math.max(...[...chart.matchAll(/ y="(\d+)"/g)].map(([, y]) => Number(y)))).toBeLessThan(height)
  })

  it("leaves latency out, of which less is better", () => {
    expect(resultChart({ ...report, works: [...report.works, keystrokes] })).toBe(chart)
  })
})
