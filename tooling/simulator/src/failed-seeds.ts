/** A seed that failed once, and why. */
export interface FailedSeed {
  readonly seed: number
  /** Whether it was rolled before the later faults were there: by `rollBasePlan`. */
  readonly isBase: boolean
  readonly reason: string
}

/** Every seed that found a defect, by the words of that defect. A change of the plans' dice gives seeds other meanings. */
export const FAILED_SEEDS: readonly FailedSeed[] = [
  { seed: 10, isBase: true, reason: "a topic began anew at a restarted broker, and its subscribers were not told" },
  {
    seed: 19,
    isBase: true,
    reason: "a viewer of a stream that a restarted broker had lost waited for ever, unheard when refused",
  },
  { seed: 20, isBase: true, reason: "a START repeated after its reader was closed was accepted as a new stream" },
  {
    seed: 48,
    isBase: true,
    reason: "a lane was drained, and complete stated, though the application began to read both in one turn",
  },
  {
    seed: 117,
    isBase: true,
    reason: "a new process under a killed one's id was given the rest of a stream that it never accepted",
  },
  {
    seed: 156,
    isBase: true,
    reason: "a resumption answered twice as unknown ended a hosted stream that had begun anew already",
  },
  {
    seed: 543,
    isBase: true,
    reason: "the answering half of a stream whose opener died before taking it waited for ever",
  },
  {
    seed: 687,
    isBase: true,
    reason: "the rest of a text whose beginning went into a gap was handed over as a whole text",
  },
  {
    seed: 6139,
    isBase: true,
    reason: "a writer that came back inside of a message, and a viewer ahead of it, met a restarted broker",
  },
  {
    seed: 8587,
    isBase: true,
    reason: "the answering half of a stream was accepted as a new one by its opener's next process",
  },
  { seed: 28383, isBase: true, reason: "as 8587, met from the other side" },
  { seed: 45936, isBase: true, reason: "a relayed stream gave up on a hole that a slow link was still filling" },
  {
    seed: 41842,
    isBase: true,
    reason: "chunks that were still coming over a slow link were asked for until their stream was given up",
  },
  { seed: 202, isBase: false, reason: "a broker without room said nothing, and its reader gave up what it dropped" },
  { seed: 744, isBase: false, reason: "a reader asked for holes while their writer was away, and gave the stream up" },
  { seed: 797, isBase: false, reason: "a viewer refused a broker whose clock had been set back before it restarted" },
  { seed: 16, isBase: false, reason: "a cursor before a gap named what comes behind it, so that two offsets were one" },
  {
    seed: 14628,
    isBase: false,
    reason: "a claim repeated while its refusal was on the way took the name of a stream that had ended meanwhile",
  },
]
