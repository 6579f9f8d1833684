import { connect, type Socket } from "node:net"
import type { SeededRandom } from "@luxbus/clock/testing"
import { LIMITS, MessageReader, MessageWriter } from "@luxbus/packet"
import type { Connection, Dial, Message } from "@luxbus/transport"
import { HELLO } from "../raw-client.ts"
import type { Mutator } from "./mutator.ts"

const MESSAGES_PER_CONNECTION = 100
/** How many connections come as one session, which they take from each other, or which is refused for its faults. */
const ONE_SESSION = 0.1
const LONGEST = LIMITS.messageBytes + 1

/** How the attackers connect. The broker's limit must not be theirs. */
export const ATTACK_OPTIONS = { protocols: ["luxbus.v1.bin"], maxMessageBytes: LONGEST }

/** One connection: HELLO as it should be, or not; then messages until the broker has had enough, or has them all. */
export async function attackOnce(dial: Dial, mutator: Mutator, random: SeededRandom): Promise<void> {
  const attacker = await open(dial)
  const secret = random.float() < ONE_SESSION ? HELLO.secret : Buffer.from(random.bytes(32)).toString("hex")
  const hello = control({ hello: { ...HELLO, secret } })
  const dice = random.float()
  if (dice < 0.04) attacker.send(mutator.flip(hello))
  else if (dice > 0.08) attacker.send(hello)
  // Whoever spoke well is welcomed first: anything before would end it at once.
  if (dice > 0.08) await attacker.heard
  for (const message of mutator.conversation(MESSAGES_PER_CONNECTION)) attacker.send(message)
  attacker.send(control({ ping: 7 }))
  await attacker.answered
  if (random.float() < 0.5) attacker.connection.terminate()
  else attacker.connection.close()
  await attacker.closed
}

/** A connection that gets no further than half of its request. The caller ends it. */
export function slowHandshake(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgr")
      resolve(socket)
    })
    socket.on("error", reject)
  })
}

interface Attacker {
  readonly connection: Connection
  /** Resolves with the broker's first message, or the end. */
  readonly heard: Promise<void>
  /** Resolves once the ping is answered, or the connection is over. */
  readonly answered: Promise<void>
  readonly closed: Promise<void>
  send(message: Message): void
}

async function open(dial: Dial): Promise<Attacker> {
  const connection = await dial()
  const heard = signal()
  const answered = signal()
  const closed = signal()
  const reader = new MessageReader()
  connection.start({
    onMessage: (message) => {
      heard.fire()
      reader.load(message as Uint8Array)
      while (reader.next()) if (reader.compact && reader.fields().pong === 7) answered.fire()
    },
    onDrain: () => {},
    onClose: () => {
      heard.fire()
      answered.fire()
      closed.fire()
    },
  })
  const moments = { heard: heard.fired, answered: answered.fired, closed: closed.fired }
  return { connection, ...moments, send: (message) => connection.send(message) }
}

function signal(): { readonly fired: Promise<void>; fire(): void } {
  let fire = () => {}
  const fired = new Promise<void>((resolve) => {
    fire = resolve
  })
  return { fired, fire: () => fire() }
}

function control(fields: Parameters<MessageWriter["control"]>[2]): Uint8Array {
  const writer = new MessageWriter()
  writer.control(0, 0, fields)
  return writer.take()
}
