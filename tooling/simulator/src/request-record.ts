import { Lane } from "@luxbus/packet"
import type { MemberRecord } from "./channel-member.ts"
import type { RequestPlan } from "./channel-plan.ts"
import { LaneLedger } from "./lane-ledger.ts"

/** What one provider did with a request. */
export interface RequestRun {
  readonly name: string
  readonly provider: MemberRecord
  readonly atMs: number
  /** The process of the broker's that had brought it, or one before it. */
  readonly generation: number
  /** What it answers. */
  readonly main: LaneLedger
  readonly error: LaneLedger
  /** Whether its answer is written to its end. */
  isAnswered: boolean
  /** Whether it was told that the consumer has the answer. */
  isComplete: boolean
  /** It has failed as planned. */
  hasFailed: boolean
  /** It is done with it. */
  isOver: boolean
}

/** One request: what was asked, who worked on it, and how it ended. */
export class RequestRecord {
  readonly plan: RequestPlan
  readonly name: string
  readonly channel: string
  /** What is asked. */
  readonly main: LaneLedger
  readonly error: LaneLedger
  /** Whoever was handed it, in order. */
  readonly runs: RequestRun[] = []
  startedAtMs = Number.POSITIVE_INFINITY
  /** The process of the broker's, as it was asked. */
  startedGeneration = 0
  /** The process of the broker's, or a later one, as the consumer heard that somebody has taken it. */
  openGeneration: number | undefined
  hasGivenUp = false
  /** How it ended: `reply`, or the code of its error. */
  result: string | undefined
  endedAtMs = Number.POSITIVE_INFINITY
  /** Whether a provider was there from its beginning to its end. */
  wasThereOne = false
  /** Of an error. */
  details: { readonly [name: string]: unknown } = {}
  /** The client that answered. */
  from: string | undefined

  constructor(channel: string, n: number, plan: RequestPlan) {
    this.plan = plan
    this.channel = channel
    this.name = `${channel} request ${n} of ${plan.client}`
    this.main = new LaneLedger(this.name, Lane.main)
    this.error = new LaneLedger(this.name, Lane.error)
  }

  /** A provider has it. */
  begin(provider: MemberRecord, atMs: number, generation: number): RequestRun {
    const name = `${this.name}, run ${this.runs.length} at ${provider.plan.client}`
    const run: RequestRun = {
      name,
      provider,
      atMs,
      generation,
      main: new LaneLedger(name, Lane.main),
      error: new LaneLedger(name, Lane.error),
      isAnswered: false,
      isComplete: false,
      hasFailed: false,
      isOver: false,
    }
    this.runs.push(run)
    return run
  }
}

/** All that a ledger's lane was written, as one value. */
function wholeOf(ledger: LaneLedger): Uint8Array {
  const chunks = Array.from({ length: ledger.next }, (_, number) => ledger.chunk(number)?.data ?? new Uint8Array())
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

/** Whether a value is what was written: a text, or all bytes. */
export function isValueOf(ledger: LaneLedger, value: unknown): boolean {
  const text = ledger.chunk(0)?.text
  if (text !== undefined) return value === text
  if (!(value instanceof Uint8Array)) return false
  const whole = wholeOf(ledger)
  return value.length === whole.length && value.every((byte, at) => byte === whole[at])
}
