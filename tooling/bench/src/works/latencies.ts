import type { Latency } from "../work.ts"

/** How long the messages of one round were under way. */
export class Latencies {
  #values: number[] = []

  get count(): number {
    return this.#values.length
  }

  /** A round begins. */
  begin(): void {
    this.#values = []
  }

  /** @param ms from when it was due to be sent until its receiver's code had it */
  add(ms: number): void {
    this.#values.push(ms)
  }

  /** @throws RangeError for no values */
  summary(): Latency {
    const sorted = Float64Array.from(this.#values).sort()
    return { p50Ms: percentile(sorted, 0.5), p99Ms: percentile(sorted, 0.99), p999Ms: percentile(sorted, 0.999) }
  }
}

/** The least value that so large a share of all values does not exceed (nearest rank). */
function percentile(sorted: Float64Array, share: number): number {
  const value = sorted[Math.ceil(share * sorted.length) - 1]
  if (value === undefined) throw new RangeError("There is no percentile of nothing.")
  return value
}
