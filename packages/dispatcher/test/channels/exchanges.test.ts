import { BusError } from "@luxbus/packet"
import { expect, test } from "vitest"
import { TestBus, type TestClient } from "../test-bus.ts"
import { TestMember } from "./test-member.ts"

/** How many requests each client has been given. */
function given(...clients: readonly TestClient[]): number[] {
  return clients.map((client) => client.acceptedCount)
}

test("gives each request to the better of two random providers, by what they have under way for their capacity", () => {
  const bus = new TestBus()
  const [a, b, c] = [bus.client("a"), bus.client("b"), bus.client("c")]
  new TestMember(b, "translate", "provider", { capacity: 3 })
  new TestMember(c, "translate", "provider")
  bus.pass()
  for (let i = 0; i < 40; i++) {
    a.request(`r${i}`, "translate").write("?")
    bus.pass(1)
  }
  bus.pass()
  expect(given(b, c)).toEqual([30, 10])
  expect(bus.dispatcher.usage).toMatchObject({ relays: 40, exchanges: 40 })
  expect(b.accepted("a", b.acceptedNames[0] ?? "").starts[0]?.fields).toMatchObject({ channel: "translate", to: "b" })
})

test("a request and its reply are the provider's work until both are over", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  new TestMember(b, "translate", "provider")
  bus.pass()
  const request = a.request("r", "translate").write("hello").finish()
  const reply = b.open("r", "a").write("czesc")
  bus.pass()
  expect([request.writer.state, b.accepted("a", "r").text(), a.accepted("b", "r").text()]).toEqual([
    "complete",
    "hello",
    "czesc",
  ])
  expect(bus.dispatcher.usage).toMatchObject({ relays: 1, exchanges: 1 })
  reply.finish()
  bus.pass()
  expect(bus.dispatcher.usage).toMatchObject({ relays: 0, exchanges: 0, waitingExchanges: 0 })
})

test("a request keeps its provider over lost connections of either side, and of both at once", () => {
  const bus = new TestBus()
  const [a, b, c] = [bus.client("a"), bus.client("b"), bus.client("c")]
  const provider = new TestMember(b, "translate", "provider")
  bus.pass()
  const request = a.request("r", "translate").write("1")
  bus.pass()
  new TestMember(c, "translate", "provider", { capacity: 1_000 })
  for (const lost of [[a], [b], [a, b], [b, a]]) {
    for (const client of lost) client.cut()
    bus.pass(1_000)
    for (const client of lost) {
      client.reconnect()
      if (client === b) provider.announce()
      bus.pass(1_000)
    }
    request.write("more")
  }
  request.finish()
  bus.pass(5_000)
  expect([b.accepted("a", "r").texts(), given(b, c)]).toEqual([
    ["1", "more", "more", "more", "more"],
    [1, 0],
  ])
  expect([request.writer.state, bus.dispatcher.usage.exchanges]).toEqual(["complete", 0])
})

test("nobody is given its own request, whoever else there is", () => {
  const bus = new TestBus()
  const [a, b, c] = [bus.client("a"), bus.client("b"), bus.client("c")]
  new TestMember(a, "translate", "provider", { capacity: 1_000 })
  bus.pass()
  const alone = a.request("alone", "translate")
  const itself = a.request("itself", "translate", { to: "a" })
  const waiting = a.request("waiting", "translate", { waitMs: 5_000 })
  bus.pass()
  expect([alone.error?.code, itself.error?.code, waiting.error]).toEqual(["no_provider", "invalid_argument", undefined])
  new TestMember(b, "translate", "provider")
  new TestMember(c, "translate", "provider")
  bus.pass()
  for (let i = 0; i < 20; i++) {
    a.request(`r${i}`, "translate").write("?")
    bus.pass(1)
  }
  bus.pass()
  const [own, ofB, ofC] = given(a, b, c)
  expect([own, (ofB ?? 0) + (ofC ?? 0)]).toEqual([0, 21])
  expect(Math.abs((ofB ?? 0) - (ofC ?? 0))).toBeLessThan(6)
})

test("no provider is told at once, or when the time to wait is over", () => {
  const bus = new TestBus()
  const a = bus.client("a")
  const [now, later] = [a.request("now", "translate"), a.request("later", "translate", { waitMs: 5_000 })]
  bus.pass()
  expect([now.error?.code, now.error?.details]).toEqual(["no_provider", { channel: "translate" }])
  bus.pass(4_800)
  expect([later.error, bus.dispatcher.usage.waitingExchanges]).toEqual([undefined, 1])
  bus.pass(200)
  expect(later.error?.code).toBe("no_provider")
  expect([a.broker.boundCount, bus.dispatcher.usage.waitingExchanges]).toEqual([0, 0])
})

test("who waits is served when a provider registers, or comes back, and waits over a lost connection", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const request = a.request("r", "translate", { waitMs: 60_000 }).write("hello")
  bus.pass(1_000)
  a.cut()
  bus.pass(1_000)
  a.reconnect()
  bus.pass(1_000)
  new TestMember(b, "translate", "provider")
  bus.pass(1_000)
  request.finish()
  bus.pass(1_000)
  expect([b.accepted("a", "r").text(), request.writer.state]).toEqual(["hello", "complete"])
  expect(bus.dispatcher.usage.waitingExchanges).toBe(0)
})

test("the wait for a provider ends with the deadline, and with the consumer's own word", () => {
  const bus = new TestBus()
  const a = bus.client("a")
  const late = a.request("late", "translate", { waitMs: 60_000, deadlineMs: 2_000 })
  const given = a.request("given up", "translate", { waitMs: 60_000 })
  bus.pass()
  given.writer.abandon(new BusError("cancelled", "no more"))
  bus.pass(2_000)
  expect([late.error?.code, bus.dispatcher.usage.waitingExchanges, a.broker.boundCount]).toEqual(["expired", 0, 0])
})

test("a chosen provider is asked alone, and must be one of the channel", () => {
  const bus = new TestBus()
  const [a, b, c] = [bus.client("a"), bus.client("b"), bus.client("c")]
  for (const client of [b, c]) new TestMember(client, "translate", "provider")
  bus.pass()
  for (let i = 0; i < 5; i++) a.request(`r${i}`, "translate", { to: "c" })
  const wrong = a.request("wrong", "translate", { to: "d" })
  bus.pass()
  expect([given(b, c), wrong.error?.code]).toEqual([[0, 5], "no_provider"])
})

test("three time-outs in a row rest a provider, until it answers or registers anew", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const provider = new TestMember(b, "translate", "provider")
  bus.pass()
  const slow = a.request("slow", "translate").write("?")
  bus.pass()
  const timeOut = (name: string) => {
    const request = a.request(name, "translate", { deadlineMs: 1_000 })
    bus.pass(1_000)
    request.writer.abandon(new BusError("timeout", "too late"))
    bus.pass()
    return request
  }
  for (const name of ["1", "2", "3"]) timeOut(name)
  const refused = a.request("4", "translate")
  bus.pass()
  expect(refused.error?.code).toBe("no_provider")

  const reply = b.open("slow", "a").write("at last").finish()
  slow.finish()
  expect(a.accepted("b", "slow").text()).toBe("")
  bus.pass()
  expect(reply.writer.state).toBe("complete")
  const served = a.request("5", "translate")
  bus.pass()
  expect(served.writer.state).toBe("open")

  for (const name of ["6", "7", "8"]) timeOut(name)
  provider.leave()
  bus.pass()
  new TestMember(b, "translate", "provider", { number: 1 })
  bus.pass()
  const again = a.request("9", "translate")
  bus.pass()
  expect(again.writer.state).toBe("open")
})

test("an answer that does not come counts once, though both of its streams are reset", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  new TestMember(b, "translate", "provider")
  bus.pass()
  const timeOut = (name: string) => {
    const request = a.request(name, "translate", { deadlineMs: 1_000 })
    bus.pass()
    b.open(name, "a")
    bus.pass(1_000)
    const error = new BusError("indeterminate", "no answer in time")
    request.writer.abandon(error)
    a.accepted("b", name).reader?.refuse(error)
    bus.pass()
  }
  for (const name of ["1", "2"]) timeOut(name)
  const served = a.request("3", "translate", { deadlineMs: 1_000 })
  bus.pass()
  expect(served.writer.state).toBe("open")
  timeOut("4")
  const refused = a.request("5", "translate")
  bus.pass()
  expect(refused.error?.code).toBe("no_provider")
})

test("a consumer that says at once that its time is over rests nobody", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  new TestMember(b, "translate", "provider")
  bus.pass()
  for (let i = 0; i < 5; i++) {
    const request = a.request(`r${i}`, "translate", { deadlineMs: 60_000 })
    bus.pass(1)
    request.writer.abandon(new BusError("timeout", "so it says"))
    bus.pass(1)
  }
  const served = a.request("served", "translate")
  bus.pass()
  expect(served.writer.state).toBe("open")
})

test("a provider that stays away for the window is lost, and whether it was handed anything is told", () => {
  const bus = new TestBus({ windowMs: 10_000 })
  const [a, b, c] = [bus.client("a"), bus.client("b"), bus.client("c")]
  new TestMember(b, "translate", "provider")
  new TestMember(c, "dictate", "provider")
  bus.pass()
  const request = a.request("r", "translate").write("hello")
  bus.pass()
  b.cut()
  c.broker.full = true
  const unheard = a.request("unheard", "dictate")
  bus.pass(1)
  c.cut()
  bus.pass(10_000)
  const details = { delivered: true, maybeExecuted: true }
  expect([request.error?.code, request.error?.details]).toEqual(["peer_lost", details])
  expect([unheard.error?.code, unheard.error?.details]).toEqual([
    "peer_lost",
    { delivered: false, maybeExecuted: false },
  ])
  expect(request.notices).toContainEqual({ type: "suspended", leftMs: 10_000 })
  expect(bus.dispatcher.usage).toMatchObject({ relays: 0, exchanges: 0, channels: 0 })
})

test("a provider that is away when it is asked is waited for during the window, and lost after it", () => {
  const bus = new TestBus({ windowMs: 10_000 })
  const [a, b, c] = [bus.client("a"), bus.client("b"), bus.client("c")]
  const back = new TestMember(b, "translate", "provider")
  new TestMember(c, "translate", "provider")
  bus.pass()
  for (const client of [b, c]) client.cut()
  const [served, lost] = [a.request("r", "translate", { to: "b" }), a.request("lost", "translate", { to: "c" })]
  served.write("hello").finish()
  bus.pass(8_000)
  b.reconnect()
  back.announce()
  bus.pass(4_000)
  expect([b.accepted("a", "r").text(), served.writer.state]).toEqual(["hello", "complete"])
  expect([lost.error?.code, lost.error?.details]).toEqual(["peer_lost", { delivered: false, maybeExecuted: false }])
})

test("a provider that is lost while it answers is lost to who waits for the answer", () => {
  const bus = new TestBus({ windowMs: 10_000 })
  const [a, b] = [bus.client("a"), bus.client("b")]
  new TestMember(b, "translate", "provider")
  bus.pass()
  a.request("r", "translate").write("hello").finish()
  b.open("r", "a").write("cz")
  bus.pass()
  b.cut()
  bus.pass(10_000)
  expect(a.accepted("b", "r").error?.code).toBe("peer_lost")
  expect(a.accepted("b", "r").error?.details).toEqual({ delivered: true, maybeExecuted: true })
})

test("another process in a provider's place is given nothing that the one before had: it is lost at once", () => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  new TestMember(b, "translate", "provider")
  bus.pass()
  const request = a.request("r", "translate").write("hello")
  bus.pass()
  const next = bus.client("b", 1)
  new TestMember(next, "translate", "provider")
  bus.pass(5_000)
  expect([request.error?.code, request.error?.details["maybeExecuted"]]).toEqual(["peer_lost", true])
  expect([given(next), bus.dispatcher.usage.relays]).toEqual([[0], 0])
})

test("a request that is repeated after it was lost is answered so, and given to nobody else", () => {
  const bus = new TestBus({ windowMs: 10_000 })
  const [a, b, c] = [bus.client("a"), bus.client("b"), bus.client("c")]
  new TestMember(b, "translate", "provider")
  bus.pass()
  const request = a.request("r", "translate").write("hello")
  bus.pass()
  a.cut()
  b.cut()
  bus.pass(9_000)
  a.reconnect()
  bus.pass(2_000)
  new TestMember(c, "translate", "provider")
  request.writer.restart()
  bus.pass(2_000)
  expect([request.error?.code, given(c)]).toEqual(["peer_lost", [0]])
  expect(bus.dispatcher.usage).toMatchObject({ relays: 0, exchanges: 0 })
})

test.each([0, 10])("a request that was refused after %i ms is given to nobody by a START that comes late", (waitMs) => {
  const bus = new TestBus()
  const [a, b] = [bus.client("a"), bus.client("b")]
  const refused = a.request("r", "translate", { waitMs }).write("hello")
  bus.pass(100)
  expect(refused.error?.code).toBe("no_provider")
  new TestMember(b, "translate", "provider")
  bus.pass()
  // Sent before the refusal had arrived.
  const late = a.request("r", "translate", { waitMs, again: true })
  bus.pass()
  expect([late.error?.code, given(b)]).toEqual(["no_provider", [0]])
  expect(bus.dispatcher.usage).toMatchObject({ relays: 0, exchanges: 0, waitingExchanges: 0 })
})
