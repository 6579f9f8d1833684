import { BusError, chunkCost, type DataLane, type JsonValue, Lane } from "@luxbus/packet"
import type { Journal, MaybePromise, Run } from "../journal.ts"

/** A run of chunks of `chunkBytes` data bytes each, filled with its first number; a message of its own unless told. */
export function makeRun(
  first: number,
  options: Partial<Omit<Run, "first" | "bytes">> & { chunkBytes?: number } = {},
): Run {
  const { lane = Lane.main, count = 1, message = first, chunkBytes = 8, cost = count * chunkCost(chunkBytes) } = options
  return { lane, first, count, message, cost, bytes: new Uint8Array(count * chunkBytes).fill(first % 256) }
}

/** Appends runs of one chunk until the lane's next number is `until`. */
export async function fill(journal: Journal, lane: DataLane, until: number, chunkBytes: number): Promise<void> {
  for (let n = journal.bounds(lane).next; n < until; n++) await journal.append([makeRun(n, { lane, chunkBytes })])
}

/** Runs as plain values, comparable whatever kind of buffer an implementation gives back. */
export function plain(runs: readonly Run[]): unknown {
  return runs.map(({ lane, first, count, message, cost, bytes }) => {
    return { lane, first, count, message, cost, bytes: Array.from(bytes) }
  })
}

/** The BusError that an action throws or rejects with; undefined when it succeeds. Any other error is thrown on. */
export async function failureOf(action: () => MaybePromise<unknown>): Promise<BusError | undefined> {
  try {
    await action()
  } catch (error) {
    if (error instanceof BusError) return error
    throw error
  }
  return undefined
}

/** The code that an action fails with; undefined when it succeeds. */
export async function codeOf(action: () => MaybePromise<unknown>): Promise<string | undefined> {
  return (await failureOf(action))?.code
}

/** One of the facts that a failure states for programs. */
export function detailOf(failure: BusError | undefined, name: string): JsonValue | undefined {
  return failure?.details[name]
}
