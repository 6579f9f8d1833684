import { Lane } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { Findings } from "../src/findings.ts"
import { LaneCheck } from "../src/lane-check.ts"
import { LaneLedger } from "../src/lane-ledger.ts"
import { Trace } from "../src/trace.ts"

/** More than one chunk of the error lane takes: a text in two chunks. */
const LONG = 40_000

/** What was written, and a reader's check of it. Chunks: bytes 0 and 1, a text in 2 and 3, bytes 4. */
function setUp() {
  const ledger = new LaneLedger("stream", Lane.error)
  const written = [ledger.bytes(10), ledger.bytes(0), ledger.text(LONG), ledger.bytes(7)] as const
  const findings = new Findings(new Trace(() => 0))
  return { written, findings, check: new LaneCheck(ledger, "reader", findings) }
}

describe("nothing is wrong", () => {
  test("with everything, in order", () => {
    const { written, findings, check } = setUp()
    for (const payload of written) check.payload(payload)
    check.end()
    expect([findings.all, check.next, check.whole]).toEqual([[], 5, true])
  })

  test("with a gap that names what is missing, though it begins inside of a text", () => {
    const { written, findings, check } = setUp()
    check.payload(written[0])
    check.gap({ ranges: [[1, 2]], first: 3, message: 2, reason: "lagged" })
    check.payload(written[3])
    expect([findings.all, check.whole]).toEqual([[], true])
    const partly = setUp()
    for (const payload of written.slice(0, 2)) partly.check.payload(payload)
    partly.check.gap({ ranges: [[3, 3]], first: 4, message: 4, reason: "lagged" })
    expect(partly.findings.all).toEqual([])
  })
})

describe("behind a gap", () => {
  test.each([
    ["may be left out where nobody knows whether it is whole", 0, 0],
    ["must come where it is known to begin there", 2, 1],
  ])("a text %s", (_, message, count) => {
    const { written, findings, check } = setUp()
    check.gap({ ranges: [[0, 1]], first: 2, message, reason: "lagged" })
    check.payload(written[3])
    expect(findings.all).toHaveLength(count)
  })
})

describe("it is wrong", () => {
  const cases: Readonly<Record<string, (check: LaneCheck, written: ReturnType<typeof setUp>["written"]) => void>> = {
    "that a payload comes twice": (check, [first]) => [first, first].forEach((payload) => void check.payload(payload)),
    "that one is left out": (check, [, second]) => check.payload(second),
    "that a byte differs": (check, [first]) => check.payload(first.with(3, 255 - (first[3] ?? 0))),
    "that half of a text is taken for a whole one": (check, [, , text]) => {
      check.gap({ ranges: [[0, 2]], first: 3, message: 2, reason: "evicted" })
      check.payload(text.slice(-(LONG - 32_000)))
    },
    "that a gap does not name what is missing": (check) =>
      check.gap({ ranges: [[1, 1]], first: 2, message: 2, reason: "lagged" }),
    "that a gap goes back": (check, [first, second]) => {
      for (const payload of [first, second]) check.payload(payload)
      check.gap({ ranges: [], first: 1, message: 1, reason: "epoch" })
    },
    "that more comes than was written": (check, written) => {
      for (const payload of [...written, written[3]]) check.payload(payload)
    },
    "that something comes after the end": (check, [first]) => {
      check.end()
      check.payload(first)
    },
  }
  test.each(Object.keys(cases))("%s", (name) => {
    const { written, findings, check } = setUp()
    cases[name]?.(check, written)
    expect(findings.all).toHaveLength(1)
  })
})
