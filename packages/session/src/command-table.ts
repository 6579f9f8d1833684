import { BusError, isJsonObject, type JsonObject, type JsonValue } from "@luxbus/packet"
import type { Multiplexer } from "./multiplexer.ts"
import { ReplyAssembler } from "./reply-parts.ts"

type ReplyField = "id" | "result" | "error" | "part" | "more"

/** One question to the broker, and who hears the answer. */
export interface Command {
  readonly op: string
  /** Read anew each time it is asked. */
  readonly params: () => JsonObject
  readonly settle: (result: JsonValue) => void
  readonly fail: (error: BusError) => void
  /** Whether this answer is a word in between: another one, or what was asked for, comes later. Default: none is. */
  readonly isInterim?: (result: JsonValue) => boolean
}

/**
 * Commands to the broker that have no answer yet. Every operation may be repeated without harm, so a command outlives
 * its connection: it is asked again on the next, under the same id, and answered once.
 */
export class CommandTable {
  readonly #outstanding = new Map<number, Command>()
  readonly #parts = new ReplyAssembler()
  #nextId = 1

  /** How many wait for an answer. */
  get size(): number {
    return this.#outstanding.size
  }

  /**
   * Asks the broker, now if there is a connection and on every later one until it answers.
   * @returns the command's id
   * @throws BusError `too_large` when it does not fit into one frame (4 KiB); without a connection it fails later
   */
  ask(mux: Multiplexer | undefined, command: Command): number {
    const id = this.#nextId++
    if (mux !== undefined) send(mux, id, command)
    this.#outstanding.set(id, command)
    return id
  }

  /** Takes a command back: its answer will be ignored. */
  forget(id: number): void {
    this.#outstanding.delete(id)
    this.#parts.forget(id)
  }

  /** Asks everything again that has no answer. */
  repeat(mux: Multiplexer): void {
    this.#parts.clear()
    for (const [id, command] of [...this.#outstanding]) {
      try {
        send(mux, id, command)
      } catch (error) {
        if (!(error instanceof BusError)) throw error
        this.#outstanding.delete(id)
        command.fail(error)
      }
    }
  }

  /**
   * The broker answered, or sent a part of its answer. Answers to commands that were taken back, and second ones, are
   * ignored. A command whose parts make no answer fails alone.
   * @throws BusError `protocol` for an answer without an id
   */
  answered(reply: JsonObject): void {
    const { id, result, error, part, more }: { readonly [N in ReplyField]?: JsonValue } = reply
    if (typeof id !== "number") throw new BusError("protocol", "a reply without an id")
    const command = this.#outstanding.get(id)
    if (command === undefined) return
    if (isJsonObject(error)) {
      this.forget(id)
      command.fail(BusError.fromJSON(error))
    } else if (typeof part === "string") {
      this.#answeredInPart(id, command, part, more === true)
    } else if (command.isInterim?.(result ?? null) !== true) {
      this.forget(id)
      command.settle(result ?? null)
    }
  }

  #answeredInPart(id: number, command: Command, part: string, more: boolean): void {
    let whole: JsonValue | undefined
    try {
      whole = this.#parts.take(id, part, more)
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      this.forget(id)
      command.fail(error)
      return
    }
    if (whole === undefined) return
    this.forget(id)
    command.settle(whole)
  }

  /** The session is over: nothing will be answered. */
  failAll(error: BusError): void {
    const commands = [...this.#outstanding.values()]
    this.#outstanding.clear()
    this.#parts.clear()
    for (const command of commands) command.fail(error)
  }
}

function send(mux: Multiplexer, id: number, { op, params }: Command): void {
  mux.control(0, 0, { command: { id, op, params: params() } })
}
