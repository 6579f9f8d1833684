import { describe, expect, it } from "vitest"
import { resultTable, shortTable } from "../../src/report/table.ts"
import { keystrokes, report } from "../support/report.ts"

const [fanOut, bulk] = report.works
if (fanOut === undefined || bulk === undefined) throw new Error("The report of the tests has two works.")

const rowsOf = (table: string) => table.split("\n").map((line) => line.split("|").map((cell) => cell.trim()))

describe("resultTable", () => {
  it("has a line for each system of each work, and names the work once", () => {
    const names = rowsOf(resultTable(report.works)).map((cells) => cells[1])
    expect(names.slice(2)).toEqual(["fan-out: 128 B to <50> subscribers", "", "", "bulk: 64 KiB chunks", ""])
  })

  it("shows the median with its spread, its ratio to the raw relay and what it cost the server", () => {
    const [, , luxbus] = rowsOf(resultTable([fanOut]))
    const none = ["–", "–"]
    expect(luxbus?.slice(2, -1)).toEqual([
      "**luxbus**",
      "1 100 k",
      "9 %",
      "134",
      ...none,
      "5.00",
      "2.00",
      "220 %",
      "50 %",
      "64",
    ])
  })

  it("shows slower ones as a fraction of the raw relay", () => {
    expect(rowsOf(resultTable([bulk])).map((cells) => cells[8])).toEqual(
      ["× raw relay", "---:", "0.500", "1.00"].map(expectedCell),
    )
  })

  it("shows no ratio where the raw relay was not measured", () => {
    const alone = { ...fanOut, systems: fanOut.systems.slice(0, 1) }
    expect(rowsOf(resultTable([alone])).at(-1)?.[8]).toBe("–")
  })

  it("shows how long deliveries took, and the ratio of the medians, where that is measured", () => {
    const [, , luxbus] = rowsOf(resultTable([keystrokes]))
    expect(luxbus?.slice(6, 9)).toEqual(["0.300", "2.00", "1.50"])
    expect(shortTable([keystrokes])).toContain("| p99 2.00 ms, 2.00 µs |")
  })
})

/** Dashes below a heading are as many as its column is wide. */
function expectedCell(text: string): unknown {
  return text.startsWith("---") ? expect.stringMatching(/^-+:$/) : text
}
