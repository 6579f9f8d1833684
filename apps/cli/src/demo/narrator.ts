import type { Terminal } from "../terminal.ts"

const COLOURS = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const

/** Tells the demo's story: plain text, with colour where a terminal shows it and NO_COLOR does not forbid it. */
export class Narrator {
  readonly interactive: boolean
  readonly columns: number
  readonly #terminal: Terminal
  readonly #coloured: boolean
  readonly #silence: AbortSignal

  /** @param silence from its abort on nothing is told any more: the audience has left */
  constructor(terminal: Terminal, isTerminal: boolean, silence: AbortSignal) {
    this.#terminal = terminal
    this.#silence = silence
    this.interactive = isTerminal
    this.columns = terminal.columns
    this.#coloured = isTerminal && (terminal.env["NO_COLOR"] ?? "") === ""
  }

  get silenced(): boolean {
    return this.#silence.aborted
  }

  paint(colour: keyof typeof COLOURS, text: string): string {
    return this.#coloured ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text
  }

  heading(text: string): void {
    this.line(`\n${this.paint("bold", text)}\n`)
  }

  /** What a person would type. */
  command(text: string): void {
    this.line(`  ${this.paint("dim", "$")} ${this.paint("cyan", text)}`)
  }

  /** Something that happens to the network. */
  event(text: string): void {
    this.line(`    ${this.paint("yellow", `--- ${text} ---`)}`)
  }

  say(text: string): void {
    this.line(`  ${text}`)
  }

  line(text: string): void {
    this.write(`${text}\n`)
  }

  write(text: string): void {
    if (!this.#silence.aborted) void this.#terminal.out(text)
  }

  /** A verdict at the end of a row. */
  verdict(equal: boolean): string {
    return equal ? this.paint("green", "equal") : this.paint("red", "DIFFERENT")
  }
}
