import { BusError, type DataLane, isJsonObject, type JsonValue, Lane, laneName, toHex } from "@luxbus/packet"
import type { MaybePromise, Run } from "@luxbus/stream-memory"
import { messageOf } from "./run-frames.ts"
import type { StreamLog } from "./stream-log.ts"
import { isPending } from "./when-settled.ts"

/** From where a reader wants a stream: its start, what comes from now on, or the place that a cursor holds. */
export type From =
  | { readonly type: "start" }
  | { readonly type: "now" }
  | {
      readonly type: "cursor"
      readonly epoch: number
      /** Hexadecimal. */
      readonly incarnation: string
      readonly main: number
      readonly error: number
    }

/** From where a subscriber wants a topic. */
export type TopicFrom = From | { readonly type: "last"; readonly messages: number }

/** Where a reader begins on one lane. */
export interface LanePosition {
  readonly next: number
  /** First chunk of the message that holds `next`. */
  readonly message: number
  /** The cursor was of another epoch: its numbers mean nothing here. */
  readonly otherEpoch: boolean
}

export interface Position {
  readonly main: LanePosition
  readonly error: LanePosition
}

/** Reads the parameter `from` of a command. @throws BusError `invalid_argument` */
export function parseFrom(value: JsonValue | undefined, fallback: "start" | "now"): From {
  const from = value ?? fallback
  if (from === "start" || from === "now") return { type: from }
  if (!isJsonObject(from)) throw invalidFrom("from is start, now or a cursor")
  const { epoch, incarnation, main, error }: Readonly<Record<string, JsonValue | undefined>> = from
  if (typeof incarnation !== "string") throw invalidFrom("from.incarnation is a string")
  return {
    type: "cursor",
    epoch: whole(epoch, "epoch"),
    incarnation,
    main: whole(main, "main"),
    error: whole(error, "error"),
  }
}

/** The same of a topic, which may be wanted from its last messages on: `{ last }`. @throws BusError `invalid_argument` */
export function parseTopicFrom(value: JsonValue | undefined): TopicFrom {
  const last = isJsonObject(value) ? value["last"] : undefined
  if (last === undefined) return parseFrom(value, "now")
  if (!Number.isSafeInteger(last) || (last as number) < 1) throw invalidFrom("from.last is a whole number from 1")
  return { type: "last", messages: last as number }
}

/**
 * Finds the place in a log. What was evicted is no fault: the reader begins with a gap. Nor is a cursor beyond the log's
 * end one that is awaited: its reader had read on at an earlier broker, and drops what it is sent again.
 * @throws BusError `invalid_argument` for a cursor beyond the log's end that is not awaited
 */
export function resolvePosition(log: StreamLog, from: From, isAwaited: boolean): MaybePromise<Position> {
  switch (from.type) {
    case "start":
      return { main: { ...AT_START, otherEpoch: false }, error: { ...AT_START, otherEpoch: false } }
    case "now":
      return { main: atTail(log, Lane.main), error: atTail(log, Lane.error) }
    case "cursor": {
      const { epoch, incarnation } = log.identity
      if (from.epoch !== epoch || from.incarnation !== toHex(incarnation)) {
        return { main: { ...AT_START, otherEpoch: true }, error: { ...AT_START, otherEpoch: true } }
      }
      const main = atCursor(log, Lane.main, from.main, isAwaited)
      const error = atCursor(log, Lane.error, from.error, isAwaited)
      if (!isPending(main) && !isPending(error)) return { main, error }
      return Promise.all([main, error]).then(([main, error]) => ({ main, error }))
    }
  }
}

const AT_START = { next: 0, message: 0 } as const

function atTail(log: StreamLog, lane: DataLane): LanePosition {
  return { next: log.next(lane), message: log.message(lane), otherEpoch: false }
}

function atCursor(log: StreamLog, lane: DataLane, next: number, isAwaited: boolean): MaybePromise<LanePosition> {
  if (next > log.next(lane) && !isAwaited) {
    throw invalidFrom(`from.${laneName(lane)} lies beyond the stream`, { next: log.next(lane) })
  }
  if (next >= log.next(lane)) return atTail(log, lane)
  if (next < log.bounds(lane).first) return { next, message: next, otherEpoch: false }
  const place = (runs: readonly Run[]): LanePosition => {
    const run = runs[0]
    return { next, message: run === undefined ? next : messageOf(run, next), otherEpoch: false }
  }
  const runs = log.read(lane, next, 0)
  return isPending(runs) ? runs.then(place) : place(runs)
}

function whole(value: JsonValue | undefined, name: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  throw invalidFrom(`from.${name} is a whole number`)
}

/** A place that cannot be begun at. */
export function invalidFrom(message: string, details = {}): BusError {
  return new BusError("invalid_argument", message, { details: { field: "from", ...details } })
}
