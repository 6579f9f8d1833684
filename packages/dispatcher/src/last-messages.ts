import { ChunkFlag, compactFrameBytes, Lane } from "@luxbus/packet"
import type { Run } from "@luxbus/stream-memory"
import { frameFlags } from "./run-frames.ts"
import type { Topic } from "./topic.ts"

/** The first chunk of the last `count` whole messages that a topic still has; of all of them where it has fewer. */
export function firstOfLast(topic: Topic, count: number): number {
  const { log } = topic
  const { first } = log.bounds(Lane.main)
  // Of a message that is not whole yet nobody is to miss the beginning.
  let begin = log.message(Lane.main)
  let left = count
  for (let end = begin; left > 0 && end > first; ) {
    const run = topic.read(end - 1)
    const starts = messagesIn(run, end)
    left -= starts.length
    begin = (left < 0 ? starts[-left] : starts[0]) ?? begin
    end = run.first
  }
  return begin
}

/** First chunks of the messages that begin in a run, below `end`. */
function messagesIn(run: Run, end: number): number[] {
  const starts: number[] = []
  let begins = run.message === run.first
  for (let number = run.first, offset = 0; number < end; number++) {
    if (begins) starts.push(number)
    begins = (frameFlags(run.bytes, offset) & ChunkFlag.more) === 0
    offset += compactFrameBytes(run.bytes, offset)
  }
  return starts
}
