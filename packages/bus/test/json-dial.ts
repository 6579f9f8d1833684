import { formatMessages, type Packet, PacketFramer, parsePackets } from "@luxbus/packet"
import type { Connection, Dial, Message } from "@luxbus/transport"

/** A client's connection that speaks JSON: what the session says in frames goes out as packets, and back. */
function inJson(connection: Connection): Connection {
  const framer = new PacketFramer()
  const refuse = (packet: Packet, error: Error) => {
    throw new Error(`what the broker said cannot be read: ${JSON.stringify(packet)}`, { cause: error })
  }
  return {
    protocol: connection.protocol,
    remoteAddress: connection.remoteAddress,
    get undrainedBytes() {
      return connection.undrainedBytes
    },
    start: (handler) =>
      connection.start({
        onMessage: (text: Message) => {
          for (const frames of framer.toMessages(parsePackets(text as string), refuse)) handler.onMessage(frames)
        },
        onDrain: () => handler.onDrain(),
        onClose: (info) => handler.onClose(info),
      }),
    send: (frames: Message) => {
      for (const text of formatMessages(framer.toPackets(frames as Uint8Array, "theirs"))) connection.send(text)
    },
    close: (code, reason) => connection.close(code, reason),
    terminate: () => connection.terminate(),
  }
}

/** Dials as `dial` does; the connection speaks JSON. */
export const jsonDial =
  (dial: Dial): Dial =>
  async (options) =>
    inJson(await dial(options))
