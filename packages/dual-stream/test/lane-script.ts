import { Lane } from "@luxbus/packet"
import { fromPeer } from "../src/from-peer.ts"
import type { Gap, LaneItem } from "../src/index.ts"
import { ReceiveLane } from "../src/receive-lane.ts"
import { testHash } from "../src/testing.ts"
import { bytesOf, chunkFrame } from "./frames.ts"

export const WINDOW = 1_000

/** Chunks of 36 bytes: each costs 100. */
export const DATA = bytesOf(36)

export function laneOf(options: { first?: number; windowBytes?: number } = {}): ReceiveLane {
  return new ReceiveLane(Lane.main, testHash, { source: fromPeer, first: 0, windowBytes: WINDOW, ...options })
}

export function receive(lane: ReceiveLane, ...numbers: number[]): string[] {
  return numbers.map((number) => lane.receive(chunkFrame(number, DATA)))
}

export function takeAll(lane: ReceiveLane): LaneItem[] {
  const items: LaneItem[] = []
  for (let item = lane.take(); item !== undefined; item = lane.take()) items.push(item)
  return items
}

export function numbersOf(items: readonly LaneItem[]): (number | string)[] {
  return items.map((item) => (item.type === "chunk" ? item.number : item.type))
}

export function gapAt(first: number, more: Partial<Gap> = {}): Omit<Gap, "type" | "lane"> {
  return { ranges: [[0, first - 1]], first, message: first, reason: "evicted", ...more }
}
