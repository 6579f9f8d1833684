import type { StreamEnd } from "@luxbus/dual-stream"
import { type BusError, ChunkFlag, chunkCost, type Fields, LIMITS, type MessageReader } from "@luxbus/packet"
import { assertPublished, HeldMessage } from "./held-message.ts"
import type { Topic } from "./topic.ts"

export interface PublishEndComponents {
  /** The subject's topic, made anew where it was forgotten. @throws BusError `rate_limited` */
  readonly topic: () => Topic
  /** The publisher let go, or lost its connection. */
  readonly left: () => void
}

const NOTHING: Uint8Array = new Uint8Array(0)

/**
 * One client's publishing to one subject. Frames that are whole messages go to the topic as a run; a message of more
 * chunks waits until it is whole, so that publishers' chunks never interleave. Nothing is acknowledged.
 */
export class PublishEnd implements StreamEnd {
  readonly #origin: string
  readonly #components: PublishEndComponents
  #topic: Topic
  readonly #held = new HeldMessage()
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
    assertPublished(frame)
    if (this.#topic.forgotten) this.#topic = this.#components.topic()
    if (this.#held.count > 0 || (frame.flags & ChunkFlag.more) !== 0) {
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
    this.#held.clear()
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
    for (const { flags, data } of this.#held.add(frame) ?? []) this.#topic.add(this.#origin, flags, data)
  }
}
