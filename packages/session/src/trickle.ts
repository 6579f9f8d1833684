import type { FrameOutput } from "@luxbus/dual-stream"
import { type BusError, type Fields, Lane, LIMITS } from "@luxbus/packet"
import { Fifo } from "./fifo.ts"

/** Statements that go with one message: at most 16 KiB of its 64, so that error and main get their turn in between. */
const STATEMENTS_PER_MESSAGE = 4

/** Statements that may wait: the longest result in parts, twice. */
const MAX_TRICKLING = (2 * LIMITS.assembledMessageBytes) / 1_024

/** Long answers about the connection itself. They go out bit by bit, as there is room, and in their order. */
export class Trickle {
  readonly #statements = new Fifo<Fields>()

  /** @returns false where more would wait than may: they were not taken */
  add(statements: readonly Fields[]): boolean {
    if (this.#statements.length + statements.length > MAX_TRICKLING) return false
    for (const statement of statements) this.#statements.push(statement)
    return true
  }

  pull(lane: Lane, output: FrameOutput): boolean {
    if (lane !== Lane.control) return false
    for (let count = 0; count < STATEMENTS_PER_MESSAGE && output.room > 0; count++) {
      const statement = this.#statements.shift()
      if (statement === undefined) return false
      output.control(0, statement)
    }
    return this.#statements.length > 0
  }

  reset(_error: BusError): void {
    this.clear()
  }

  clear(): void {
    this.#statements.clear()
  }
}
