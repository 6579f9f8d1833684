import type { Latency, Measure } from "../work.ts"

/** What one run of the bench found. This is the JSON file. */
export interface Report {
  /** ISO 8601. */
  readonly startedAt: string
  readonly machine: Machine
  /** By package; luxbus's own by the commit. */
  readonly versions: Readonly<Record<string, string>>
  readonly settings: Settings
  readonly works: readonly WorkResult[]
}

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly os: string
  readonly node: string
  /** Over one minute, when the bench began: what else the machine was doing. */
  readonly loadAverage: number
}

export interface Settings {
  readonly rounds: number
  /** Of each round. */
  readonly seconds: number
  readonly warmUpSeconds: number
}

export interface WorkResult {
  readonly work: string
  readonly title: string
  readonly measure: Measure
  readonly systems: readonly SystemResult[]
}

export interface SystemResult {
  readonly system: string
  readonly title: string
  readonly rounds: readonly Round[]
  readonly summary: Summary
}

/** One system's one round. */
export interface Round {
  readonly deliveries: number
  readonly bytes: number
  readonly elapsedMs: number
  readonly serverCpuMicros: number
  readonly clientCpuMicros: number
  /** At its end. */
  readonly serverRssBytes: number
  readonly latency?: Latency
}

/** One system's rounds. */
export interface Summary {
  readonly deliveriesPerSecond: Spread
  readonly bytesPerSecond: Spread
  readonly serverCpuMicrosPerDelivery: Spread
  /** CPU time by wall time: 1 is one core. */
  readonly serverLoad: Spread
  readonly clientLoad: Spread
  readonly serverRssBytes: Spread
  /** Of works that measure it: the rounds' own percentiles. */
  readonly latency?: { readonly p50Ms: Spread; readonly p99Ms: Spread; readonly p999Ms: Spread }
}

/** Several measurements of one thing. */
export interface Spread {
  readonly median: number
  readonly lowest: number
  readonly highest: number
}
