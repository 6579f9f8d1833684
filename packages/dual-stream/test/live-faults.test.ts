import { SeededRandom } from "@luxbus/clock/testing"
import { type DataLane, Lane, LIMITS, laneName, sameBytes, WRITER_LIMITS } from "@luxbus/packet"
import { expect, test } from "vitest"
import { type FrameFaults, NO_FAULTS } from "../src/testing.ts"
import { bytesOf } from "./frames.ts"
import { StreamPair } from "./stream-pair.ts"

const SEEDS = 300
const LANES = [Lane.main, Lane.error] as const

/** One run of a live stream with little memory under random writes, cuts, frame faults and pauses of its reader. */
class LiveRun {
  readonly #random: SeededRandom
  readonly #pair: StreamPair
  readonly #memoryBytes: number
  readonly #sent = { main: [] as Uint8Array[], error: [] as Uint8Array[] }
  /** Items that are known to be right, and the number that is due behind them. */
  readonly #checked = { main: { items: 0, next: 0 }, error: { items: 0, next: 0 } }
  chunksTaken = 0
  gapsTaken = 0

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
    this.#memoryBytes = this.#random.integer(1, 300_000)
    this.#pair = new StreamPair({
      seed,
      latencyMs: this.#random.integer(1, 80),
      bytesPerMs: this.#random.float() < 0.5 ? this.#random.integer(50, 2_000) : Number.POSITIVE_INFINITY,
      faults: this.#randomFaults(),
      writer: { live: { memoryBytes: this.#memoryBytes } },
    })
  }

  play(): this {
    if (this.#random.float() < 0.8) this.#pair.connect()
    const steps = this.#random.integer(10, 60)
    for (let step = 0; step < steps; step++) {
      this.#step()
      this.#checkAlways()
    }
    this.#pair.faults = NO_FAULTS
    if (!this.#pair.connected) this.#pair.connect()
    this.#pair.writer.finish({ status: "done" })
    for (let turn = 0; turn < 80; turn++) this.#pair.readAll().run(500)
    this.#checkAlways()
    this.#checkEnd()
    return this
  }

  #randomFaults(): FrameFaults {
    const kind = this.#random.integer(0, 3)
    if (kind === 0) return NO_FAULTS
    const rate = () => this.#random.float() * 0.3
    if (kind === 1) return { dropRate: rate(), duplicateRate: 0, delayRate: 0, announcesHoles: true }
    return { dropRate: rate(), duplicateRate: rate(), delayRate: rate(), announcesHoles: false }
  }

  #step(): void {
    const choice = this.#random.float()
    if (choice < 0.45) this.#write(Lane.main, 60_000)
    else if (choice < 0.6) this.#write(Lane.error, 20_000)
    else if (choice < 0.67) this.#pair.cut()
    else if (choice < 0.77 && !this.#pair.connected) this.#pair.connect()
    else if (choice < 0.9) this.#take()
    else if (choice < 0.92) this.#pair.writer.end(this.#random.float() < 0.5 ? Lane.main : Lane.error)
    this.#pair.run(this.#random.integer(0, this.#random.float() < 0.2 ? 1_500 : 60))
  }

  #write(lane: DataLane, maxBytes: number): void {
    const count = this.#random.integer(1, 20)
    for (let i = 0; i < count; i++) {
      const data = bytesOf(this.#random.integer(0, this.#random.float() < 0.6 ? 500 : maxBytes), i)
      try {
        expect(this.#pair.writer.write(lane, data, 0)).toBe(true)
      } catch (error) {
        expect(error).toMatchObject({ code: "invalid_state" })
        return // The lane has ended.
      }
      this.#sent[laneName(lane)].push(data)
      if (this.#random.float() < 0.3) this.#pair.run(1)
    }
  }

  #take(): void {
    if (!this.#pair.hasReader) return
    for (const lane of LANES) {
      this.#pair.reader.touch(lane)
      for (let i = this.#random.integer(0, 10); i > 0; i--) this.#pair.takeOne(lane)
    }
  }

  /** Every number once, in order: as the chunk that was sent, or within a gap that stands in its place. */
  #checkAlways(): void {
    const { writer, failures, hasReader, taken } = this.#pair
    for (const lane of LANES) {
      const name = laneName(lane)
      const checked = this.#checked[name]
      const { items } = taken[name]
      for (; checked.items < items.length; checked.items++) {
        const item = items[checked.items]!
        const [first, last] = item.type === "gap" ? [item.ranges[0]![0], item.first - 1] : [item.number, item.number]
        if (first !== checked.next || last < first)
          throw new Error(`${name}: ${item.type} ${first} for ${checked.next}`)
        checked.next = last + 1
        if (item.type === "gap") this.gapsTaken++
        if (item.type !== "chunk") continue
        this.chunksTaken++
        if (!sameBytes(item.data, this.#sent[name][first]!)) throw new Error(`${name}: chunk ${first} differs`)
      }
      const held = hasReader ? this.#pair.reader.lane(lane).heldCost : 0
      if (held > LIMITS.windowBytes[name] + LIMITS.drainedTailBytes)
        throw new Error(`${name}: ${held} held beyond the window`)
    }
    expect(failures).toEqual({})
    const newest = 2 * (WRITER_LIMITS.chunkBytes + LIMITS.chunkOverheadCost)
    expect(writer.heldCost).toBeLessThanOrEqual(this.#memoryBytes + WRITER_LIMITS.errorMemoryBytes + newest)
  }

  #checkEnd(): void {
    const { writer, clock, outcomes, reader } = this.#pair
    const final = (chunks: number) => (chunks === 0 ? 0 : chunks + 1)
    const [main, error] = [final(this.#sent.main.length), final(this.#sent.error.length)]
    expect(outcomes).toEqual([{ status: "done", main, error }])
    expect([this.#checked.main.next, this.#checked.error.next]).toEqual([main, error])
    expect([writer.state, writer.heldCost, clock.pendingTimers]).toEqual(["complete", 0, 0])
    expect(reader.lane(Lane.main).heldCost + reader.lane(Lane.error).heldCost).toBe(0)
  }
}

function play(seed: number): LiveRun {
  try {
    return new LiveRun(seed).play()
  } catch (error) {
    throw new Error(`Replay with: test("seed", () => void play(${seed}))`, { cause: error })
  }
}

test("what is delivered of a live stream has exactly the holes that gaps tell of, whatever is lost", () => {
  let [chunks, gaps] = [0, 0]
  for (let seed = 1; seed <= SEEDS; seed++) {
    const run = play(seed)
    chunks += run.chunksTaken
    gaps += run.gapsTaken
  }
  // Both happen: neither is everything lost, nor nothing.
  expect([chunks > 10_000, gaps > 100]).toEqual([true, true])
}, 60_000)
