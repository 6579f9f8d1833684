import type { Clock } from "@luxbus/clock"
import { fromPattern, type LaneItem, type Notice, type ReaderSource, StreamReader } from "@luxbus/dual-stream"
import {
  AliasBit,
  type BusError,
  type DataLane,
  type Fields,
  type FullHeader,
  type JsonObject,
  Lane,
  type Outcome,
} from "@luxbus/packet"
import type { FakeCarrier } from "./fake-carrier.ts"
import { fakeHash } from "./fake-hash.ts"
import { decode } from "./text.ts"

/** A reading application on a real StreamReader: takes all there is, unless it is paused. */
export class TestReader {
  readonly #clock: Clock
  readonly #source: ReaderSource
  readonly items: LaneItem[] = []
  readonly notices: Notice[] = []
  readonly starts: { readonly epoch: number; readonly deadlineMs: number; readonly fields: Fields }[] = []
  readonly origins: (string | undefined)[] = []
  reader: StreamReader | undefined
  outcome: Outcome | undefined
  error: BusError | undefined
  paused = false

  constructor(clock: Clock, source: ReaderSource) {
    this.#clock = clock
    this.#source = source
  }

  started(carrier: FakeCarrier, alias: number, header: FullHeader, fields: Fields): void {
    this.starts.push({ epoch: header.epoch, deadlineMs: header.deadlineMs, fields })
    if (this.reader === undefined || this.reader.epoch !== header.epoch) {
      this.reader?.close()
      this.reader = this.#makeReader(fields)
    }
    const { incarnation } = fields
    this.reader.attach(carrier, (alias | AliasBit.receiver) >>> 0, header.epoch, incarnation)
  }

  get completed(): boolean {
    return this.reader?.completed ?? false
  }

  get cursor(): JsonObject {
    const { epoch, incarnation = new Uint8Array(8), position } = this.reader!
    return { epoch, incarnation: hex(incarnation), ...position }
  }

  resume(): void {
    this.paused = false
    this.#take(Lane.main)
    this.#take(Lane.error)
  }

  /** The texts of a lane's chunks; gaps as `[first-last reason]`. */
  texts(lane: "main" | "error" = "main"): string[] {
    const found: string[] = []
    for (const [itemLane, item] of this.#taken) {
      if (itemLane !== lane || item.type === "end") continue
      if (item.type === "chunk") found.push(decode(item.data))
      else found.push(`[${item.ranges.map(([a, b]) => `${a}-${b}`).join(",")} ${item.reason}]`)
    }
    return found
  }

  text(lane: "main" | "error" = "main"): string {
    return this.texts(lane).join("")
  }

  bytes(lane: "main" | "error" = "main"): number[] {
    const bytes: number[] = []
    for (const [itemLane, item] of this.#taken) {
      if (itemLane === lane && item.type === "chunk") for (const byte of item.data) bytes.push(byte)
    }
    return bytes
  }

  /** Whether the lane's END was taken and its digest agreed. */
  verified(lane: "main" | "error" = "main"): boolean {
    return this.#taken.some(([itemLane, item]) => itemLane === lane && item.type === "end" && item.verified)
  }

  readonly #taken: ["main" | "error", LaneItem][] = []

  #makeReader(fields: Fields): StreamReader {
    const { mainFirst = 0, errorFirst = 0 } = this.#source.isPeer ? {} : fields
    return new StreamReader(
      {
        clock: this.#clock,
        createHash: fakeHash,
        events: {
          readable: (lane) => this.#take(lane),
          notice: (notice) => void this.notices.push(notice),
          outcome: (outcome) => {
            this.outcome = outcome
          },
          failed: (error) => {
            this.error = error
          },
        },
      },
      {
        source: fields.sparse ? fromPattern : this.#source,
        main: mainFirst,
        error: errorFirst,
        ...(this.#source.isPeer && { windowMs: 120_000 }),
      },
    )
  }

  #take(lane: DataLane): void {
    if (this.paused) return
    for (let item = this.reader?.take(lane); item !== undefined; item = this.reader?.take(lane)) {
      this.items.push(item)
      this.#taken.push([lane === Lane.main ? "main" : "error", item])
    }
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
}
