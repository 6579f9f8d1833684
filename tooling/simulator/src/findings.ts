import type { Trace } from "./trace.ts"

/** What one run found to be wrong. */
export class Findings {
  readonly #trace: Trace
  readonly #all: string[] = []
  #closed = false

  /** Whether the trace tells of everything. */
  readonly isTold: boolean

  constructor(trace: Trace, isTold = false) {
    this.#trace = trace
    this.isTold = isTold
  }

  get all(): readonly string[] {
    return this.#all
  }

  get any(): boolean {
    return this.#all.length > 0
  }

  /** Something is not as it must be. */
  add(finding: string): void {
    if (this.#closed) return
    this.#all.push(finding)
    this.#trace.note(`WRONG: ${finding}`)
  }

  /** Notes `finding` unless `isTrue`. */
  check(isTrue: boolean, finding: () => string): void {
    if (!isTrue) this.add(finding())
  }

  /** Notes what is as it must be, where the run is told. */
  tell(line: () => string): void {
    if (this.isTold) this.#trace.note(line())
  }

  /** Nothing more is added: what follows is the fault of what was found. */
  close(): void {
    this.#closed = true
  }
}
