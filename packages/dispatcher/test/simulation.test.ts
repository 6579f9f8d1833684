import { SeededRandom } from "@luxbus/clock/testing"
import { Lane } from "@luxbus/packet"
import { expect, test } from "vitest"
import { TestBus, type TestClient } from "./test-bus.ts"
import type { TestReader } from "./test-reader.ts"
import type { TestWriter } from "./test-writer.ts"

const SEEDS = 200
const STEPS = 24

interface Written {
  readonly main: string[]
  readonly error: string[]
}

/** One run on a bus whose connections are cut, filled and restored by chance. */
class Simulation {
  readonly random: SeededRandom
  readonly bus: TestBus
  readonly a: TestClient
  readonly b: TestClient
  readonly viewers: TestClient[]
  readonly hosted: TestWriter
  readonly relayed: TestWriter
  readonly written = new Map<TestWriter, Written>()
  readonly readers: TestReader[] = []
  readonly subscribers: TestReader[] = []
  published = 0

  constructor(seed: number, options: { readonly ringBytes?: number }) {
    this.random = new SeededRandom(seed)
    this.bus = new TestBus({ keepFinishedMs: 600_000, ...options })
    this.a = this.bus.client("a")
    this.b = this.bus.client("b")
    this.viewers = [0, 1, 2].map((i) => this.bus.client(`viewer${i}`))
    this.hosted = this.a.host("job")
    this.relayed = this.a.open("call", "b")
    this.written.set(this.hosted, { main: [], error: [] })
    this.written.set(this.relayed, { main: [], error: [] })
    this.subscribers.push(this.viewers[0]!.subscribe("news", "start"), this.viewers[1]!.subscribe("news", "start"))
  }

  get all(): TestClient[] {
    return [this.a, this.b, ...this.viewers]
  }

  step(): void {
    const client = this.#pick(this.all)
    switch (this.random.integer(0, 9)) {
      case 0:
      case 1:
      case 2:
        this.#write(this.#pick([this.hosted, this.relayed]))
        break
      case 3:
        if (!client.carrier.isCut) client.cut()
        break
      case 4:
      case 5:
        if (client.carrier.isCut) client.reconnect()
        break
      case 6:
        client.broker.full = this.random.float() < 0.5
        break
      case 7:
        this.#pauseOrResume()
        break
      case 8:
        this.#attach()
        break
      default:
        if (!this.a.carrier.isCut) this.a.publish("news", `${this.published++}`)
    }
    this.bus.pass(this.random.integer(0, 400))
  }

  /** Faults stop: everybody is back, reads, and the writers end. */
  heal(): void {
    for (const client of this.all) {
      client.broker.full = false
      if (client.carrier.isCut) client.reconnect()
    }
    if (this.readers.length === 0) this.#attach()
    for (const reader of [...this.readers, this.#accepted]) reader.resume()
    this.hosted.finish()
    this.relayed.finish()
    this.bus.pass(30_000)
  }

  get accepted(): TestReader {
    return this.#accepted
  }

  /** Everybody leaves; nothing may be left behind. */
  leave(): void {
    for (const client of this.all) client.cut()
    this.bus.pass(610_000)
  }

  get #accepted(): TestReader {
    return this.b.accepted("a", "call")
  }

  #write(writer: TestWriter): void {
    const lane = this.random.float() < 0.7 ? "main" : "error"
    const known = this.written.get(writer)![lane]
    for (let i = this.random.integer(1, 5); i > 0; i--) {
      const text = `${lane}${known.length}`.padEnd(this.random.integer(8, 3_000), ".")
      known.push(text)
      if (lane === "main") writer.write(text)
      else writer.writeError(text)
    }
  }

  #attach(): void {
    const viewer = this.#pick(this.viewers)
    if (viewer.carrier.isCut || this.bus.summary("job") === undefined) return
    this.readers.push(viewer.attach("job"))
  }

  #pauseOrResume(): void {
    const reader = this.#pick([...this.readers, this.#accepted])
    if (reader.paused) reader.resume()
    else reader.paused = true
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.random.integer(0, items.length - 1)]!
  }
}

function run(seed: number, options: { readonly ringBytes?: number } = {}): Simulation {
  const simulation = new Simulation(seed, options)
  for (let i = 0; i < STEPS; i++) simulation.step()
  simulation.heal()
  return simulation
}

function expectNothingLeft({ bus, all }: Simulation): void {
  expect(bus.dispatcher.usage).toEqual({
    clients: 0,
    streams: 0,
    topics: 0,
    patterns: 0,
    groupMembers: 0,
    letters: 0,
    deadLetters: 0,
    relays: 0,
    waitingRelays: 0,
    channels: 0,
    registrations: 0,
    exchanges: 0,
    waitingExchanges: 0,
    waitingReaders: 0,
    aliases: 0,
    links: 0,
    located: 0,
    mirrors: 0,
    heldBytes: 0,
  })
  for (const { broker } of all) expect(broker.boundCount).toBe(0)
}

/** Runs every seed, and names the one that failed. */
function forEachSeed(seeds: number, check: (seed: number) => void): void {
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      check(seed)
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error })
    }
  }
}

test("delivers every stream whole, once and in order through any faults of connections", () => {
  forEachSeed(SEEDS, (seed) => {
    const simulation = run(seed)
    const { hosted, relayed, readers, accepted, written, subscribers } = simulation
    for (const writer of [hosted, relayed]) expect(writer.error).toBeUndefined()
    for (const [reader, writer] of [
      ...readers.map((reader) => [reader, hosted] as const),
      [accepted, relayed] as const,
    ]) {
      expect(reader.texts()).toEqual(written.get(writer)!.main)
      expect(reader.texts("error")).toEqual(written.get(writer)!.error)
      expect(reader.outcome?.status).toBe("done")
      expect(reader.completed).toBe(true)
    }
    for (const writer of [hosted, relayed]) expect(writer.writer.state).toBe("complete")
    // Publications are at most once: some are lost with the connection that carried them, none comes twice.
    const numbers = subscribers.map((reader) => reader.texts().map(Number))
    expect(numbers[0]).toEqual(numbers[1])
    expect(numbers[0]).toEqual([...new Set(numbers[0])].sort((x, y) => x - y))
    simulation.leave()
    expectNothingLeft(simulation)
  })
})

test("delivers what the ring still has, and gaps for the rest, through any faults of connections", () => {
  forEachSeed(SEEDS / 4, (seed) => {
    const simulation = run(seed, { ringBytes: 6_000 })
    const written = simulation.written.get(simulation.hosted)!
    for (const reader of simulation.readers) {
      for (const lane of [Lane.main, Lane.error] as const) {
        const name = lane === Lane.main ? "main" : "error"
        const seen: (string | undefined)[] = []
        for (const text of reader.texts(name)) {
          const gap = /^\[(\d+)-(\d+) (evicted|lagged)\]$/.exec(text)
          if (gap === null) seen.push(text)
          else for (let n = seen.length; n <= Number(gap[2]); n++) seen.push(undefined)
        }
        // The END may be all that is left behind a gap.
        const expected = written[name].map((text, n) => (seen[n] === undefined ? undefined : text))
        expect(seen.slice(0, expected.length)).toEqual(expected)
      }
      expect(reader.outcome?.status).toBe("done")
      expect(reader.completed).toBe(true)
    }
    expect(simulation.hosted.writer.state).toBe("complete")
    simulation.leave()
    expectNothingLeft(simulation)
    simulation.bus.dispatcher.close()
  })
})
