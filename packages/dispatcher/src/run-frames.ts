import {
  ChunkFlag,
  chunkCost,
  compactDataBytes,
  compactFrameBytes,
  compactFrameNumber,
  Lane,
  MessageReader,
  setFrameAlias,
} from "@luxbus/packet"
import type { Run } from "@luxbus/stream-memory"

/** Byte 1 of a compact frame bears the flags at the places that `ChunkFlag` names. */
const FLAGS_OFFSET = 1
const LANE_BITS = 3

/** `ChunkFlag` bits, and others, of the frame that begins at `offset`. */
export function frameFlags(bytes: Uint8Array, offset: number): number {
  return bytes[offset + FLAGS_OFFSET] ?? 0
}

/** Whether a run has no frame: nothing of its numbers was ever the log's. */
export function isBlank(run: Run): boolean {
  return run.bytes.length === 0
}

/** Whether a run states a gap, in one frame for all its numbers. */
export function isGap(run: Run): boolean {
  return (run.bytes[FLAGS_OFFSET]! & LANE_BITS) === Lane.control
}

/** Where the first frame from chunk `number` on begins in a run; its length where there is none. */
export function frameOffset({ bytes }: Run, number: number): number {
  let offset = 0
  while (offset < bytes.length && compactFrameNumber(bytes, offset) < number) offset += compactFrameBytes(bytes, offset)
  return offset
}

/** The first chunk of the message that holds chunk `number` of the run. */
export function messageOf(run: Run, number: number): number {
  if (isGap(run)) return run.message
  let message = run.message
  let offset = 0
  for (let n = run.first; n < number; n++) {
    if ((frameFlags(run.bytes, offset) & ChunkFlag.more) === 0) message = n + 1
    offset += compactFrameBytes(run.bytes, offset)
  }
  return message
}

/** A part of a run, cut at the boundaries of its frames. */
export interface Cut {
  readonly end: number
  readonly count: number
  readonly cost: number
}

/** As many frames from `start` on as `maxCost` pays for and `maxBytes` hold; the first one whatever its size. */
export function cutRun(bytes: Uint8Array, start: number, maxBytes: number, maxCost: number): Cut {
  let end = start
  let count = 0
  let cost = 0
  while (end < bytes.length) {
    const frameBytes = compactFrameBytes(bytes, end)
    const frameCost = chunkCost(compactDataBytes(bytes, end))
    if (cost + frameCost > maxCost || (count > 0 && end - start + frameBytes > maxBytes)) break
    end += frameBytes
    cost += frameCost
    count++
  }
  return { end, count, cost }
}

/** A copy of compact frames under another alias. */
export function readdressed(frames: Uint8Array, alias: number): Uint8Array {
  const copy = frames.slice()
  for (let offset = 0; offset < copy.length; offset += compactFrameBytes(copy, offset)) {
    setFrameAlias(copy, offset, alias)
  }
  return copy
}

/** One frame of a topic's run, with the publisher that the frames before it name. */
export interface FrameOfPublisher {
  readonly flags: number
  readonly data: Uint8Array
  readonly number: number
  readonly origin: string | undefined
  readonly subject: string | undefined
}

/** Reads the first chunk from `number` on of a topic's run, or of a pattern's, which has one. */
export function readFrameOfPublisher(run: Run, number: number): FrameOfPublisher {
  const reader = new MessageReader({ acceptedFlags: ChunkFlag.compressed | ChunkFlag.encrypted })
  reader.load(run.bytes)
  let origin: string | undefined
  let subject: string | undefined
  while (reader.next()) {
    if (reader.hasFields) {
      const fields = reader.fields()
      origin = fields.origin ?? origin
      subject = fields.subject ?? subject
    }
    if (reader.number >= number) break
  }
  return { number: reader.number, flags: reader.flags, data: reader.data(), origin, subject }
}
