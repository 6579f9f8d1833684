import { shownText } from "../shared/shown-text.ts"
import type { LaneName, LineRow } from "./log-row.ts"

/** Longer lines are shown in parts: a stream without line feeds must not become one row without end. */
export const MAX_LINE_CHARS = 4_000

/** Who is told what a lane's bytes make of its rows. */
export interface LineEvents {
  readonly added: (row: LineRow) => void
  readonly grown: (row: LineRow) => void
}

/** Turns one lane's chunks, which end anywhere, into lines. A line that has begun is shown, and grows. */
export class LineAssembler {
  readonly #lane: LaneName
  readonly #events: LineEvents
  #decoder = new TextDecoder()
  #lastChunk = -1
  /** The row that still grows, and its text as it came. */
  #open: { readonly row: LineRow; raw: string } | undefined

  constructor(lane: LaneName, events: LineEvents) {
    this.#lane = lane
    this.#events = events
  }

  /** @param chunk the number of the chunk that brought the bytes */
  push(chunk: number, bytes: Uint8Array): void {
    const pieces = this.#decoder.decode(bytes, { stream: true }).split("\n")
    const last = pieces.length - 1
    for (const [index, piece] of pieces.entries()) {
      if (index < last) {
        this.#extend(chunk, piece, true)
        this.#open = undefined
      } else if (piece !== "") this.#extend(chunk, piece, false)
    }
  }

  /** What comes next does not go on where the bytes before ended. */
  interrupt(): void {
    this.#decoder = new TextDecoder()
    this.#open = undefined
  }

  #extend(chunk: number, piece: string, isWhole: boolean): void {
    let rest = piece
    do {
      const open = this.#open
      const room = MAX_LINE_CHARS - (open?.raw.length ?? 0)
      const part = rest.slice(0, room)
      rest = rest.slice(room)
      if (open === undefined) this.#begin(chunk, part)
      else if (part !== "" || isWhole) this.#grow(open, part)
      if (rest !== "") this.#open = undefined
    } while (rest !== "")
  }

  #begin(chunk: number, raw: string): void {
    const row: LineRow = { lane: this.#lane, chunk, beginsChunk: chunk !== this.#lastChunk, text: shownText(raw) }
    this.#lastChunk = chunk
    this.#open = { row, raw }
    this.#events.added(row)
  }

  #grow(open: { readonly row: LineRow; raw: string }, part: string): void {
    open.raw += part
    open.row.text = shownText(open.raw)
    this.#events.grown(open.row)
  }
}
