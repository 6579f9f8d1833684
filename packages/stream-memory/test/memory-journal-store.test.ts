import { describe, expect, test } from "vitest"
import { MemoryJournalStore } from "../src/index.ts"
import { journalConformance } from "../src/testing.ts"

const ringBytes = 32 * 1024

describe("MemoryJournalStore", () => {
  journalConformance(
    { describe, test, expect },
    () => {
      const store = new MemoryJournalStore({ maxBytes: ringBytes })
      return { store, release: () => store.close() }
    },
    { ringBytes },
  )
})

test("refuses a budget that is no number from 0", () => {
  const invalid = expect.objectContaining({ code: "invalid_argument" })
  expect(() => new MemoryJournalStore({ maxBytes: -1 })).toThrow(invalid)
})
