import type { Socket } from "node:net"
import { setImmediate as nextTurn } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { SeededRandom } from "@luxbus/clock/testing"
import type { Accept, Connection } from "@luxbus/transport"
import { dialWebSocket, listenWebSocket } from "@luxbus/transport-ws"
import { afterEach, expect, test } from "vitest"
import { createServer, type ServerEvent } from "../src/index.ts"
import { ATTACK_OPTIONS, attackOnce, slowHandshake } from "./abuse/attack.ts"
import { bystanders } from "./abuse/bystanders.ts"
import { readCorpus } from "./abuse/corpus.ts"
import { LeapingClock } from "./abuse/leaping-clock.ts"
import { Mutator } from "./abuse/mutator.ts"

const SEED = 1
const MESSAGES = Number(process.env["ABUSE"] ?? 100_000)
/** Enough for whatever is made once and kept: code, tables, pools. */
const WARM_UP_MESSAGES = 10_000
const ATTACKERS = 16
const SLOW_HANDSHAKES = 50
/** A chunk of the bystanders for each so many connections of the attackers. */
const CONNECTIONS_PER_CHUNK = 10
/** By then every window, every finished stream and every idle topic is over. */
const DAY_MS = 86_400_000
/** What two collections may differ by. */
const SLACK_BYTES = 4 * 1024 * 1024

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

const release: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const close of release.splice(0).reverse()) await close()
})

test("100 000 harmed messages leave the broker up, others undisturbed, and nothing behind", async () => {
  const clock = new LeapingClock()
  const faults: ServerEvent[] = []
  const server = createServer({ onEvent: (event) => event.type === "error" && faults.push(event) }, { clock })
  release.push(() => server.close({ drainMs: 0 }))
  let taken = 0
  const onAccept: Accept = (connection, request) =>
    server.accept(
      counting(connection, () => taken++),
      request,
    )
  const listener = await listenWebSocket({ onAccept, maxMessageBytes: ATTACK_OPTIONS.maxMessageBytes })
  release.push(() => listener.close())

  const dial = dialWebSocket(listener.url, ATTACK_OPTIONS)
  const random = new SeededRandom(SEED)
  const mutator = new Mutator(random, readCorpus())
  const attack = async (messages: number, onConnection: (count: number) => void) => {
    const until = taken + messages
    let connections = 0
    const attackers = Array.from({ length: ATTACKERS }, async () => {
      while (taken < until) {
        onConnection(++connections)
        await attackOnce(dial, mutator, random)
      }
    })
    await Promise.all(attackers)
    console.log("CONN", connections, taken, process.memoryUsage().heapUsed)
  }
  const heapAtRest = async () => {
    while (server.connectionCount > 0) await nextTurn()
    clock.leap(DAY_MS)
    await nextTurn()
    expect(server.list()).toEqual([])
    collectGarbage()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    return heapUsed + arrayBuffers
  }

  await attack(WARM_UP_MESSAGES, () => {})
  const before = await heapAtRest()

  const slow: Socket[] = await Promise.all(Array.from({ length: SLOW_HANDSHAKES }, () => slowHandshake(listener.url)))
  release.push(() => slow.forEach((socket) => socket.destroy()))
  const others = await bystanders(dial)
  let written = ""
  await attack(MESSAGES, (count) => {
    if (count % CONNECTIONS_PER_CHUNK !== 0) return
    const text = `line ${count}\n`
    written += text
    others.write(text)
  })

  expect(await others.end()).toMatchObject({ text: written, outcome: { status: "done" } })
  expect(written.length).toBeGreaterThan(0)
  expect(others.losses).toEqual([])
  await others.leave()
  for (const socket of slow) socket.destroy()
  expect(await heapAtRest()).toBeLessThan(before + SLACK_BYTES)
  expect(faults).toEqual([])
  expect(server.connectionCount).toBe(0)
})

/** Tells of each message that the broker is handed. */
function counting(connection: Connection, onMessage: () => void): Connection {
  return {
    protocol: connection.protocol,
    remoteAddress: connection.remoteAddress,
    get undrainedBytes() {
      return connection.undrainedBytes
    },
    start: (handler) =>
      connection.start({
        onMessage: (message) => {
          onMessage()
          handler.onMessage(message)
        },
        onDrain: () => handler.onDrain(),
        onClose: (info) => handler.onClose(info),
      }),
    send: (message) => connection.send(message),
    close: (code, reason) => connection.close(code, reason),
    terminate: () => connection.terminate(),
  }
}
