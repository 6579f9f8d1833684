import type { StreamEnd } from "@luxbus/dual-stream"
import {
  BusError,
  ChunkFlag,
  chunkCost,
  type Fields,
  FrameType,
  Lane,
  LIMITS,
  type MessageReader,
} from "@luxbus/packet"
import type { Topic } from "./topic.ts"

export interface PublishEndComponents {
  /** The subject's topic, made anew where it was forgotten. @throws BusError `rate_limited` */
  readonly topic: () => Topic
  /** The publisher let go, or lost its connection. */
  readonly left: () => void
}

interface HeldChunk {
  readonly flags: number
  readonly data: Uint8Array
}

/** What the fields origin and subject take at most: the length of the fields, and a header and a name of each. */
const NAMING_BYTES = 2 + 2 * (3 + LIMITS.nameBytes)
const MAX_CHUNK_BYTES = LIMITS.framePayloadBytes - NAMING_BYTES
/** A message of empty chunks is bounded too. */
const MAX_HELD_CHUNKS = LIMITS.applicationMessageBytes / LIMITS.chunkOverheadCost
const NOTHING: Uint8Array = new Uint8Array(0)

/**
 * One client's publishing to one subject. Frames that are whole messages go to the topic as a run; a message of more
 * chunks waits until it is whole, so that publishers' chunks never interleave. Nothing is acknowledged.
 */
export class PublishEnd implements StreamEnd {
  readonly #origin: string
  readonly #components: PublishEndComponents
  #topic: Topic
  /** Chunks of a message that is not whole yet; copies. */
  #held: HeldChunk[] = []
  #heldBytes = 0
  /** The run of whole messages that is passing: a view's bounds. */
  #message = NOTHING
  #start = 0
  #end = 0
  #count = 0
  #cost = 0
  #gone = false

  /** `origin` is the publisher's client id. */
  constructor(components: PublishEndComponents, origin: string) {
    this.#components = components
    this.#origin = origin
    this.#topic = components.topic()
  }

  frame(frame: MessageReader): void {
    if (frame.lane !== Lane.main || frame.type !== FrameType.chunk) {
      throw new BusError("protocol", "a publisher sends chunks of the main lane only")
    }
    if (frame.dataBytes > MAX_CHUNK_BYTES) throw tooLarge(MAX_CHUNK_BYTES)
    if (this.#topic.forgotten) this.#topic = this.#components.topic()
    if (this.#held.length > 0 || (frame.flags & ChunkFlag.more) !== 0) {
      this.endRun()
      this.#hold(frame)
    } else if (this.#fits(frame)) {
      this.#note(frame)
    } else {
      this.endRun()
      this.#topic.add(this.#origin, frame.flags, frame.data())
    }
  }

  endRun(): void {
    if (this.#count === 0) return
    this.#topic.addFrames(this.#message.subarray(this.#start, this.#end), this.#count, this.#cost)
    this.#message = NOTHING
    this.#count = 0
    this.#cost = 0
  }

  pull(): boolean {
    return false
  }

  control(fields: Fields): void {
    const { code } = fields.cancel ?? {}
    if (typeof code === "string") this.detach()
  }

  reset(_error: BusError): void {
    this.detach()
  }

  detach(): void {
    if (this.#gone) return
    this.#gone = true
    this.#held = []
    this.#components.left()
  }

  /** Whether the frame can go on as it is, behind those that were noted: it says nothing but its data. */
  #fits(frame: MessageReader): boolean {
    if (frame.hop !== 0 || frame.hasFields) return false
    if (this.#count === 0) return !this.#topic.needsOrigin(this.#origin)
    return frame.frameStart === this.#end && this.#end - this.#start < LIMITS.flushBytes
  }

  #note(frame: MessageReader): void {
    if (this.#count === 0) {
      this.#message = frame.message
      this.#start = frame.frameStart
    }
    this.#end = frame.frameEnd
    this.#count++
    this.#cost += chunkCost(frame.dataBytes)
  }

  #hold(frame: MessageReader): void {
    this.#heldBytes += frame.dataBytes
    const limit = LIMITS.applicationMessageBytes
    if (this.#heldBytes > limit || this.#held.length === MAX_HELD_CHUNKS) throw tooLarge(limit)
    this.#held.push({ flags: frame.flags, data: frame.data().slice() })
    if ((frame.flags & ChunkFlag.more) !== 0) return
    for (const { flags, data } of this.#held) this.#topic.add(this.#origin, flags, data)
    this.#held = []
    this.#heldBytes = 0
  }
}

function tooLarge(limit: number): BusError {
  return new BusError("too_large", "a message or chunk is larger than a topic takes", { details: { limit } })
}
