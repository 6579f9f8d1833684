import { type DataLane, isJsonObject, type JsonObject, type JsonValue, Lane } from "@luxbus/packet"
import type { StreamLog } from "./stream-log.ts"

/** Where a lane of a hosted stream stands, as its host tells another broker that reads it. */
interface LaneStanding {
  /** Number of its first chunk in this epoch. */
  readonly from: number
  /** The lowest chunk that the host still has. */
  readonly first: number
  /** First chunk of the message that holds `first`. */
  readonly message: number
  /** The chunk that comes next. */
  readonly next: number
}

/** Where a hosted stream stands. */
export interface Standing {
  readonly main: LaneStanding
  readonly error: LaneStanding
}

export function standingOf(log: StreamLog): JsonObject {
  return { main: laneStandingOf(log, Lane.main), error: laneStandingOf(log, Lane.error) }
}

/** Reads another broker's word, which may be of a later version: what is not there is 0. */
export function parseStanding({ main = null, error = null }: JsonObject): Standing {
  return { main: parseLane(main), error: parseLane(error) }
}

/** First chunk of the message that holds the epoch's first. Once the host has evicted that one, a gap says more. */
export function firstMessage({ from, first, message }: LaneStanding): number {
  return first === from ? Math.min(message, from) : from
}

function laneStandingOf(log: StreamLog, lane: DataLane): JsonObject {
  const { first, message } = log.bounds(lane)
  return { from: lane === Lane.main ? log.from.main : log.from.error, first, message, next: log.next(lane) }
}

function parseLane(value: JsonValue): LaneStanding {
  type Known = { readonly [N in keyof LaneStanding]?: JsonValue }
  const { from, first, message, next }: Known = isJsonObject(value) ? value : {}
  return { from: whole(from), first: whole(first), message: whole(message), next: whole(next) }
}

function whole(value: JsonValue | undefined): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0
}
