import type { Clock, Random, Timer } from "@luxbus/clock"
import { type DataLane, Lane, MessageReader, MessageWriter } from "@luxbus/packet"

/** What may befall single frames on the way. Rates are chances per frame, from 0 to 1. */
export interface FrameFaults {
  /** The frame is lost. */
  readonly dropRate: number
  /** It arrives twice. */
  readonly duplicateRate: number
  /** It is overtaken: it arrives later than it should, on its own. */
  readonly delayRate: number
  /** A broker: only chunks and ENDs are dropped, and the reader is told of each hole. Otherwise a backplane: anything is hit, silently. */
  readonly announcesHoles: boolean
}

/** Frames arrive once, in order. */
export const NO_FAULTS: FrameFaults = { dropRate: 0, duplicateRate: 0, delayRate: 0, announcesHoles: false }

/** The longest that a frame is overtaken by others. */
const MAX_DELAY_MS = 40
/** How long the broker has no room after it dropped a frame. */
const ROOM_DELAY_MS = 20

interface InFlight {
  readonly message: Uint8Array
  timer: Timer
}

/** One direction of a link: messages arrive whole and in order after the latency, but for what its faults do to frames. */
export class VirtualPipe {
  readonly #clock: Clock
  readonly #random: Random
  readonly #latencyMs: number
  readonly #deliver: (message: Uint8Array) => void
  readonly #reader = new MessageReader()
  readonly #inFlight = new Set<InFlight>()
  #faults: FrameFaults
  #closed = false

  constructor(
    components: { clock: Clock; random: Random; deliver: (message: Uint8Array) => void },
    options: { latencyMs: number; faults: FrameFaults },
  ) {
    this.#clock = components.clock
    this.#random = components.random
    this.#deliver = components.deliver
    this.#latencyMs = options.latencyMs
    this.#faults = options.faults
  }

  set faults(faults: FrameFaults) {
    this.#faults = faults
  }

  send(message: Uint8Array): void {
    if (this.#closed) return
    const { dropRate, duplicateRate, delayRate } = this.#faults
    if (dropRate + duplicateRate + delayRate === 0) this.#arrive(message, 0)
    else this.#disturb(message)
  }

  /** Closes: of what is on the way, a part from the front still arrives, the rest is lost. */
  cut(): void {
    const kept = Math.floor(this.#random.float() * (this.#inFlight.size + 1))
    const messages = [...this.#inFlight].slice(0, kept)
    for (const { timer } of this.#inFlight) timer.cancel()
    this.#inFlight.clear()
    for (const { message } of messages) if (!this.#closed) this.#deliver(message)
    this.#closed = true
  }

  #arrive(message: Uint8Array, extraMs: number): void {
    const inFlight: InFlight = {
      message,
      timer: this.#clock.setTimer(this.#latencyMs + extraMs, () => {
        this.#inFlight.delete(inFlight)
        this.#deliver(message)
      }),
    }
    this.#inFlight.add(inFlight)
  }

  #disturb(message: Uint8Array): void {
    const { dropRate, duplicateRate, delayRate, announcesHoles } = this.#faults
    const reader = this.#reader
    const rest = new MessageWriter()
    reader.load(message)
    while (reader.next()) {
      const frame = message.subarray(reader.frameStart, reader.frameEnd)
      const isData = reader.compact && reader.lane !== Lane.control
      const mayDrop = isData || (!announcesHoles && reader.alias !== 0)
      if (mayDrop && this.#random.float() < dropRate) {
        if (announcesHoles) this.#announceHole(reader.alias, reader.lane as DataLane, reader.number)
        continue
      }
      if (this.#random.float() < duplicateRate) this.#arrive(frame, this.#random.float() * MAX_DELAY_MS)
      if (this.#random.float() < delayRate) this.#arrive(frame, this.#random.float() * MAX_DELAY_MS)
      else rest.append(frame)
    }
    if (rest.length > 0) this.#arrive(rest.take(), 0)
  }

  #announceHole(alias: number, lane: DataLane, number: number): void {
    const writer = new MessageWriter()
    writer.control(alias, 0, { lane, hole: [[number, number]] })
    this.#arrive(writer.take(), ROOM_DELAY_MS)
  }
}
