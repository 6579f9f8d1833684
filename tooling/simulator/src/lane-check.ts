import type { Payload } from "@luxbus/client"
import type { Gap } from "@luxbus/dual-stream"
import { laneName, sameBytes } from "@luxbus/packet"
import type { Findings } from "./findings.ts"
import type { LaneLedger } from "./lane-ledger.ts"

/** What a reader's lane is told of a gap. */
export type GapTold = Pick<Gap, "ranges" | "first" | "message" | "reason">

/**
 * Holds what one reader gets of one lane against what was written: in order, byte for byte, once, with holes only where
 * a gap named them.
 */
export class LaneCheck {
  readonly #ledger: LaneLedger
  readonly #reader: string
  readonly #findings: Findings
  readonly #gaps: GapTold[] = []
  #next: number
  /** Who gave a hole up does not know where a message begins: it takes the text behind it for the rest of another. */
  #isRest = false
  #ended = false
  /** Whether what it got differs where it was tampered with. */
  #isTampered = false

  /** @param next the first chunk that comes */
  constructor(ledger: LaneLedger, reader: string, findings: Findings, next = 0) {
    this.#ledger = ledger
    this.#reader = `${reader}, ${laneName(ledger.lane)}`
    this.#findings = findings
    this.#next = next
  }

  /** The next chunk that is expected. */
  get next(): number {
    return this.#next
  }

  /** Whether everything that was written so far has been got, or named in a gap; who began late may be behind the END. */
  get whole(): boolean {
    return this.#afterRest() >= this.#ledger.next
  }

  /** Whether the lane came to its end. */
  get ended(): boolean {
    return this.#ended
  }

  get gaps(): readonly GapTold[] {
    return this.#gaps
  }

  payload(payload: Payload): void {
    const number = this.#afterRest()
    this.#findings.tell(() => `${this.#reader}: takes ${number}, ${sizeOf(payload)}`)
    const written = this.#ledger.chunk(number)
    if (this.#ended) this.#wrong(`got more after its end, where chunk ${number} would be`)
    if (written === undefined) this.#wrong(`got ${sizeOf(payload)}, and chunk ${number} was never written`)
    else if (typeof payload === "string") this.#text(payload, number, written.text, written.last)
    else if (payload instanceof Uint8Array) this.#bytes(payload, number, written)
    else this.#wrong("got a value that nobody wrote")
  }

  gap(gap: GapTold): void {
    this.#gaps.push(gap)
    const { first, ranges, message, reason } = gap
    this.#findings.tell(() => `${this.#reader}: takes a gap ${JSON.stringify(ranges)} (${reason}), goes on at ${first}`)
    if (this.#ended) this.#wrong(`got a gap after its end`)
    if (first < this.#next) this.#wrong(`got a gap (${reason}) back to chunk ${first}, having ${this.#next}`)
    const isNamed = (number: number) => ranges.some(([from, to]) => number >= from && number <= to)
    for (let number = this.#afterRest(); number < first; number++) {
      if (isNamed(number)) continue
      // Chunks of a text that was taken in part are lost with the rest of it.
      const { text, last = 0 } = this.#ledger.chunk(number) ?? {}
      if (text !== undefined && ranges.some(([from, to]) => from <= last && to > number)) continue
      this.#wrong(`lost chunk ${number} in a gap (${reason}) that names only ${JSON.stringify(ranges)}`)
      break
    }
    this.#next = Math.max(this.#next, first)
    this.#isRest = message < first && isNamed(message)
  }

  end(): void {
    if (this.#isTampered) this.#wrong("came to its end, though a byte was changed on the way")
    this.#findings.tell(() => `${this.#reader}: takes its end`)
    this.#ended = true
  }

  #text(payload: string, number: number, text: string | undefined, last: number): void {
    if (payload !== text && !this.#tampered(number, last)) {
      this.#wrong(
        `got ${sizeOf(payload)} "${payload.slice(0, 24)}" for chunk ${number}, a text "${text?.slice(0, 24)}"`,
      )
    }
    this.#passed(last + 1)
  }

  #bytes(
    payload: Uint8Array,
    number: number,
    written: { readonly data: Uint8Array; readonly text: string | undefined },
  ): void {
    const isSame = written.text === undefined && sameBytes(payload, written.data)
    if (!isSame && !this.#tampered(number, number))
      this.#wrong(`got ${sizeOf(payload)} for chunk ${number}, ${written.data.length} other bytes`)
    this.#passed(number + 1)
  }

  #passed(next: number): void {
    this.#next = next
    this.#isRest = false
  }

  #tampered(first: number, last: number): boolean {
    const { tamperedChunk = -1 } = this.#ledger
    const isHere = first <= tamperedChunk && tamperedChunk <= last
    this.#isTampered ||= isHere
    return isHere
  }

  /** A text whose beginning went into a gap cannot come: the next message is what comes. */
  #afterRest(): number {
    const chunk = this.#ledger.chunk(this.#next)
    const isWhole = chunk?.first === this.#next && !this.#isRest
    return chunk?.text === undefined || isWhole ? this.#next : chunk.last + 1
  }

  #wrong(finding: string): void {
    this.#findings.add(`${this.#reader}: ${finding}`)
  }
}

function sizeOf(payload: Payload): string {
  if (typeof payload === "string") return `a text of ${payload.length}`
  return payload instanceof Uint8Array ? `${payload.length} bytes` : typeof payload
}
