import { StreamKind } from "@luxbus/packet"
import { expect, test } from "vitest"
import type { TestBus, TestClient } from "./test-bus.ts"
import { cluster, expectNothingLeft, LOSSY, WINDOW_MS } from "./test-cluster.ts"

type Three = [TestBus, TestBus, TestBus]

/** Moves a client to another broker, where it goes on with what it had. */
function move(client: TestClient, to: TestBus): void {
  client.cut()
  client.reconnect(to)
}

test("hosts a new name where its writer is, once no other broker has answered for it", () => {
  const { nodes } = cluster(["A", "B", "C"])
  const [a, b] = nodes as Three
  const job = b.client("w").host("job").write("x")
  a.pass(400)
  expect(b.summary("job")).toBeUndefined()
  expect(job.noticed("waiting")).toBe(true)
  a.pass(400)
  expect(b.summary("job")).toMatchObject({ state: "live", chunks: 1 })
  expect(a.summary("job")).toBeUndefined()
  expect(job.writer.state).toBe("open")
})

test("a writer that comes back to another broker goes on in the same epoch, to the same host", () => {
  const { nodes } = cluster(["A", "B", "C"])
  const [a, b, c] = nodes as Three
  const writer = a.client("w")
  const job = writer.host("job").write("1").writeError("e1")
  a.pass(1_000)
  const viewer = a.client("v").attach("job")
  a.pass()
  const { epoch } = job.writer
  for (const [to, text] of [
    [b, "2"],
    [c, "3"],
    [a, "4"],
    [b, "5"],
  ] as const) {
    move(writer, to)
    job.write(text).writeError(`e${text}`)
    a.pass(6_000)
  }
  job.finish()
  a.pass(1_000)
  expect(job.writer.state).toBe("complete")
  expect(job.writer.epoch).toBe(epoch)
  expect(viewer.texts()).toEqual(["1", "2", "3", "4", "5"])
  expect(viewer.text("error")).toBe("e1e2e3e4e5")
  expect(viewer.verified()).toBe(true)
  expect(viewer.outcome?.status).toBe("done")
  expect(nodes.map(({ dispatcher }) => dispatcher.list().length)).toEqual([1, 0, 0])
  expectNothingLeft(nodes)
})

test("a stream of a writer at another broker is suspended while that writer is away, and expires", () => {
  const { nodes } = cluster(["A", "B", "C"])
  const [a, b] = nodes as Three
  const writer = a.client("w")
  writer.host("job").write("1")
  a.pass(1_000)
  const viewer = a.client("v").attach("job")
  move(writer, b)
  a.pass(1_000)
  expect(a.summary("job")?.state).toBe("live")
  writer.cut()
  a.pass(1_000)
  expect(a.summary("job")?.state).toBe("suspended")
  expect(viewer.notices).toContainEqual({ type: "suspended", leftMs: WINDOW_MS })
  a.pass(WINDOW_MS)
  expect(viewer.outcome?.status).toBe("expired")
  expectNothingLeft(nodes)
})

test("fences a claim by another client at another broker, for ever", () => {
  const { nodes } = cluster(["A", "B", "C"])
  const [a, b] = nodes as Three
  const job = a.client("w").host("job").write("mine")
  a.pass(1_000)
  const stolen = b.client("thief").host("job").write("stolen")
  a.pass(1_000)
  expect(stolen.error?.code).toBe("fenced")
  expect(b.dispatcher.usage.relays).toBe(0)
  job.finish()
  a.pass(1_000)
  expect(job.writer.state).toBe("complete")
  expect(b.summary("job")).toBeUndefined()
  expectNothingLeft(nodes)
})

test("a claim repeated while its refusal was on the way does not take the name once the stream has ended", () => {
  const { nodes } = cluster(["A", "B", "C"])
  const [a, b] = nodes as Three
  const job = a.client("w").host("job").write("mine")
  a.pass(1_000)
  const thief = b.client("thief")
  const stolen = thief.host("job").write("stolen")
  a.pass(1_000)
  expect(stolen.error?.code).toBe("fenced")
  job.finish()
  a.pass(1_000)
  const seq = new Uint8Array(40)
  seq.set(thief.session)
  for (let i = 0; i < 3; i++) {
    thief.carrier.start(9, { epoch: 0 }, { kind: StreamKind.hosted, alias: 9, name: "job", seq })
    a.pass(1_000)
  }
  expect(b.summary("job")).toBeUndefined()
  expect(a.summary("job")).toMatchObject({ state: "finished", writer: "w" })
})

test("the owner's next session claims the next epoch from another broker", () => {
  const { nodes } = cluster(["A", "B", "C"])
  const [a, b] = nodes as Three
  const before = a.client("w", 1).host("job").write("old")
  a.pass(1_000)
  const { epoch } = before.writer
  const after = b.client("w", 2).host("job").write("new")
  a.pass(1_000)
  expect(before.error?.code).toBe("fenced")
  expect(after.writer.state).toBe("open")
  expect(after.writer.epoch).toBe(epoch + 1)
  expect(a.summary("job")).toMatchObject({ epoch: epoch + 1, chunks: 1 })
})

test("a name that is finished at one broker may be claimed at another, and is that one's from then on", () => {
  const { nodes } = cluster(["A", "B", "C"])
  const [a, b, c] = nodes as Three
  const old = a.client("w").host("job").write("old").finish()
  a.pass(1_000)
  expect(old.writer.state).toBe("complete")
  const job = b.client("x").host("job").write("new")
  a.pass(1_000)
  expect(b.summary("job")).toMatchObject({ state: "live", writer: "x" })
  expect(a.summary("job")).toBeUndefined()
  expect(c.client("y").host("job").error).toBeUndefined()
  a.pass(1_000)
  expect(c.clients[0]?.writers[0]?.error?.code).toBe("fenced")
  expect(job.writer.state).toBe("open")
})

test("a writer that never heard that its stream is complete hears it at another broker", () => {
  const { nodes } = cluster(["A", "B", "C"])
  const [a, b] = nodes as Three
  const writer = a.client("w")
  const job = writer.host("job").write("x")
  a.pass(1_000)
  job.finish()
  // All of it arrives, and nothing comes back.
  writer.carrier.peer!.peer = undefined
  a.pass(100)
  expect(a.summary("job")?.state).toBe("finished")
  expect(job.writer.state).not.toBe("complete")
  move(writer, b)
  a.pass(2_000)
  expect(job.writer.state).toBe("complete")
  expect(b.summary("job")).toBeUndefined()
})

test("a stream whose host is gone goes on at its writer's broker, from what the writer still holds", () => {
  const { backplane, nodes } = cluster(["A", "B", "C"])
  const [a, b] = nodes as Three
  const writer = a.client("w")
  const job = writer.host("job").write("1")
  a.pass(1_000)
  move(writer, b)
  a.pass(1_000)
  backplane.muted.add("A")
  a.dispatcher.close()
  job.write("2")
  a.pass(30_000)
  expect(job.writer.state).toBe("open")
  expect(b.summary("job")).toMatchObject({ state: "live", chunks: 1 })
  const viewer = b.client("v").attach("job")
  job.finish()
  a.pass(1_000)
  expect(viewer.texts()).toEqual(["[0-0 epoch]", "2"])
  expect(job.writer.state).toBe("complete")
})

test.each([
  ["of one client: the later goes on", "w", "w", "B"],
  ["of different clients: the earlier goes on", "w", "x", "A"],
])(
  "two brokers that hosted one name in a partition settle it when they hear of each other, %s",
  (_, one, two, wins) => {
    const { backplane, nodes } = cluster(["A", "B", "C"])
    const [a, b] = nodes as Three
    backplane.muted.add("A").add("B")
    const first = a.client(one, 1).host("job").write("1")
    a.pass(5_000)
    const second = b.client(two, 2).host("job").write("2")
    a.pass(5_000)
    expect([a.summary("job")?.state, b.summary("job")?.state]).toEqual(["live", "live"])
    backplane.muted.clear()
    // Whoever asks for it makes them hear.
    nodes[2]!.client("z").host("job")
    a.pass(5_000)
    const [winner, loser] = wins === "A" ? [first, second] : [second, first]
    expect(loser.error?.code).toBe("fenced")
    expect(winner.writer.state).toBe("open")
    const [at, notAt] = wins === "A" ? [a, b] : [b, a]
    expect(at.summary("job")?.state).toBe("live")
    expect(notAt.summary("job")).toBeUndefined()
  },
)

test("readers of a host that its writer has left behind follow it, once one comes who knows of the other", () => {
  const { backplane, nodes } = cluster(["A", "B", "C"])
  const [a, b] = nodes as Three
  const writer = a.client("w")
  const job = writer.host("job").write("1")
  const viewer = a.client("v").attach("job", "start", true)
  a.pass(1_000)
  backplane.muted.add("A").add("B")
  move(writer, b)
  job.write("2")
  a.pass(30_000)
  const traveller = b.client("t")
  const travelling = traveller.attach("job")
  a.pass(1_000)
  backplane.muted.clear()
  a.pass(5_000)
  expect([a.summary("job")?.state, b.summary("job")?.state]).toEqual(["suspended", "live"])
  move(traveller, a)
  a.pass(5_000)
  expect([a.summary("job")?.state, b.summary("job")?.state]).toEqual([undefined, "live"])
  job.write("3")
  a.pass(1_000)
  expect(viewer.texts()).toEqual(["1", "[0-0 epoch]", "2", "3"])
  expect(travelling.texts().at(-1)).toBe("3")
  // It comes back to where it was: nothing there holds its old claim against it.
  move(writer, a)
  job.write("4").finish()
  a.pass(5_000)
  expect(job.writer.state).toBe("complete")
  expect([viewer.texts().at(-1), travelling.texts().at(-1)]).toEqual(["4", "4"])
  expectNothingLeft(nodes)
})

test("readers of a host that its writer has left behind are told, where the other cannot be read", () => {
  const { backplane, nodes } = cluster(["A", "B", "C"])
  const [a, b] = nodes as Three
  const writer = a.client("w")
  writer.host("job").write("1")
  const viewer = a.client("v").attach("job", "start", true)
  a.pass(1_000)
  backplane.muted.add("A").add("B")
  move(writer, b)
  a.pass(30_000)
  // B is heard at A, and does not hear it.
  backplane.muted.delete("B")
  nodes[2]!.client("z").attach("job")
  a.pass(1_000)
  expect([a.summary("job"), viewer.outcome]).toEqual([undefined, undefined])
  a.pass(5_000)
  expect(viewer.outcome).toMatchObject({ status: "error", code: "fenced" })
  expect(viewer.completed).toBe(true)
})

test("a writer that is back at a host which its stream has left goes on, wherever it is now", () => {
  const { backplane, nodes } = cluster(["A", "B", "C"])
  const [a, b] = nodes as Three
  const writer = a.client("w")
  const job = writer.host("job").write("1")
  a.pass(1_000)
  backplane.muted.add("A").add("B")
  move(writer, b)
  a.pass(30_000)
  expect(b.summary("job")?.state).toBe("live")
  move(writer, a)
  job.write("2")
  a.pass(5_000)
  expect(a.summary("job")).toMatchObject({ state: "live", chunks: 2 })
  backplane.muted.clear()
  nodes[2]!.client("z").attach("job")
  a.pass(5_000)
  expect([a.summary("job"), b.summary("job")?.state]).toEqual([undefined, "live"])
  const viewer = a.client("v").attach("job", "now")
  a.pass(1_000)
  job.write("3").finish()
  a.pass(5_000)
  expect(job.writer.state).toBe("complete")
  expect(viewer.texts()).toEqual(["3"])
  expectNothingLeft(nodes)
})

test("passes a stream on in the name of its own client's session, whatever its seq says", () => {
  const { nodes } = cluster(["A", "B", "C"])
  const [a, b] = nodes as Three
  const owner = a.client("w")
  owner.host("job").write("mine")
  a.pass(1_000)
  const thief = b.client("thief")
  thief.session.set(owner.session)
  const forged = thief.host("job").write("forged")
  thief.session.fill(9)
  a.pass(1_000)
  expect(forged.error?.code).toBe("fenced")
  expect(a.summary("job")?.chunks).toBe(1)
})

test.each(Array.from({ length: 10 }, (_, seed) => seed + 1))(
  "is whole where its writer moves, over a backplane that loses, repeats and reorders (seed %i)",
  (seed) => {
    const { backplane, nodes } = cluster(["A", "B", "C"], seed)
    const [a, b, c] = nodes as Three
    backplane.losses = LOSSY
    const writer = a.client("w")
    const job = writer.host("job")
    a.pass(1_000)
    const viewer = a.client("v").attach("job")
    const texts = Array.from({ length: 150 }, (_, i) => `${i}.`)
    for (const [i, text] of texts.entries()) {
      if (i === 30) move(writer, b)
      if (i === 60) move(writer, c)
      if (i === 90) move(writer, b)
      job.write(text)
      if (i % 10 === 0) job.writeError(text)
      a.pass(20)
    }
    job.finish()
    a.pass(60_000)
    expect(job.writer.state).toBe("complete")
    expect(viewer.texts()).toEqual(texts)
    expect(viewer.texts("error")).toEqual(texts.filter((_, i) => i % 10 === 0))
    expect(viewer.verified()).toBe(true)
    expectNothingLeft(nodes)
  },
)

test("leaves no subscription, no timer and no answer behind", async () => {
  const { backplane, nodes, clock } = cluster(["A", "B", "C"])
  const [a, b, c] = nodes as Three
  const writer = a.client("w")
  const job = writer.host("job").write("x")
  a.pass(1_000)
  move(writer, b)
  c.client("waiting").host("other")
  a.pass(300)
  const answer = c.client("v").connected.command(1, "cancel", { name: "missing" })
  for (const { dispatcher } of nodes) dispatcher.close()
  expect(backplane.subscriptionCount).toBe(0)
  job.writer.reset(new Error("over") as never)
  c.clients[0]?.writers[0]?.writer.reset(new Error("over") as never)
  a.pass(100)
  expect(clock.pendingTimers).toBe(0)
  await expect(answer).rejects.toMatchObject({ code: "going_away" })
})
