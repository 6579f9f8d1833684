import { Bus, platformSha256 } from "@luxbus/client"
import { systemClock, systemRandom } from "@luxbus/clock"
import type { JsonValue } from "@luxbus/packet"
import { createServer } from "@luxbus/server"
import { memoryListener } from "@luxbus/transport"
import { afterEach, expect, test } from "vitest"

const closing: (() => Promise<void>)[] = []

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A broker, and participants that load what they write with only when they first write. */
function start(): (id: string) => Promise<Bus> {
  const clock = systemClock()
  const random = systemRandom()
  const server = createServer()
  const place = memoryListener({ clock })
  place.listen(server.accept)
  closing.push(() => server.close())
  return async (id) => {
    const bus = new Bus({ clock, random, createHash: platformSha256(), dial: place.dial }, { id })
    closing.push(() => bus.close())
    await bus.connected
    return bus
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}

test("what is published before the writing half is there keeps its order, and is what it was at the call", async () => {
  const connect = start()
  const [writer, reader] = [await connect("writer"), await connect("reader")]
  const subscription = reader.subscribe("news")
  await subscription.opened
  const value = { n: 0 }
  const published: Promise<void>[] = []
  for (let n = 0; n < 5; n++) {
    value.n = n
    published.push(writer.publish("news", value))
  }
  // Called as soon as the first one is through: none of the others may be overtaken.
  published.push(published[0]!.then(() => writer.publish("news", { n: 5 })))
  await Promise.all(published)
  const got: JsonValue[] = []
  for await (const event of subscription) {
    got.push(event.data as JsonValue)
    if (got.length === 6) break
  }
  expect(got).toEqual([0, 1, 2, 3, 4, 5].map((n) => ({ n })))
})

test("a stream that a peer opens waits for somebody who accepts it, though nothing here has written yet", async () => {
  const connect = start()
  const [opener, accepter] = [await connect("opener"), await connect("accepter")]
  const told = deferred()
  const opening = opener.open("talk", {
    to: "accepter",
    onNotice: ({ type }) => {
      if (type === "waiting") told.resolve()
    },
  })
  await told.promise
  const acceptor = accepter.accept("talk")
  const [near, far] = await Promise.all([opening, acceptor.next()])
  await near.main.write("hello")
  expect(await far?.main.next()).toBe("hello")
})

test("who only reads has nothing under way that a leak could hide in", async () => {
  const connect = start()
  const reader = await connect("reader")
  const subscription = reader.subscribe("news")
  await subscription.opened
  expect(reader.activeCount).toBe(1)
  await subscription.close()
  expect(reader.activeCount).toBe(0)
})
