import { Bus, platformSha256 } from "@luxbus/client"
import { systemClock, systemRandom } from "@luxbus/clock"
import { type Packet, PacketFramer } from "@luxbus/packet"
import { createServer } from "@luxbus/server"
import { type Connection, type Dial, type Message, memoryListener } from "@luxbus/transport"
import { expect, test } from "vitest"

/** A connection, and every packet that goes over it in either direction. */
function watched(connection: Connection, seen: (packet: Packet) => void): Connection {
  const framer = new PacketFramer()
  const see = (frames: Message) => framer.toPackets(frames as Uint8Array, "all").forEach(seen)
  return {
    protocol: connection.protocol,
    remoteAddress: connection.remoteAddress,
    get undrainedBytes() {
      return connection.undrainedBytes
    },
    start: (handler) =>
      connection.start({
        onMessage: (message) => {
          see(message)
          handler.onMessage(message)
        },
        onDrain: () => handler.onDrain(),
        onClose: (info) => handler.onClose(info),
      }),
    send: (message) => {
      see(message)
      connection.send(message)
    },
    close: (code, reason) => connection.close(code, reason),
    terminate: () => connection.terminate(),
  }
}

function start() {
  const clock = systemClock()
  const server = createServer()
  const place = memoryListener({ clock, protocol: "luxbus.v1.bin" })
  place.listen((connection, request) => server.accept(connection, request))
  const buses: Bus[] = []
  /** `starts`: what its connection says when streams begin, sent and received. */
  const participant = async (id: string) => {
    const starts: Packet[] = []
    const dial: Dial = async (options) =>
      watched(await place.dial(options), (packet) => packet.frame === "start" && starts.push(packet))
    const bus = new Bus({ clock, random: systemRandom(), createHash: platformSha256(), dial }, { id })
    await bus.connected
    buses.push(bus)
    return { bus, starts }
  }
  const close = async () => {
    for (const bus of buses) await bus.close()
    await server.close()
  }
  return { participant, close }
}

test.each(["low", "normal", "high"] as const)(
  "%s is stated on the whole way to a peer, and in its answer",
  async (urgency) => {
    const { participant, close } = start()
    const [alice, bob] = [await participant("alice"), await participant("bob")]
    const accepted = bob.bus.accept("call").next()
    const stream = await alice.bus.open("call", { to: "bob", urgency })
    const answer = (await accepted)!
    await answer.main.write("hello")
    expect(await stream.main.read()).toBeDefined()
    const expected = urgency === "normal" ? undefined : urgency
    for (const { starts } of [alice, bob]) {
      // At least one each way: who is told to wait announces itself again.
      expect(starts.length).toBeGreaterThanOrEqual(2)
      expect(new Set(starts.map(({ urgency }) => urgency))).toEqual(new Set([expected]))
    }
    await close()
  },
)

test("of a hosted stream is that of its readers", async () => {
  const { participant, close } = start()
  const [writer, viewer] = [await participant("writer"), await participant("viewer")]
  const stream = await writer.bus.open("job", { urgency: "high" })
  await stream.main.write("line")
  const job = viewer.bus.attach("job")
  expect(await job.main.read()).toBeDefined()
  expect(viewer.starts).toMatchObject([{ uid: "job", kind: "delivery", urgency: "high" }])
  await close()
})

test("another word for it is invalid_argument", async () => {
  const { participant, close } = start()
  const { bus } = await participant("alice")
  await expect(bus.open("job", { urgency: "urgent" as "high" })).rejects.toMatchObject({ code: "invalid_argument" })
  await close()
})
