import type { BusStream } from "@luxbus/client"
import type { BusError } from "@luxbus/packet"
import { afterEach, expect, test } from "vitest"
import { type BusHub, createBus } from "../src/index.ts"

const hubs: BusHub[] = []
const start = () => {
  const hub = createBus()
  hubs.push(hub)
  return hub
}
const failureOf = (promise: PromiseLike<unknown>): Promise<BusError> =>
  Promise.resolve(promise).then(
    () => expect.unreachable("it should have failed"),
    (error: unknown) => error as BusError,
  )

/** Two ends of one duplex. */
async function duplex(hub: BusHub): Promise<{ near: BusStream; far: BusStream }> {
  const alice = await hub.connect("alice")
  const bob = await hub.connect("bob")
  const accepting = bob.accept("pipe").next()
  const near = await alice.open("pipe", { to: "bob" })
  const far = await accepting
  if (far === undefined) throw new Error("the acceptor was closed")
  return { near, far }
}

afterEach(async () => {
  for (const hub of hubs.splice(0)) await hub.close()
})

test("connects participants under their ids, or gives them one; an id in use is id_taken", async () => {
  const hub = start()
  expect((await hub.connect("alice")).id).toBe("alice")
  expect((await hub.connect()).id).toMatch(/^client\//)
  expect(await failureOf(hub.connect("alice"))).toMatchObject({ code: "id_taken" })
})

test("lists what is hosted, from inside and for its participants", async () => {
  const hub = start()
  const alice = await hub.connect("alice")
  await alice.open("job.1", { headers: { n: 1 } })
  expect(hub.list()).toMatchObject([{ name: "job.1", state: "live", writer: "alice", headers: { n: 1 } }])
  expect(await alice.list()).toEqual(hub.list())
})

test("lists more streams than fit into one frame", async () => {
  const hub = start()
  const alice = await hub.connect("alice")
  const names = Array.from({ length: 60 }, (_, n) => `job.${n}`)
  for (const name of names) await alice.open(name, { headers: { text: "x".repeat(200) } })
  expect((await alice.list()).map(({ name }) => name).sort()).toEqual([...names].sort())
})

test("a stream goes to the acceptor whose pattern its name matches, and waits where none does", async () => {
  const hub = start()
  const [alice, bob] = [await hub.connect("alice"), await hub.connect("bob")]
  const [jobs, tasks] = [bob.accept("job.*"), bob.accept("task.>")]
  const told: string[] = []
  const other = alice.open("job.1.log", { to: "bob", onNotice: ({ type }) => void told.push(type) })
  await Promise.all([alice.open("task.1.log", { to: "bob" }), alice.open("job.1", { to: "bob" })])
  expect([(await jobs.next())?.name, (await tasks.next())?.name]).toEqual(["job.1", "task.1.log"])
  expect(told).toEqual(["waiting"])
  await expect(Promise.all([bob.accept(">").next(), other])).resolves.toMatchObject([{ name: "job.1.log" }, {}])
})

test("closing it closes every participant, and fails what is under way with closed", async () => {
  const hub = createBus()
  const alice = await hub.connect("alice")
  const opening = failureOf(alice.open("never", { to: "nobody" }))
  const waiting = failureOf(alice.attach("never", { wait: true }).opened)
  const job = await alice.open("job.1")
  await job.main.write("x")
  await hub.close()
  await hub.close()
  expect([(await opening).code, (await waiting).code]).toEqual(["closed", "closed"])
  expect(await failureOf(job.main.write("y"))).toMatchObject({ code: "closed" })
  expect(alice.status.state).toBe("closed")
  expect(await failureOf(alice.publish("x", 1))).toMatchObject({ code: "closed" })
  expect(await failureOf(hub.connect("bob"))).toMatchObject({ code: "connection_lost" })
})

test("reads by size, by what is there, and to the end", async () => {
  const { near, far } = await duplex(start())
  expect(far.main.tryRead()).toBeUndefined()
  await near.main.write(new Uint8Array([1, 2, 3, 4, 5]))
  expect(await far.main.read(2)).toEqual(new Uint8Array([1, 2]))
  expect(await far.main.read(2)).toEqual(new Uint8Array([3, 4]))
  expect(await far.main.read()).toEqual(new Uint8Array([5]))
  await near.error.write("first")
  expect(await far.error.next()).toBe("first")
  expect(far.error.tryRead()).toBeUndefined()
  await near.main.write("te")
  await near.main.write("xt")
  const ending = near.end()
  expect(await far.main.text()).toBe("text")
  expect(await far.main.read()).toBeUndefined()
  await ending
})

test("joins web streams: what is piped in on one side comes out on the other", async () => {
  const { near, far } = await duplex(start())
  const source = new ReadableStream<string>({
    start(controller) {
      for (const part of ["a", "b", "c"]) controller.enqueue(part)
      controller.close()
    },
  })
  const piping = source.pipeTo(near.main.writable)
  const parts: string[] = []
  for await (const part of far.main.readable) parts.push(new TextDecoder().decode(part))
  await piping
  expect(parts).toEqual(["a", "b", "c"])
})

test("values arrive as copies: what a receiver changes, its sender does not see", async () => {
  const { near, far } = await duplex(start())
  const sent = { list: [1] }
  await near.main.write(sent)
  const received = (await far.main.next()) as typeof sent
  expect(received).toEqual(sent)
  received.list.push(2)
  expect(sent.list).toEqual([1])
})

test("a message larger than a chunk arrives whole; bytes of any size arrive in order", async () => {
  const { near, far } = await duplex(start())
  const text = "zażółć ".repeat(30_000)
  const bytes = new Uint8Array(300_000).map((_, n) => n % 251)
  const written = Promise.all([near.main.write(text), near.error.write(bytes).then(() => near.error.end())])
  expect(await far.main.next()).toBe(text)
  expect(Buffer.compare(await far.error.bytes(), bytes)).toBe(0)
  await written
})

test("subscribes to the last messages of a subject, and refuses a number that is none", async () => {
  const hub = start()
  const [writer, reader] = [await hub.connect("writer"), await hub.connect("reader")]
  const all = writer.subscribe("news")
  await all.opened
  for (let n = 0; n < 5; n++) await writer.publish("news", n)
  for (let n = 0; n < 5; n++) await all.next()
  const last = reader.subscribe("news", { from: { last: 2 } })
  expect([(await last.next())?.data, (await last.next())?.data]).toEqual([3, 4])
  for (const bad of [0, Number.NaN]) {
    expect(await failureOf(reader.subscribe("news", { from: { last: bad } }).next())).toMatchObject({
      code: "invalid_argument",
    })
  }
})

test("subscribes to a pattern, whose events name their own subjects, and goes on from a cursor", async () => {
  const hub = start()
  const [writer, reader] = [await hub.connect("writer"), await hub.connect("reader")]
  const progress = reader.subscribe("task.*.progress")
  await progress.opened
  await writer.publish("task.7.progress", 0.5)
  const event = await progress.next()
  expect([event?.subject, event?.data, event?.from]).toEqual(["task.7.progress", 0.5, "writer"])
  await progress.close()
  await writer.publish("task.8.progress", 1)
  const rest = reader.subscribe("task.>", { from: event!.cursor })
  expect((await rest.next())?.subject).toBe("task.8.progress")
  expect(() => reader.subscribe("task.>.x")).toThrow(expect.objectContaining({ code: "invalid_argument" }))
})
