import type { JournalStore, MaybePromise } from "../journal.ts"
import { appendTraits } from "./append-traits.ts"
import { finishTraits } from "./finish-traits.ts"
import { lifecycleTraits } from "./lifecycle-traits.ts"
import { ringTraits } from "./ring-traits.ts"
import { storeTraits } from "./store-traits.ts"
import type { TestFunctions } from "./test-functions.ts"

/** A store made for one test. */
export interface JournalFixture {
  /** Empty, and the test's alone. */
  readonly store: JournalStore
  /** Called once when the test has ended, the store closed or not: closes it and removes what it left behind. */
  release(): MaybePromise<void>
}

/** What the suite has to know of the implementation. */
export interface JournalConformanceOptions {
  /** Budget of each journal of the fixture's stores, in bytes; at least 16 KiB, so that eight runs fit. */
  readonly ringBytes: number
}

/** What a group of traits gets: `test` makes a store, hands it over and releases it. */
export interface TraitTools {
  readonly test: (name: string, body: (store: JournalStore) => Promise<void>) => void
  readonly expect: TestFunctions["expect"]
  readonly ringBytes: number
}

/**
 * Declares the tests that every implementation of the journal contract passes: order, contiguity, reads, eviction,
 * outcome, epochs, and each operation on a journal that is open, closing and closed.
 * @param tools the test framework
 * @param makeStore makes a fresh store for each test
 */
export function journalConformance(
  tools: TestFunctions,
  makeStore: () => MaybePromise<JournalFixture>,
  options: JournalConformanceOptions,
): void {
  const traits: TraitTools = {
    expect: tools.expect,
    ringBytes: options.ringBytes,
    test: (name, body) =>
      tools.test(name, async () => {
        const fixture = await makeStore()
        try {
          await body(fixture.store)
        } finally {
          await fixture.release()
        }
      }),
  }
  tools.describe("journal", () => {
    tools.describe("append and read", () => appendTraits(traits))
    tools.describe("retention", () => ringTraits(traits))
    tools.describe("outcome", () => finishTraits(traits))
    tools.describe("open, closing, closed", () => lifecycleTraits(traits))
  })
  tools.describe("journal store", () => storeTraits(traits))
}
