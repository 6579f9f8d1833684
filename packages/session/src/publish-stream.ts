import { type Carrier, type FrameOutput, type StreamEnd, startIds } from "@luxbus/dual-stream"
import { BusError, ChunkFlag, chunkCost, Lane, type MessageReader, StreamKind } from "@luxbus/packet"
import { Fifo } from "./fifo.ts"

/** One chunk that waits to be published. */
export interface QueuedChunk {
  readonly data: Uint8Array
  readonly flags: number
}

export interface PublishStreamEvents {
  /** Chunks of this cost wait no longer: the connection took them, or they were dropped. */
  taken(cost: number): void
}

/** What a session publishes on one subject: numbered, kept only until the connection has taken it. */
export class PublishStream implements StreamEnd {
  readonly subject: string
  readonly #seq: Uint8Array
  readonly #events: PublishStreamEvents
  readonly #queue = new Fifo<QueuedChunk>()
  #carrier: Carrier | undefined
  #address = 0
  #next = 0
  #insideMessage = false
  #refusal: BusError | undefined

  constructor(subject: string, seq: Uint8Array, events: PublishStreamEvents) {
    this.subject = subject
    this.#seq = seq
    this.#events = events
  }

  /** Whether nothing waits. */
  get idle(): boolean {
    return this.#queue.length === 0
  }

  /** Why the broker takes nothing on this subject; undefined while it does. */
  get refusal(): BusError | undefined {
    return this.#refusal
  }

  /** Queues one chunk; it is announced and sent on `carrier`, or on the next connection. */
  push(chunk: QueuedChunk, carrier: Carrier | undefined): void {
    this.#queue.push(chunk)
    if (carrier === undefined) return
    this.announce(carrier)
    carrier.wake(this.#address, Lane.main)
  }

  /** Starts the stream on a connection, unless it is there already. */
  announce(carrier: Carrier): void {
    if (carrier === this.#carrier) return
    this.#carrier = carrier
    this.#address = carrier.allocate(this)
    carrier.start(
      this.#address,
      { ...startIds(this.subject), epoch: 0 },
      {
        kind: StreamKind.publish,
        name: this.subject,
        seq: this.#seq,
        ...(this.#next > 0 && { mainFirst: this.#next }),
      },
    )
    if (!this.idle) carrier.wake(this.#address, Lane.main)
  }

  /** The broker may forget the alias. */
  release(): void {
    this.#carrier?.reset(this.#address, new BusError("closed", "Nothing was published on this subject for a while."))
    this.#carrier = undefined
  }

  pull(lane: Lane, output: FrameOutput): boolean {
    if (lane !== Lane.main) return false
    let cost = 0
    while (this.#queue.length > 0 && output.room > 0) {
      const { data, flags } = this.#queue.shift()!
      output.chunk(lane, flags, 0, this.#next++, data)
      this.#insideMessage = (flags & ChunkFlag.more) !== 0
      cost += chunkCost(data.length)
    }
    if (cost > 0) this.#events.taken(cost)
    return this.#queue.length > 0
  }

  /** Half a message went down with the connection: its other half must not be taken for a message of its own. */
  detach(): void {
    this.#carrier = undefined
    while (this.#insideMessage) {
      const chunk = this.#queue.shift()
      this.#insideMessage = chunk !== undefined && (chunk.flags & ChunkFlag.more) !== 0
      if (chunk !== undefined) this.#events.taken(chunkCost(chunk.data.length))
    }
  }

  frame(_frame: MessageReader): void {
    throw new BusError("protocol", "Nobody answers on a subject.")
  }

  endRun(): void {}

  control(): void {}

  /** The broker refuses the subject. What waits is dropped: it would be refused too. */
  reset(error: BusError): void {
    this.#carrier = undefined
    this.#refusal = error
    this.#insideMessage = false
    let cost = 0
    for (let chunk = this.#queue.shift(); chunk !== undefined; chunk = this.#queue.shift()) {
      cost += chunkCost(chunk.data.length)
    }
    if (cost > 0) this.#events.taken(cost)
  }
}
