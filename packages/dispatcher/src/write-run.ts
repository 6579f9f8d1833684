import type { FrameOutput } from "@luxbus/dual-stream"
import { chunkCost, compactFrameNumber } from "@luxbus/packet"
import type { Run } from "@luxbus/stream-memory"
import type { ReadableLog } from "./readable-log.ts"
import type { ReaderLane } from "./reader-lane.ts"
import { cutRun, frameOffset, isBlank, isGap, readdressed, readFrameOfPublisher } from "./run-frames.ts"

/**
 * Writes, from the reader's place in a run on, what room and credit allow, and moves it on.
 * @returns whether anything was written; if not, the credit is too small
 */
export function writeRun(log: ReadableLog, address: number, lane: ReaderLane, run: Run, output: FrameOutput): boolean {
  const end = run.first + run.count
  if (isBlank(run)) {
    lane.sent(end, 0)
    return true
  }
  const isShared = address === log.identity.alias
  if (isShared && lane.next === run.first && run.cost <= lane.credit && run.bytes.length <= output.room) {
    lane.sent(end, run.cost)
    output.frames(lane.lane, run.bytes, run.cost)
    return true
  }
  if (isGap(run)) {
    lane.sent(end, 0)
    output.frames(lane.lane, isShared ? run.bytes : readdressed(run.bytes, address), 0)
    return true
  }
  const from = lane.next
  const { bytes } = run
  // The frame that named the publisher, or the subject, went before: whoever begins here must hear it again.
  if (from > run.first && log.hasOrigins && !writeFirst(lane, run, output)) return false
  const start = frameOffset(run, lane.next)
  const cut = cutRun(bytes, start, output.room, lane.credit)
  if (cut.count > 0) {
    const frames = bytes.subarray(start, cut.end)
    lane.sent(cut.end < bytes.length ? compactFrameNumber(bytes, cut.end) : end, cut.cost)
    output.frames(lane.lane, isShared ? frames : readdressed(frames, address), cut.cost)
  }
  return lane.next > from
}

function writeFirst(lane: ReaderLane, run: Run, output: FrameOutput): boolean {
  const { number, flags, data, origin, subject } = readFrameOfPublisher(run, lane.next)
  const cost = chunkCost(data.length)
  if (cost > lane.credit) return false
  lane.sent(number + 1, cost)
  output.chunk(lane.lane, flags, 0, number, data, { origin, subject })
  return true
}
