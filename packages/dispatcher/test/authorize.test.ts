import { BusError, type JsonObject } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import type { Action, Permits } from "../src/index.ts"
import { TestMember } from "./channels/test-member.ts"
import { TestBus, type TestClient } from "./test-bus.ts"
import { cluster } from "./test-cluster.ts"

const nothing: Permits = () => false
/** One action, of one name. */
const only =
  (action: Action, name: string): Permits =>
  (asked, of) =>
    asked === action && of === name

/** What a command is refused with; undefined: it is not. */
const refusal = (client: TestClient, op: string, params: JsonObject): BusError | undefined => {
  try {
    client.command(op, params)
    return undefined
  } catch (error) {
    return error as BusError
  }
}

/** A client registers in the channel; what its START is reset with. */
const register = (client: TestClient, role: "provider" | "consumer"): BusError | undefined => {
  const member = new TestMember(client, "translate", role)
  client.bus.pass()
  return member.error
}

/** A client publishes; what its START is reset with. */
const publish = (client: TestClient): BusError | undefined => {
  let error: BusError | undefined
  const { carrier } = client
  const end = { frame() {}, endRun() {}, pull: () => false, control() {}, detach() {} }
  const reset = (reason: BusError) => {
    error = reason
  }
  carrier.bind(5_000, { ...end, reset })
  client.publish("news", "x")
  client.bus.pass()
  return error
}

interface Path {
  readonly path: string
  readonly action: Action
  readonly name: string
  /** Takes it, and tells what it was refused with. */
  readonly take: (client: TestClient) => BusError | undefined
}

const PATHS: readonly Path[] = [
  {
    path: "a START of kind hosted",
    action: "open",
    name: "job",
    take: (client) => {
      const writer = client.host("job").write("x")
      client.bus.pass()
      return writer.error
    },
  },
  {
    path: "a START of kind relayed",
    action: "open",
    name: "letter",
    take: (client) => {
      const writer = client.open("letter", "peer").write("x")
      client.bus.pass()
      return writer.error
    },
  },
  { path: "a START of kind publish", action: "publish", name: "news", take: publish },
  {
    path: "a START of kind relayed, to a channel",
    action: "request",
    name: "translate",
    take: (client) => {
      const writer = client.request("r", "translate").write("x")
      client.bus.pass()
      return writer.error
    },
  },
  {
    path: "a START of kind relayed, to a channel whose provider is waited for",
    action: "request",
    name: "later",
    take: (client) => {
      const writer = client.request("r", "later", { waitMs: 10_000 })
      client.bus.pass()
      return writer.error
    },
  },
  {
    path: "a START of kind register, of a provider",
    action: "serve",
    name: "translate",
    take: (client) => register(client, "provider"),
  },
  {
    path: "a START of kind register, of a consumer, who hears who is there",
    action: "request",
    name: "translate",
    take: (client) => register(client, "consumer"),
  },
  {
    path: "attach",
    action: "attach",
    name: "theirs",
    take: (client) => refusal(client, "attach", { name: "theirs", from: "start" }),
  },
  {
    path: "attach to what is not there yet",
    action: "attach",
    name: "later",
    take: (client) => refusal(client, "attach", { name: "later", wait: true }),
  },
  {
    path: "subscribe",
    action: "subscribe",
    name: "news",
    take: (client) => refusal(client, "subscribe", { subject: "news" }),
  },
  {
    path: "subscribe in a group",
    action: "subscribe",
    name: "news",
    take: (client) => refusal(client, "subscribe", { subject: "news", group: "g", member: 1 }),
  },
  { path: "cancel", action: "cancel", name: "theirs", take: (client) => refusal(client, "cancel", { name: "theirs" }) },
]

describe.each(PATHS)("$path", ({ action, name, take }) => {
  const setUp = (permits: Permits) => {
    const bus = new TestBus()
    const peer = bus.client("peer")
    const provider = new TestMember(peer, "translate", "provider")
    const theirs = bus.client("other").host("theirs").write("x")
    bus.pass()
    return { bus, theirs, peer, provider, client: bus.client("client", 0, permits) }
  }

  test("is forbidden without the permission, and leaves nothing", () => {
    const { bus, theirs, peer, provider, client } = setUp(nothing)
    const before = bus.dispatcher.usage
    expect(take(client)).toMatchObject({ code: "forbidden", details: { action, name } })
    bus.pass()
    expect(bus.dispatcher.usage).toEqual(before)
    expect(bus.summary("theirs")?.readers).toBe(0)
    expect([theirs.cancels, peer.acceptedNames, provider.ids()]).toEqual([[], [], []])
  })

  test("is done with it", () => {
    const { client } = setUp(only(action, name))
    expect(take(client)).toBeUndefined()
  })
})

test("a name that is none is invalid_argument whatever the client may", () => {
  const bus = new TestBus()
  const client = bus.client("client", 0, nothing)
  expect(refusal(client, "attach", { name: "" })).toMatchObject({ code: "invalid_argument" })
  expect(refusal(client, "subscribe", { subject: "news", group: "g" })).toMatchObject({ code: "invalid_argument" })
  expect(bus.dispatcher.usage.topics).toBe(0)
})

test("a list names what the client may attach to", () => {
  const bus = new TestBus()
  const writer = bus.client("writer")
  for (const name of ["a", "b"]) writer.host(name)
  bus.pass()
  const listed = bus.client("client", 0, only("attach", "b")).command("list") as unknown as { name: string }[]
  expect(listed.map(({ name }) => name)).toEqual(["b"])
})

describe("cancel", () => {
  test("is always its own writer's, by whatever connection", () => {
    const bus = new TestBus()
    const writer = bus.client("writer", 0, only("open", "job"))
    const job = writer.host("job").write("x")
    bus.pass()
    expect(writer.command("cancel", { name: "job" })).toEqual({ status: "live" })
    bus.pass()
    expect(job.cancels).toHaveLength(1)
  })

  test("tells who may not whether there is such a stream no more than what is in it", () => {
    const bus = new TestBus()
    const client = bus.client("client", 0, nothing)
    expect(refusal(client, "cancel", { name: "nobody's" })).toMatchObject({ code: "forbidden" })
  })

  test("by a reader, on the stream that it reads, needs the permission too", () => {
    const bus = new TestBus()
    const job = bus.client("writer").host("job").write("x")
    bus.pass()
    const watcher = bus.client("watcher", 0, only("attach", "job"))
    const reader = watcher.attach("job")
    bus.pass()
    reader.reader!.cancel("enough")
    bus.pass()
    expect(job.cancels).toEqual([])
    expect(reader.error).toMatchObject({ code: "forbidden" })
    expect(bus.summary("job")).toMatchObject({ state: "live", readers: 0 })
  })

  test("of what another broker hosts is checked where the client is", async () => {
    const { nodes } = cluster(["A", "B"])
    const [a, b] = nodes as [TestBus, TestBus]
    const job = a.client("writer", 0).host("job").write("x")
    a.pass(1_000)
    const stranger = b.client("stranger", 0, (action) => action === "attach")
    const asked = Promise.resolve(stranger.connected.command(1, "cancel", { name: "job" }))
    const failed = expect(asked).rejects.toMatchObject({ code: "forbidden" })
    await a.passAsync(1_000)
    await failed
    const reader = stranger.attach("job")
    await a.passAsync(1_000)
    expect(reader.text()).toBe("x")
    reader.reader!.cancel("enough")
    await a.passAsync(1_000)
    expect(reader.error).toMatchObject({ code: "forbidden" })
    expect(job.cancels).toEqual([])
    const operator = b.client("operator", 0, only("cancel", "job"))
    void operator.connected.command(1, "cancel", { name: "job" })
    await a.passAsync(1_000)
    expect(job.cancels).toHaveLength(1)
  })
})

test("what is asked to stop counts once, by a command or as its reader, and beyond the rate is refused", () => {
  const bus = new TestBus()
  const writer = bus.client("writer")
  const jobs = ["a", "b", "c"].map((name) => writer.host(name).write("x"))
  bus.pass()
  let left = 2
  const admitCancel = () => {
    if (left-- === 0) throw new BusError("rate_limited", "too many")
  }
  const client = bus.client("client", 0, undefined, { admitCancel })
  const [first, second] = [client.attach("a"), client.attach("b")]
  bus.pass()
  client.command("cancel", { name: "c" })
  first.reader!.cancel("enough")
  // Its writer does not end, so that it is stated again and again.
  bus.pass(60_000)
  expect([left, jobs.map(({ cancels }) => cancels.length)]).toEqual([0, [1, 0, 1]])
  second.reader!.cancel("enough")
  bus.pass()
  expect(second.error).toMatchObject({ code: "rate_limited" })
  expect([first.error, jobs[1]!.cancels]).toEqual([undefined, []])
})

describe("a stream that another client writes", () => {
  test("is taken over, in the next epoch, by who may", () => {
    const bus = new TestBus()
    const first = bus.client("first").host("job").write("1")
    bus.pass()
    const { epoch } = bus.summary("job")!
    const permits: Permits = (action) => action === "open" || action === "takeover"
    const second = bus.client("second", 0, permits).host("job").write("2")
    bus.pass()
    expect(bus.summary("job")).toMatchObject({ epoch: epoch + 1, writer: "second", state: "live" })
    expect([first.error?.code, second.error]).toEqual(["fenced", undefined])
  })

  test("is not by who may only open it, nor by who may everything without being told so", () => {
    const bus = new TestBus()
    const first = bus.client("first").host("job").write("1")
    bus.pass()
    const others = [bus.client("second", 0, only("open", "job")), bus.client("third")]
    const refused = others.map((client) => client.host("job"))
    bus.pass()
    expect(refused.map(({ error }) => error?.code)).toEqual(["fenced", "fenced"])
    expect(first.error).toBeUndefined()
  })
})

describe("a reply", () => {
  /** A consumer that may only ask, and a provider that may only serve; both count what they open. */
  const setUp = () => {
    const bus = new TestBus()
    let opened = 0
    const a = bus.client("a", 0, only("request", "translate"), { admitOpen: () => opened++ })
    const b = bus.client("b", 0, only("serve", "translate"), { admitOpen: () => opened++ })
    const provider = new TestMember(b, "translate", "provider")
    bus.pass()
    const request = a.request("r", "translate").write("hello")
    bus.pass()
    return { bus, a, b, provider, request, opened: () => opened }
  }

  test("was let in with its request, and counts for nobody as opened", () => {
    const { bus, a, b, request, opened } = setUp()
    const reply = b.open("r", "a").write("czesc").finish()
    request.finish()
    bus.pass()
    expect(a.accepted("b", "r").text()).toBe("czesc")
    expect([request.writer.state, reply.writer.state, opened()]).toEqual(["complete", "complete", 1])
    const another = b.open("r", "a", 2)
    bus.pass()
    expect(another.error).toMatchObject({ code: "forbidden", details: { action: "open", name: "r" } })
  })

  test("whose end was lost on the way is told of it, not refused", () => {
    const { bus, a, b, provider, request, opened } = setUp()
    const reply = b.open("r", "a").write("czesc")
    request.finish()
    bus.pass()
    // From here on nothing reaches the provider, until it comes back.
    b.broker.full = true
    reply.finish()
    bus.pass(10_000)
    expect([bus.dispatcher.usage.exchanges, reply.writer.state]).toEqual([0, "ending"])
    b.cut()
    b.reconnect()
    provider.announce()
    bus.pass(10_000)
    expect([reply.error, reply.writer.state, opened()]).toEqual([undefined, "complete", 1])
    expect(a.accepted("b", "r").text()).toBe("czesc")
  })

  test("lets its consumer open nothing else to the provider under that name", () => {
    const { bus, a, b } = setUp()
    const another = a.open("r", "b", 2).write("not asked")
    bus.pass()
    expect(another.error).toMatchObject({ code: "forbidden", details: { action: "open", name: "r" } })
    expect(b.accepted("a", "r").text()).toBe("hello")
  })
})

test("a return to a stream of a peer's reaches the peer where one passes, or the client may attach to it", () => {
  const bus = new TestBus()
  const writer = bus.client("writer")
  writer.open("call", "reader")
  bus.pass()
  const passed: unknown[] = []
  const { handler } = writer.carrier
  writer.carrier.handler = { ...handler!, control: ({ resumeStream }) => void passed.push(resumeStream?.["name"]) }
  const reader = bus.client("reader", 0, only("attach", "former"))
  for (const name of ["call", "former", "any"])
    reader.connected.resumeStream({ name, from: "writer", epoch: 1, main: 0, error: 0 })
  bus.pass()
  expect(passed).toEqual(["call", "former"])
})

test("what was let in stays when the permission is taken back; what is asked anew is not", () => {
  const bus = new TestBus()
  let allowed = true
  const client = bus.client("client", 0, () => allowed)
  const reader = client.subscribe("news")
  client.publish("news", "1")
  bus.pass()
  allowed = false
  client.publish("news", "2")
  bus.pass()
  expect(reader.texts()).toEqual(["1", "2"])
  expect(refusal(client, "subscribe", { subject: "news" })).toMatchObject({ code: "forbidden" })
})

test("a stream counts as opened once, wherever it is looked for first, and not again when it comes back", () => {
  const { nodes } = cluster(["A", "B"])
  const [a, b] = nodes as [TestBus, TestBus]
  b.client("peer")
  let opened = 0
  const writer = a.client("writer", 0, undefined, { admitOpen: () => opened++ })
  const job = writer.host("job").write("1")
  a.pass(2_000)
  expect([job.writer.state, opened]).toEqual(["open", 1])
  const letter = writer.open("letter", "peer").write("1")
  a.pass(2_000)
  expect([letter.writer.state, opened]).toEqual(["open", 2])
  writer.cut()
  writer.reconnect(b)
  a.pass(10_000)
  expect([job.writer.state, letter.writer.state, opened]).toEqual(["open", "open", 2])
})
