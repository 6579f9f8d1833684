export {
  type JournalConformanceOptions,
  type JournalFixture,
  journalConformance,
} from "./conformance/journal-conformance.ts"
export type { Expectation, TestFunctions } from "./conformance/test-functions.ts"
