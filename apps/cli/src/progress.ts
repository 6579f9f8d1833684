import prettyBytes from "pretty-bytes"
import prettyMs from "pretty-ms"

/** What a {@link Progress} draws on, and by which clock. */
export interface ProgressOutput {
  readonly write: (text: string) => void
  /** Whether a line can be redrawn. */
  readonly interactive: boolean
  readonly columns: number
  /** Milliseconds, never backwards. */
  readonly now: () => number
}

const REDRAW_MS = 100
const LINE_MS = 3_000
/** The rate is that of the last seconds: what matters for how long it will still take. */
const RATE_WINDOW_MS = 3_000
const CLEAR_LINE = "\r\u001b[2K"

interface Sample {
  readonly at: number
  readonly bytes: number
}

/** Shows how far a transfer is: a bar that is redrawn on a terminal, else a line every few seconds. */
export class Progress {
  readonly #label: string
  readonly #totalBytes: number | undefined
  readonly #output: ProgressOutput
  #samples: Sample[]
  #drawnAt: number
  #drawn = false

  /** @param totalBytes undefined when nobody knows */
  constructor(output: ProgressOutput, label: string, totalBytes: number | undefined) {
    this.#output = output
    this.#label = label
    this.#totalBytes = totalBytes
    this.#samples = [{ at: output.now(), bytes: 0 }]
    this.#drawnAt = output.interactive ? Number.NEGATIVE_INFINITY : output.now()
  }

  /** States how many bytes are through in all. Draws when it is time. */
  update(bytes: number): void {
    const now = this.#output.now()
    if (now - this.#drawnAt < (this.#output.interactive ? REDRAW_MS : LINE_MS)) return
    this.#draw(bytes, now)
  }

  /** Writes a line of its own above the bar. */
  note(text: string): void {
    this.#clear()
    this.#output.write(`${text}\n`)
  }

  /** Draws the end state, if anything was drawn before, and leaves the line. */
  finish(bytes: number): void {
    if (!this.#output.interactive) return
    this.#draw(bytes, this.#output.now())
    this.#output.write("\n")
    this.#drawn = false
  }

  /** Takes the bar away: the transfer failed, and a message follows. */
  stop(): void {
    this.#clear()
  }

  #draw(bytes: number, now: number): void {
    this.#samples = [...this.#samples.filter(({ at }) => now - at <= RATE_WINDOW_MS).slice(-50), { at: now, bytes }]
    const first = this.#samples[0]
    const elapsed = first === undefined ? 0 : now - first.at
    const rate = first === undefined || elapsed === 0 ? 0 : ((bytes - first.bytes) * 1_000) / elapsed
    const line = progressLine({
      label: this.#label,
      bytes,
      totalBytes: this.#totalBytes,
      bytesPerSecond: rate,
      columns: this.#output.columns,
    })
    this.#output.write(this.#output.interactive ? CLEAR_LINE + line : `${line}\n`)
    this.#drawn = this.#output.interactive
    this.#drawnAt = now
  }

  #clear(): void {
    if (this.#drawn) this.#output.write(CLEAR_LINE)
    this.#drawn = false
  }
}

/** Where a transfer stands. */
export interface ProgressState {
  readonly label: string
  readonly bytes: number
  readonly totalBytes: number | undefined
  readonly bytesPerSecond: number
  readonly columns: number
}

const MAX_BAR = 30

/** One line: label, bar, per cent, bytes, rate, time left; the bar gives way when the window is narrow. */
export function progressLine({ label, bytes, totalBytes, bytesPerSecond, columns }: ProgressState): string {
  const rate = `${prettyBytes(bytesPerSecond)}/s`
  if (totalBytes === undefined) return `${label}  ${prettyBytes(bytes)}  ${rate}`.slice(0, columns - 1)
  const share = totalBytes === 0 ? 1 : Math.min(1, bytes / totalBytes)
  const left = bytesPerSecond > 0 && bytes < totalBytes ? ((totalBytes - bytes) * 1_000) / bytesPerSecond : undefined
  const eta = left === undefined ? "" : `  ${prettyMs(left)} left`
  const percent = `${String(Math.floor(share * 100)).padStart(3)} %`
  const numbers = `${percent}  ${prettyBytes(bytes)} of ${prettyBytes(totalBytes)}  ${rate}${eta}`
  const room = Math.min(MAX_BAR, columns - label.length - numbers.length - 7)
  const filled = Math.round(share * room)
  const bar = room < 5 ? "" : `[${"#".repeat(filled)}${".".repeat(room - filled)}]  `
  return `${label}  ${bar}${numbers}`.slice(0, columns - 1)
}
