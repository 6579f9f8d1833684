import fc from "fast-check"
import { expect, test } from "vitest"
import type { LogEntry } from "../../../src/browser/watch/job-log.ts"
import { formatView, parseView, type SavedView } from "../../../src/browser/watch/saved-view.ts"

const lane = fc.constantFrom("main" as const, "error" as const)
const entry: fc.Arbitrary<LogEntry> = fc.oneof(
  fc.record({ type: fc.constant("chunk" as const), lane, chunk: fc.nat(), bytes: fc.uint8Array({ maxLength: 50 }) }),
  fc.record({
    type: fc.constant("notice" as const),
    of: fc.option(lane, { nil: undefined }),
    tone: fc.constantFrom("plain" as const, "loss" as const, "good" as const),
    text: fc.string(),
  }),
)
const omitted = fc.record({ main: fc.nat(), error: fc.nat() })
const view: fc.Arbitrary<SavedView> = fc.record({
  job: fc.string(),
  cursor: fc.string(),
  entries: fc.array(entry),
  omitted,
})

test("any view comes back as it was", () => {
  fc.assert(
    fc.property(view, (saved) => {
      expect(parseView(formatView(saved))).toEqual(saved)
    }),
  )
})

test("of a long view the end is kept, and what is left out is counted by lane", () => {
  const entries: LogEntry[] = Array.from({ length: 100 }, (_, chunk) => ({
    type: "chunk",
    lane: chunk % 2 === 0 ? "main" : "error",
    chunk,
    bytes: new Uint8Array(10),
  }))
  const saved = parseView(formatView({ job: "a", cursor: "c", entries, omitted: { main: 5, error: 0 } }, 200))
  expect(saved?.entries).toEqual(entries.slice(80))
  expect(saved?.omitted).toEqual({ main: 405, error: 400 })
})

test.each([null, "", "{}", "[]", "null", '{"job":"a","cursor":"b","entries":[null],"omitted":{"main":0,"error":0}}'])(
  "what is no view is none: %s",
  (text) => {
    expect(parseView(text)).toBeUndefined()
  },
)
