import type { Bus, Notice, Payload } from "@luxbus/client"
import { afterEach, describe, expect, test } from "vitest"
import { SYSTEMS, type System } from "./system.ts"

const KIB = 1024
const FRAMES = 3_000
const frame = (n: number) => `${n} `.padEnd(4 * KIB, ".")

/** What an application saw of the main lane: numbers that came, and those that a gap told of, in their order. */
class Seen {
  readonly frames: number[] = []
  readonly order: number[] = []

  readonly onNotice = (notice: Notice): void => {
    if (notice.type !== "gap" || notice.lane !== "main") return
    for (const [first, last] of notice.ranges) for (let n = first; n <= last; n++) this.order.push(n)
  }

  async read(lane: AsyncIterable<Payload>): Promise<this> {
    for await (const payload of lane) {
      const n = Number.parseInt(String(payload), 10)
      expect(payload).toBe(frame(n))
      this.frames.push(n)
      this.order.push(n)
    }
    return this
  }
}

const ALL = Array.from({ length: FRAMES }, (_, n) => n)

describe.each(Object.keys(SYSTEMS))("%s", (kind) => {
  const systems: System[] = []
  const start = async (): Promise<System> => {
    const system = await SYSTEMS[kind]!()
    systems.push(system)
    return system
  }
  afterEach(async () => {
    for (const system of systems.splice(0)) await system.close()
  })
  const aborted = (signal: AbortSignal) =>
    new Promise<unknown>((resolve) => {
      if (signal.aborted) resolve(signal.reason)
      else signal.addEventListener("abort", () => resolve(signal.reason))
    })
  const opened = async (alice: Bus, bob: Bus, options: Parameters<Bus["open"]>[1]) => {
    const accepting = bob.accept("camera").next()
    const near = await alice.open("camera", { to: "bob", ...options })
    const far = await accepting
    if (far === undefined) throw new Error("the acceptor was closed")
    return { near, far }
  }

  test("a live stream to a peer that does not read never waits, and tells of every frame that it dropped", async () => {
    const system = await start()
    const alice = await system.connect("alice")
    const bob = await system.connect("bob")
    const { near, far } = await opened(alice, bob, { live: { memoryBytes: 64 * KIB } })
    expect([near.live, far.live]).toEqual([true, true])
    const seen = new Seen()
    far.onNotice(seen.onNotice)
    for (let n = 0; n < FRAMES; n++) {
      await near.main.write(frame(n))
      if (n % 10 === 9) await new Promise((resolve) => setImmediate(resolve))
      if (n === 500) system.cut("alice")
      if (n === 1_500) system.cut("bob")
    }
    expect(near.droppedBytes).toBeGreaterThan(0)
    const reading = seen.read(far.main)
    await near.end()
    await reading
    expect(seen.order).toEqual(ALL)
    expect(seen.frames.length).toBeGreaterThan(100)
    expect(seen.frames.length).toBeLessThan(FRAMES)
    expect(seen.frames.at(-1)).toBe(FRAMES - 1)
  })

  test("a live stream that is hosted drops while its writer is away; every viewer sees the gap in its place", async () => {
    const system = await start()
    const writer = await system.connect("writer")
    const viewer = await system.connect("viewer")
    const camera = await writer.open("camera", { live: { memoryBytes: 64 * KIB } })
    const [early, late] = [new Seen(), new Seen()]
    const view = viewer.attach("camera", { onNotice: early.onNotice })
    const watching = early.read(view.main)
    for (let n = 0; n < 10; n++) await camera.main.write(frame(n))
    await view.opened
    const back = new Promise<void>((resolve) => camera.onNotice(({ type }) => type === "resumed" && resolve()))
    system.block("writer")
    for (let n = 10; n < FRAMES - 1; n++) await camera.main.write(frame(n))
    system.unblock("writer")
    await back
    await camera.main.write(frame(FRAMES - 1))
    await camera.end()
    const again = viewer.attach("camera", { onNotice: late.onNotice })
    for (const seen of [await watching, await late.read(again.main)]) {
      expect(seen.order).toEqual(ALL)
      expect([seen.frames.includes(0), seen.frames.at(-1)]).toEqual([true, FRAMES - 1])
      expect(seen.frames.length).toBeLessThan(50)
    }
    expect(await view.outcome).toMatchObject({ status: "done" })
  })

  test("a hosted stream that nobody reads, or no longer, is told so by its signal", async () => {
    const system = await start()
    const writer = await system.connect("writer")
    const viewer = await system.connect("viewer")
    const unread = await writer.open("unread", { onAbandon: { cancelAfterMs: 20 } })
    expect(await aborted(unread.signal)).toMatchObject({ code: "cancelled", details: { reason: "abandoned" } })
    const view = viewer.attach("left", { wait: true })
    const left = await writer.open("left", { onAbandon: { cancelAfterMs: 20 } })
    await view.opened
    await view.close()
    expect(await aborted(left.signal)).toMatchObject({ code: "cancelled", details: { reason: "abandoned" } })
  })

  test("a stream to a peer that stays away is told so by its signal", async () => {
    const system = await start()
    const alice = await system.connect("alice")
    const bob = await system.connect("bob")
    const { near } = await opened(alice, bob, { onAbandon: { cancelAfterMs: 20 } })
    system.block("bob")
    expect(await aborted(near.signal)).toMatchObject({ code: "cancelled", details: { reason: "abandoned" } })
  })
})
