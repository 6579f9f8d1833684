import type { Gap, LaneItem, StreamReader } from "@luxbus/dual-stream"
import { BusError, ChunkFlag, Codec, codecOf, type DataLane, Lane, LIMITS } from "@luxbus/packet"
import type { Assembly } from "./assembly.ts"
import { decodePayload, joinBytes, type Payload, payloadBytes } from "./payload.ts"
import { Waiters } from "./waiters.ts"

/**
 * One lane of a stream, to read. Bytes come as they were written, part by part; text and JSON values come whole.
 *
 * Reading ends where the writer ended the lane. It throws a BusError where the stream was reset or has expired, and
 * `gap` where chunks are gone for good and nobody listens to the stream's notices; reading may go on after that.
 * Ordering: as written. Backpressure: what is not read is not granted, and the writer waits (a relayed stream) or the
 * broker's ring keeps it (a hosted one).
 */
export class ReadableLane implements AsyncIterable<Payload> {
  readonly #lane: DataLane
  readonly #onGap: (gap: Gap) => boolean
  readonly #waiters = new Waiters()
  #reader: StreamReader | undefined
  #assembly: Assembly | undefined
  #failure: BusError | undefined
  #parts: Uint8Array[] = []
  #partBytes = 0
  #rest: Uint8Array | undefined
  #ended = false
  #origin: string | undefined
  #subject: string | undefined
  #attempt = 1
  /** What comes goes on with a message whose beginning did not: text and values are skipped up to the next. */
  #insideMessage = false

  /** @param onGap tells the application of a gap; false when nobody listens */
  constructor(lane: DataLane, onGap: (gap: Gap) => boolean) {
    this.#lane = lane
    this.#onGap = onGap
  }

  /** Who published what was read last; topics only. */
  get origin(): string | undefined {
    return this.#origin
  }

  /** What was read last was published to; patterns only. */
  get subject(): string | undefined {
    return this.#subject
  }

  /** How often what was read last was sent to members of its group, this time included. */
  get attempt(): number {
    return this.#attempt
  }

  /** The stream is there; until then reading waits. */
  bind(reader: StreamReader, assembly: Assembly): void {
    this.#reader = reader
    this.#assembly = assembly
    this.#insideMessage = reader.lane(this.#lane).beginsInside
    this.#waiters.wake()
  }

  /** Something can be read, or the stream has ended. */
  changed(): void {
    this.#waiters.wake()
  }

  /** The stream was reset: what has arrived can be read still, then reading throws. */
  fail(error: BusError): void {
    this.#failure ??= error
    this.#waiters.wake()
  }

  /** Its owner has closed it: nothing more is read, whatever has arrived. */
  close(error: BusError): void {
    this.#reader = undefined
    this.#discard()
    this.fail(error)
  }

  /** The next payload if it is there; undefined if there is none now, or none any more. */
  tryRead(): Payload | undefined {
    for (;;) {
      const item = this.#takeItem()
      if (item === undefined) return undefined
      const payload = this.#assemble(item)
      if (payload !== undefined) return payload
    }
  }

  /** The next payload; undefined at the lane's end. */
  async next(signal?: AbortSignal): Promise<Payload | undefined> {
    for (;;) {
      const payload = this.tryRead()
      if (payload !== undefined) return payload
      if (this.#over()) return undefined
      await this.#waiters.wait(signal)
    }
  }

  /**
   * The next bytes, at most `size`, at least one; undefined at the lane's end. Text and values come as their bytes.
   * @param size default: whatever the next part has
   */
  async read(size = Number.POSITIVE_INFINITY): Promise<Uint8Array | undefined> {
    let bytes = this.#rest
    while (bytes === undefined || bytes.length === 0) {
      const payload = await this.next()
      if (payload === undefined) return undefined
      bytes = payloadBytes(payload)
    }
    this.#rest = bytes.length > size ? bytes.subarray(size) : undefined
    return bytes.length > size ? bytes.subarray(0, size) : bytes
  }

  /** Everything that is left, as bytes. */
  async bytes(): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    for (let part = await this.read(); part !== undefined; part = await this.read()) parts.push(part)
    return joinBytes(parts)
  }

  /** Everything that is left, as text. */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes())
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Payload> {
    for (let payload = await this.next(); payload !== undefined; payload = await this.next()) yield payload
  }

  /** As a web stream of bytes. */
  get readable(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        const bytes = await this.read()
        if (bytes === undefined) controller.close()
        else controller.enqueue(bytes)
      },
    })
  }

  #takeItem(): LaneItem | undefined {
    return this.#reader?.take(this.#lane)
  }

  /** One payload out of the items that make it up; undefined while it is incomplete. */
  #assemble(item: LaneItem): Payload | undefined {
    switch (item.type) {
      case "end":
        this.#ended = true
        return undefined
      case "gap":
        this.#discard()
        this.#insideMessage = item.message < item.first
        this.#gap(item)
        return undefined
      case "chunk":
        this.#origin = item.origin ?? this.#origin
        this.#subject = item.subject ?? this.#subject
        this.#attempt = item.attempt ?? 1
        return this.#chunk(item.data, item.flags)
    }
  }

  #gap(item: Gap): void {
    const { lane, reason, first, message, ranges } = item
    const isCounted = reason !== "epoch" && !this.#reader?.isSparse
    const missed = isCounted ? ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0) : undefined
    if (this.#onGap({ ...item, missed })) return
    throw new BusError("gap", `Chunks of the ${lane} lane are gone (${reason}).`, {
      details: { lane, reason, first, message, ranges, ...(missed !== undefined && { missed }) },
    })
  }

  #chunk(data: Uint8Array, flags: number): Payload | undefined {
    const codec = codecOf(flags)
    const isLast = (flags & ChunkFlag.more) === 0
    const isRest = this.#insideMessage
    if (isLast) this.#insideMessage = false
    if (codec === Codec.bytes) return data
    if (isRest) return undefined
    // Most messages are one chunk: nothing is assembled.
    if (isLast && this.#parts.length === 0) return decodePayload(data, codec)
    this.#parts.push(data)
    this.#partBytes += data.length
    const fits = this.#assembly?.add(data.length) && this.#partBytes <= LIMITS.assembledMessageBytes
    if (fits && !isLast) return undefined
    const parts = this.#parts
    this.#discard()
    if (fits) return decodePayload(joinBytes(parts), codec)
    this.#insideMessage = !isLast
    const error = new BusError("too_large", "Too much to assemble.")
    this.#reader?.refuse(error)
    throw error
  }

  /** Lets go of the message's parts. */
  #discard(): void {
    this.#assembly?.add(-this.#partBytes)
    this.#parts = []
    this.#partBytes = 0
  }

  /** Whether nothing more will come. Throws where that is no clean end. */
  #over(): boolean {
    if (this.#ended) return true
    const outcome = this.#reader?.outcome
    if (this.#reader !== undefined && outcome !== undefined) {
      const finalNumber = this.#lane === Lane.main ? outcome.main : outcome.error
      const whole = this.#reader.lane(this.#lane).cum >= finalNumber
      if (whole && outcome.status !== "expired") return true
      if (whole) this.#failure ??= new BusError("expired", "The writer did not come back within its window.")
    }
    if (this.#failure === undefined) return false
    // Of a message that was begun the rest does not come.
    this.#discard()
    throw this.#failure
  }
}
