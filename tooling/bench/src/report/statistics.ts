import type { Round, Spread, Summary } from "./report.ts"

/** @throws RangeError for no values */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const lowest = sorted[0]
  const highest = sorted.at(-1)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.floor((sorted.length - 1) / 2)]
  if (lowest === undefined || highest === undefined || lower === undefined || upper === undefined) {
    throw new RangeError("There is no median of nothing.")
  }
  return { median: (lower + upper) / 2, lowest, highest }
}

/** How far the rounds are apart: half of what lies between the lowest and the highest, as a share of the median. */
export function relativeSpread({ median, lowest, highest }: Spread): number {
  return median === 0 ? 0 : (highest - lowest) / 2 / median
}

/** What the rounds of one system come to. */
export function summarize(rounds: readonly Round[]): Summary {
  const over = (value: (round: Round) => number) => spreadOf(rounds.map(value))
  return {
    deliveriesPerSecond: over(({ deliveries, elapsedMs }) => (deliveries / elapsedMs) * 1_000),
    bytesPerSecond: over(({ bytes, elapsedMs }) => (bytes / elapsedMs) * 1_000),
    serverCpuMicrosPerDelivery: over(({ serverCpuMicros, deliveries }) => serverCpuMicros / deliveries),
    serverLoad: over(({ serverCpuMicros, elapsedMs }) => serverCpuMicros / (elapsedMs * 1_000)),
    clientLoad: over(({ clientCpuMicros, elapsedMs }) => clientCpuMicros / (elapsedMs * 1_000)),
    serverRssBytes: over(({ serverRssBytes }) => serverRssBytes),
    ...summarizeLatency(rounds),
  }
}

function summarizeLatency(rounds: readonly Round[]): Pick<Summary, "latency"> {
  const measured = rounds.flatMap(({ latency = [] }) => latency)
  if (measured.length === 0) return {}
  return {
    latency: {
      p50Ms: spreadOf(measured.map(({ p50Ms }) => p50Ms)),
      p99Ms: spreadOf(measured.map(({ p99Ms }) => p99Ms)),
      p999Ms: spreadOf(measured.map(({ p999Ms }) => p999Ms)),
    },
  }
}
