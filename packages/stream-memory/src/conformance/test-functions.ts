/** What can be expected of a value: the part of vitest's and jest's `expect` that the suites use. */
export interface Expectation {
  toBe(expected: unknown): void
  /** Deep equality of plain values. */
  toEqual(expected: unknown): void
}

/**
 * The test framework, handed in, so that a suite ships without depending on one. vitest's `describe`, `test` and `expect`
 * fit as they are.
 */
export interface TestFunctions {
  describe(name: string, body: () => void): unknown
  test(name: string, body: () => Promise<void>): unknown
  expect(actual: unknown): Expectation
}
