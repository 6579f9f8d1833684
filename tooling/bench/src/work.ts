import type { System } from "./system.ts"

/** What a work shows: how many deliveries, or how many bytes, per second; or how long each one takes at a given rate. */
export type Measure = "deliveries" | "bytes" | "latency"

/** One kind of work that is measured. A new one is one file, and a row in `works.ts`. */
export interface Work {
  /** As on the command line. */
  readonly name: string
  readonly title: string
  readonly measure: Measure
  /**
   * Connects the clients.
   * @param onFailure a failure in the background, which ends the measurement
   */
  prepare(system: System, url: string, onFailure: (error: Error) => void): Promise<Load>
}

/** Connected clients with something to do. It can be run again and again. */
export interface Load {
  /**
   * Works until a limit is reached, then waits for everything under way. What is lost, comes twice, out of order or
   * changed throws, here or where it comes in.
   */
  run(limit: RunLimit): Promise<Delivered>
  close(): Promise<void>
}

/** When to stop: whichever comes first. */
export interface RunLimit {
  readonly seconds: number
  readonly maxMessages: number
}

/** What reached its receivers. */
export interface Delivered {
  readonly deliveries: number
  readonly bytes: number
  /** From the first message that was sent to the last that arrived. */
  readonly elapsedMs: number
  /** Of works that measure it. */
  readonly latency?: Latency
}

/** How long deliveries took, from when each was due to be sent until its receiver's code had it. */
export interface Latency {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly p999Ms: number
}
