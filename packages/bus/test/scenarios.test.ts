import { createHash, randomBytes } from "node:crypto"
import type { Bus, BusStream, Payload } from "@luxbus/client"
import { BusError } from "@luxbus/packet"
import { afterEach, describe, expect, test } from "vitest"
import { SYSTEMS, type System } from "./system.ts"

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")
const textOf = async (lane: AsyncIterable<Payload>) => {
  const parts: string[] = []
  for await (const payload of lane) parts.push(String(payload))
  return parts
}
const accepted = async (bus: Bus, pattern: string): Promise<BusStream> => {
  const acceptor = bus.accept(pattern)
  const stream = await acceptor.next()
  if (stream === undefined) throw new Error("the acceptor was closed")
  return stream
}
const failureOf = (promise: PromiseLike<unknown>): Promise<BusError> =>
  Promise.resolve(promise).then(
    () => expect.unreachable("it should have failed"),
    (error: unknown) => error as BusError,
  )
/** Calls `at[n]` before the n-th item. */
async function each<T>(count: number, at: Readonly<Record<number, () => void>>, step: (n: number) => Promise<T>) {
  for (let n = 0; n < count; n++) {
    at[n]?.()
    await step(n)
  }
}

describe.each(Object.keys(SYSTEMS))("%s", (kind) => {
  const systems: System[] = []
  const start = async (options?: Parameters<(typeof SYSTEMS)[string]>[0]): Promise<System> => {
    const make = SYSTEMS[kind]
    if (make === undefined) throw new Error(kind)
    const system = await make(options)
    systems.push(system)
    return system
  }
  afterEach(async () => {
    for (const system of systems.splice(0)) await system.close()
  })

  test("a job's two lanes and its outcome reach an early and a late viewer, whole and in order", async () => {
    const system = await start()
    const writer = await system.connect("writer")
    const viewer = await system.connect("viewer")
    const job = await writer.open("job.1", { headers: { command: "make" } })
    const early = viewer.attach("job.1")
    await early.opened
    const lines = Array.from({ length: 500 }, (_, n) => `line ${n}`)
    for (const line of lines) await job.main.write(line)
    await job.error.write("a warning")
    await job.fail({ exitCode: 3 })
    const late = viewer.attach("job.1")
    for (const view of [early, late]) {
      expect(await textOf(view.main)).toEqual(lines)
      expect(await textOf(view.error)).toEqual(["a warning"])
      expect(await view.outcome).toMatchObject({ status: "error", exitCode: 3 })
    }
    expect((await late.opened).headers).toEqual({ command: "make" })
  })

  test("a viewer from now sees only what comes, and one from a cursor goes on where another stood", async () => {
    const system = await start()
    const writer = await system.connect("writer")
    const viewer = await system.connect("viewer")
    const job = await writer.open("job.2")
    const first = viewer.attach("job.2")
    for (const line of ["a", "b", "c"]) await job.main.write(line)
    expect(await first.main.next()).toBe("a")
    expect(await first.main.next()).toBe("b")
    const { cursor } = first
    expect(await first.main.next()).toBe("c")
    const now = viewer.attach("job.2", { from: "now" })
    await now.opened
    const resumed = viewer.attach("job.2", { from: cursor })
    await job.main.write("d")
    await job.end()
    expect(await textOf(now.main)).toEqual(["d"])
    expect(await textOf(resumed.main)).toEqual(["c", "d"])
  })

  test("cuts of the writer's and the viewer's connection lose, repeat and reorder nothing", async () => {
    const system = await start()
    const writer = await system.connect("writer")
    const viewer = await system.connect("viewer")
    const job = await writer.open("job.3")
    const view = viewer.attach("job.3")
    await view.opened
    const main = textOf(view.main)
    const error = textOf(view.error)
    const cuts = { 50: () => system.cut("writer"), 120: () => system.cut("viewer"), 200: () => system.cut("writer") }
    await each(300, cuts, async (n) => {
      await job.main.write(`main ${n} ${"x".repeat(5_000)}`)
      if (n % 10 === 0) await job.error.write(`error ${n}`)
      if (n % 50 === 49) await new Promise((resolve) => setImmediate(resolve))
    })
    await job.end()
    expect(await main).toEqual(Array.from({ length: 300 }, (_, n) => `main ${n} ${"x".repeat(5_000)}`))
    expect(await error).toEqual(Array.from({ length: 30 }, (_, n) => `error ${n * 10}`))
    expect(await view.outcome).toMatchObject({ status: "done" })
  })

  test("XStream scenario 1: a file is sent while its receiver reports errors back, which do not stop it, across a cut", async () => {
    const system = await start()
    const alice = await system.connect("alice")
    const bob = await system.connect("bob")
    const file = randomBytes(6 * 1024 * 1024)
    const receiving = accepted(bob, "file.*")
    const sending = await alice.open("file.large_file", { to: "bob", headers: { name: "large_file.dat" } })
    const receiver = await receiving

    const received = (async () => {
      const hash = createHash("sha256")
      let bytes = 0
      for (let part = await receiver.main.read(); part !== undefined; part = await receiver.main.read()) {
        hash.update(part)
        const before = bytes
        bytes += part.length
        if (Math.floor(before / 2 ** 20) !== Math.floor(bytes / 2 ** 20)) {
          await receiver.error.write(`disk almost full at ${Math.floor(bytes / 2 ** 20)} MiB`)
        }
      }
      await receiver.end()
      return { digest: hash.digest("hex"), bytes }
    })()
    const errors = textOf(sending.error)

    const chunk = 8_192
    const cuts = { 200: () => system.cut("alice"), 500: () => system.cut("bob") }
    await each(file.length / chunk, cuts, (n) => sending.main.write(file.subarray(n * chunk, (n + 1) * chunk)))
    await sending.end()

    expect(await received).toEqual({ digest: sha256(file), bytes: file.length })
    expect(await errors).toEqual([1, 2, 3, 4, 5, 6].map((mib) => `disk almost full at ${mib} MiB`))
    expect(sending.repeatedBytes).toBeLessThanOrEqual(2 * 2 * 1024 * 1024)
  })

  test("XStream scenario 2: two peers chat on one duplex and watch its errors, across a cut", async () => {
    const system = await start()
    const alice = await system.connect("alice")
    const bob = await system.connect("bob")
    const accepting = accepted(bob, "chat")
    const aliceSide = await alice.open("chat", { to: "bob" })
    const bobSide = await accepting
    const notices: string[] = []
    aliceSide.onNotice((notice) => notices.push(notice.type))
    expect([aliceSide.peer, bobSide.peer, aliceSide.direction, bobSide.direction]).toEqual([
      "bob",
      "alice",
      "outbound",
      "inbound",
    ])
    const heardByBob: Payload[] = []
    const bobReads = (async () => {
      for await (const message of bobSide.main) {
        heardByBob.push(message)
        await bobSide.main.write(`re: ${message}`)
      }
      await bobSide.error.write("bob hangs up")
      await bobSide.end()
    })()
    const answers: Payload[] = []
    for (let n = 0; n < 20; n++) {
      if (n === 7) system.cut("bob")
      if (n === 13) system.cut("alice")
      await aliceSide.main.write(`message ${n}`)
      const answer = await aliceSide.main.next()
      if (answer !== undefined) answers.push(answer)
    }
    const errors = textOf(aliceSide.error)
    await aliceSide.end()
    await bobReads
    expect(heardByBob).toEqual(Array.from({ length: 20 }, (_, n) => `message ${n}`))
    expect(answers).toEqual(heardByBob.map((message) => `re: ${message}`))
    expect(await errors).toEqual(["bob hangs up"])
    expect(await aliceSide.outcome).toMatchObject({ status: "done" })
    expect(aliceSide.state.name).toBe("closed")
    expect(notices).toContain("suspended")
    expect(notices).toContain("resumed")
  })

  test("cancel reaches the writer's signal; a viewer that goes away cancels nothing", async () => {
    const system = await start()
    const writer = await system.connect("writer")
    const viewer = await system.connect("viewer")
    const job = await writer.open("job.4")
    const view = viewer.attach("job.4")
    await view.opened
    await view.close()
    const other = viewer.attach("job.4")
    await other.opened
    expect(job.signal.aborted).toBe(false)
    await other.cancel("no longer needed")
    await new Promise((resolve) => job.signal.addEventListener("abort", resolve))
    expect(job.signal.reason).toMatchObject({ code: "cancelled", message: "no longer needed" })
    await job.fail({ status: "cancelled", reason: "no longer needed" })
    expect(await other.outcome).toMatchObject({ status: "cancelled", reason: "no longer needed" })
    expect(await viewer.cancel("job.4")).toEqual({ status: "cancelled" })
  })

  test("an unknown stream is unknown_stream, or is waited for", async () => {
    const system = await start()
    const writer = await system.connect("writer")
    const viewer = await system.connect("viewer")
    expect(await failureOf(viewer.attach("job.5").opened)).toMatchObject({ code: "unknown_stream" })
    expect(await failureOf(viewer.cancel("job.5"))).toMatchObject({ code: "unknown_stream" })
    const waiting = viewer.attach("job.5", { wait: true })
    const job = await writer.open("job.5")
    await job.main.write("here")
    await job.end()
    expect(await textOf(waiting.main)).toEqual(["here"])
  })

  test("a stream to an absent peer waits and says so, until the peer comes and accepts", async () => {
    const system = await start()
    const alice = await system.connect("alice")
    let notified = (_type: string) => {}
    const notice = new Promise<string>((resolve) => {
      notified = resolve
    })
    const opening = alice.open("late", { to: "bob", onNotice: ({ type }) => notified(type) })
    expect(await notice).toBe("waiting")
    const bob = await system.connect("bob")
    const stream = await accepted(bob, ">")
    const opened = await opening
    await opened.main.write("hello")
    const ending = opened.end()
    expect(await textOf(stream.main)).toEqual(["hello"])
    await ending
    await stream.end()
  })

  test("opening is given up by its signal", async () => {
    const system = await start()
    const alice = await system.connect("alice")
    const abort = new AbortController()
    const opening = alice.open("never", { to: "nobody", signal: abort.signal })
    abort.abort()
    expect(await failureOf(opening)).toMatchObject({ code: "cancelled" })
    expect(alice.activeCount).toBe(0)
  })

  test("what is published reaches every subscriber of the subject, in order, with its publisher", async () => {
    const system = await start()
    const publisher = await system.connect("publisher")
    const subscriber = await system.connect("subscriber")
    const subscriptions = [subscriber.subscribe("news.eu"), publisher.subscribe("news.eu")]
    const other = subscriber.subscribe("news.us")
    await Promise.all([...subscriptions, other].map((subscription) => subscription.opened))
    for (let n = 0; n < 100; n++) await publisher.publish("news.eu", { n })
    await publisher.publish("news.us", "elsewhere")
    for (const subscription of subscriptions) {
      for (let n = 0; n < 100; n++) {
        expect(await subscription.next()).toMatchObject({ subject: "news.eu", data: { n }, from: "publisher" })
      }
    }
    expect(await other.next()).toMatchObject({ data: "elsewhere" })
  })

  test("one live session per client id: a second is refused with id_taken", async () => {
    const system = await start()
    await system.connect("alice")
    expect(await failureOf(system.connect("alice"))).toMatchObject({ code: "id_taken" })
  })

  test("of two writers of one hosted name the second is fenced", async () => {
    const system = await start()
    const first = await system.connect("first")
    const second = await system.connect("second")
    const job = await first.open("job.6")
    expect(await failureOf(second.open("job.6"))).toMatchObject({ code: "fenced" })
    await job.main.write("unharmed")
    await job.end()
    expect(await textOf(second.attach("job.6").main)).toEqual(["unharmed"])
  })

  test("a peer that does not read makes the writer wait, with bounded memory, while errors still pass", async () => {
    const system = await start()
    const alice = await system.connect("alice")
    const bob = await system.connect("bob")
    const accepting = accepted(bob, "bulk")
    const sending = await alice.open("bulk", { to: "bob" })
    const receiver = await accepting
    const chunk = new Uint8Array(65_536)
    let written = 1
    await sending.main.write(chunk)
    expect((await receiver.main.read())?.length).toBe(chunk.length)
    const writing = (async () => {
      for (let n = 0; n < 160; n++) {
        await sending.main.write(chunk)
        written++
      }
    })()
    await sending.error.write("overtakes")
    expect(await receiver.error.next()).toBe("overtakes")
    while (!sending.main.blocked) await new Promise((resolve) => setImmediate(resolve))
    expect(written).toBeLessThanOrEqual((4 + 1) * 16 + 2)
    const bytes = receiver.main.bytes()
    await writing
    const ending = sending.end()
    expect((await bytes).length).toBe(160 * 65_536)
    await ending
    await receiver.end()
  })

  test("a viewer that stops reading slows nobody, and is told of what the ring could not keep", async () => {
    const system = await start({ ringBytes: 1024 * 1024 })
    const writer = await system.connect("writer")
    const viewer = await system.connect("viewer")
    const job = await writer.open("job.7")
    const gaps: unknown[] = []
    const slow = viewer.attach("job.7", { onNotice: (notice) => notice.type === "gap" && gaps.push(notice) })
    const quick = viewer.attach("job.7")
    await Promise.all([slow.opened, quick.opened])
    let seen = 0
    for (let n = 0; n < 128; n++) {
      await job.main.write(new Uint8Array(65_536).fill(n))
      // In step with the writer, which waits for no viewer: on a busy machine the quick one would lag as well.
      while (seen < (n + 1) * 65_536) seen += (await quick.main.read())?.length ?? Number.POSITIVE_INFINITY
    }
    await job.end()
    expect(await quick.main.next()).toBeUndefined()
    expect(seen).toBe(128 * 65_536)
    const rest = await slow.main.bytes()
    expect(rest.length).toBeLessThan(128 * 65_536)
    expect(rest.at(-1)).toBe(127)
    expect(gaps).toEqual([expect.objectContaining({ type: "gap", lane: "main", reason: "lagged" })])
  })

  test("a gap that nobody listens for is thrown, never passed over", async () => {
    const system = await start({ ringBytes: 1024 * 1024 })
    const writer = await system.connect("writer")
    const viewer = await system.connect("viewer")
    const job = await writer.open("job.8")
    for (let n = 0; n < 64; n++) await job.main.write(new Uint8Array(65_536))
    await job.end()
    expect(await failureOf(viewer.attach("job.8").main.bytes())).toMatchObject({ code: "gap" })
  })

  test("a writer that is gone leaves its stream suspended, then expired, never silently finished", async () => {
    const system = await start({ windowMs: 300 })
    const writer = await system.connect("writer")
    const viewer = await system.connect("viewer")
    const job = await writer.open("job.9")
    const notices: string[] = []
    const view = viewer.attach("job.9", { onNotice: (notice) => notices.push(notice.type) })
    await view.opened
    await job.main.write("before")
    expect(await view.main.next()).toBe("before")
    system.block("writer")
    expect(await view.outcome).toMatchObject({ status: "expired" })
    expect(notices).toContain("suspended")
    expect(await failureOf(view.main.next())).toMatchObject({ code: "expired" })
    system.unblock("writer")
    expect(await failureOf(job.end())).toBeInstanceOf(BusError)
  })

  test("everything that was opened is let go of", async () => {
    const system = await start()
    const alice = await system.connect("alice")
    const bob = await system.connect("bob")
    const accepting = accepted(bob, ">")
    const stream = await alice.open("leak.1", { to: "bob" })
    const other = await accepting
    const job = await alice.open("leak.2")
    const view = bob.attach("leak.2")
    await job.main.write("x")
    await Promise.all([stream.end(), other.end(), job.end(), view.main.text(), view.error.text()])
    await Promise.all([stream.main.bytes(), stream.error.bytes(), other.main.bytes(), other.error.bytes()])
    await view.outcome
    expect([alice.activeCount, bob.activeCount]).toEqual([0, 0])
  })
})
