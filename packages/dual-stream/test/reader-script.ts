import { ManualClock } from "@luxbus/clock/testing"
import { type BusError, type DataLane, type Fields, Lane, type MessageReader } from "@luxbus/packet"
import { fromPeer, type LaneItem, type ReaderOptions, StreamReader } from "../src/index.ts"
import { testHash } from "../src/testing.ts"
import { bytesOf, chunkFrame, endFrame } from "./frames.ts"
import { ScriptedCarrier } from "./scripted-carrier.ts"

/** Where a scripted reader is bound. */
export const ADDRESS = 0x8000_0001

/** What each chunk of a script carries. */
export const DATA = bytesOf(36)

export const NOTHING = new Uint8Array(0)

/** A reader on a carrier of which the test plays the other side. */
export class ReaderScript {
  readonly clock = new ManualClock()
  readonly log: string[] = []
  readonly errors: BusError[] = []
  readonly reader: StreamReader
  /** What the owner does on hearing the outcome. */
  onOutcome: () => void = () => {}
  carrier = new ScriptedCarrier()

  constructor(options: Partial<ReaderOptions> = {}) {
    const { clock, log } = this
    this.reader = new StreamReader(
      {
        clock,
        createHash: testHash,
        events: {
          readable: (lane) => log.push(`readable ${lane}`),
          notice: (notice) => log.push(notice.type),
          completed: () => log.push("completed"),
          outcome: (outcome) => {
            log.push(`outcome ${outcome.status}`)
            this.onOutcome()
          },
          failed: (error) => {
            this.errors.push(error)
            log.push(`failed ${error.code}`)
          },
        },
      },
      { source: fromPeer, ...options },
    )
  }

  attach(epoch = 5): this {
    this.reader.attach(this.carrier, ADDRESS, epoch)
    return this
  }

  /** Attached, and has said so. */
  open(): this {
    this.attach().said()
    return this
  }

  /** The turn ends. */
  settle(): this {
    this.clock.settle()
    return this
  }

  /** One run of frames. */
  receive(...frames: (MessageReader | number)[]): this {
    for (const frame of frames) this.reader.frame(typeof frame === "number" ? chunkFrame(frame, DATA) : frame)
    this.reader.endRun()
    return this
  }

  hear(fields: Fields, hop = 0): this {
    this.reader.control(fields, hop)
    return this
  }

  /** Lets so much time pass while the writer says every 100 ms that it gives `next` on main next. */
  passHearing(ms: number, next: number): this {
    for (let left = ms; left > 0; left -= 100) {
      this.clock.advance(100)
      this.hear({ lane: Lane.main, next })
    }
    return this
  }

  /** What it wants to say on the control lane now. */
  said(): readonly Fields[] {
    return this.carrier.pull().controls
  }

  takeAll(lane: DataLane): LaneItem[] {
    const items: LaneItem[] = []
    for (let item = this.reader.take(lane); item !== undefined; item = this.reader.take(lane)) items.push(item)
    return items
  }
}

/** The outcome of a stream of two chunks and {@link END}. */
export const DONE: Fields = { outcome: { status: "done", main: 3, error: 0 } }

export const END = endFrame(2, NOTHING, { fields: { total: 72, sha256: digestOfTwo() } })

function digestOfTwo(): Uint8Array {
  const hash = testHash()
  hash.update(DATA)
  hash.update(DATA)
  return hash.digest()
}
