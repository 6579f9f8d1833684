import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { withFigures, withShortFigures } from "../../src/report/performance-page.ts"
import { report } from "../support/report.ts"

const page = readFileSync(new URL("../../../../docs/performance.md", import.meta.url), "utf8")

describe("withFigures", () => {
  it("puts the figures in place of the former ones and leaves the rest as it was", () => {
    const written = withFigures(page, report)
    const [before, after] = [page.split("<!-- figures")[0] ?? "", page.split("<!-- end of figures -->")[1] ?? ""]
    expect(written.startsWith(before)).toBe(true)
    expect(written.endsWith(after)).toBe(true)
    expect(written).toContain("| 1 100 k |".replaceAll("|", "").trim())
    expect(written).not.toContain(figuresOf(page).slice(40, 200))
  })

  it("says when, on what, with which versions and beside how much else it was measured", () => {
    const figures = figuresOf(withFigures(page, report))
    expect(figures).toContain("2030-05-06 · A processor, 2 cores, 8 GiB")
    expect(figures).toContain("0.26")
    expect(figures).toContain("luxbus at abc1234, ws 8.0.0.")
  })

  it("warns where the machine did much else", () => {
    const busy = { ...report, machine: { ...report.machine, loadAverage: 1.1 } }
    expect(figuresOf(withFigures(page, busy))).toContain("The machine was busy")
    expect(figuresOf(withFigures(page, report))).not.toContain("The machine was busy")
  })

  it("can be done again", () => {
    const once = withFigures(page, report)
    expect(withFigures(once, report)).toBe(once)
  })

  it("refuses a page without a place for them", () => {
    expect(() => withFigures("# Performance\n", report)).toThrow("no place for figures")
  })
})

describe("withShortFigures", () => {
  const readme = readFileSync(new URL("../../../../README.md", import.meta.url), "utf8")

  it("puts one row for each work into the README, with what it was measured on", () => {
    const lines = figuresOf(withShortFigures(readme, report))
      .split("\n")
      .map((line) => line.replace(/ +/g, " "))
    expect(lines).toContain("| | **luxbus** | raw ws relay | A & B |")
    expect(lines).toContain("| 128 B to <50> subscribers | 1 100 k/s, 2.00 µs | 220 k/s, 2.00 µs | 55 k/s, 2.00 µs |")
    expect(lines).toContain("| 64 KiB chunks | 250 MiB/s, 2.00 µs | 500 MiB/s, 2.00 µs | |")
    expect(lines.join("\n")).toContain("2030-05-06 · A processor, 2 cores, 8 GiB")
  })
})

function figuresOf(text: string): string {
  return text.slice(text.indexOf("<!-- figures"), text.indexOf("<!-- end of figures -->"))
}
