import type { JsonObject, Outcome } from "@luxbus/packet"

/** A hosted stream as the command `list` tells of it. */
export interface HostedSummary {
  readonly name: string
  /** 0 while its journal is being opened. */
  readonly epoch: number
  /** `suspended`: its writer's connection is lost, and waited for. */
  readonly state: "live" | "suspended" | "finished"
  /** Client id. */
  readonly writer: string
  /** Unix time. */
  readonly startedAtMs: number
  /** Bytes of data that were written to the main lane in this epoch, evicted ones included. */
  readonly mainBytes: number
  readonly errorBytes: number
  /** Chunks of both lanes, ENDs included. */
  readonly chunks: number
  readonly readers: number
  readonly headers: JsonObject | null
  readonly outcome: Outcome | null
}
