import type { StreamEnd } from "@luxbus/dual-stream"
import { BusError, type Fields, FrameType, type FullHeader, Lane, MessageReader } from "@luxbus/packet"

/** What a link does with what arrives on it. Aliases are as they arrive. */
export interface NodeInputEvents {
  bound(alias: number): StreamEnd | undefined
  started(header: FullHeader, fields: Fields): void
  /** An ERROR: the other broker resets a stream. */
  reset(fields: Fields): void
  /** A statement of the link itself. */
  own(fields: Fields): void
  /** The end that is bound to this alias has thrown: that stream alone is reset. */
  faulted(alias: number, end: StreamEnd, error: unknown): void
  /** The message is none. */
  malformed(): void
}

/** Cuts messages into frames, in place, and hands each to the end that is bound to its alias. */
export class NodeInput {
  readonly #events: NodeInputEvents
  readonly #reader = new MessageReader()
  /** The end whose frames follow each other now. */
  #run: StreamEnd | undefined
  #runAlias = 0
  #runLane: Lane = Lane.control

  constructor(events: NodeInputEvents) {
    this.#events = events
  }

  take(message: Uint8Array): void {
    const reader = this.#reader
    reader.load(message)
    try {
      while (reader.next()) {
        if (reader.compact && reader.lane !== Lane.control) {
          this.#takeData(reader)
        } else {
          this.#endRun()
          this.#takeStatement(reader)
        }
      }
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      this.#events.malformed()
    }
    this.#endRun()
  }

  #takeData(reader: MessageReader): void {
    const { alias, lane } = reader
    const end = this.#events.bound(alias)
    if (end !== this.#run || alias !== this.#runAlias || lane !== this.#runLane) {
      this.#endRun()
      this.#run = end
      this.#runAlias = alias
      this.#runLane = lane
    }
    if (end === undefined) return
    try {
      end.frame(reader)
    } catch (error) {
      this.#run = undefined
      this.#events.faulted(alias, end, error)
    }
  }

  #endRun(): void {
    const end = this.#run
    this.#run = undefined
    if (end === undefined || this.#events.bound(this.#runAlias) !== end) return
    try {
      end.endRun()
    } catch (error) {
      this.#events.faulted(this.#runAlias, end, error)
    }
  }

  #takeStatement(reader: MessageReader): void {
    const fields = reader.fields()
    if (reader.compact && reader.alias === 0) this.#events.own(fields)
    else if (reader.compact) this.#control(reader.alias, fields, reader.hop)
    else if (reader.type === FrameType.start) this.#events.started(reader.full(), fields)
    else if (reader.type === FrameType.error) this.#events.reset(fields)
  }

  #control(alias: number, fields: Fields, hop: number): void {
    const end = this.#events.bound(alias)
    try {
      end?.control(fields, hop)
    } catch (error) {
      if (end !== undefined) this.#events.faulted(alias, end, error)
    }
  }
}
