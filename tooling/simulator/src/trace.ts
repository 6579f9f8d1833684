/** What happened in a run, in order, with the virtual time; the last of it is printed when a run fails. */
export class Trace {
  readonly #now: () => number
  readonly #lines: string[] = []

  constructor(now: () => number) {
    this.#now = now
  }

  note(line: string): void {
    this.#lines.push(`${this.#now().toFixed(0).padStart(8)} ms  ${line}`)
  }

  get lines(): readonly string[] {
    return this.#lines
  }
}
