/** What can be expected of a value: the part of vitest's and jest's `expect` that the suites use. */
export interface Expectation {
  /** Identity, as of `Object.is`. */
  toBe(expected: unknown): void
  /** Deep equality of plain values. */
  toEqual(expected: unknown): void
}

/**
 * The test framework, handed in, so that a suite ships without depending on one. vitest's `describe`, `test` and `expect`
 * fit as they are.
 */
export interface TestFunctions {
  /** A group of tests. */
  describe(name: string, body: () => void): unknown
  /** One test; it fails where its body rejects. */
  test(name: string, body: () => Promise<void>): unknown
  /** What is expected of a value. */
  expect(actual: unknown): Expectation
}
