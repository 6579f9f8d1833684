import { once } from "node:events"
import { createServer as createHttpServer, type Server as HttpServer } from "node:http"
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
const MESSAGES = 100_000
/** Enough for whatever is made once and kept: code, tables, pools. */
const WARM_UP_MESSAGES = 10_000
const ATTACKERS = 16
const SLOW_HANDSHAKES = 50
/** A chunk of the bystanders for each so many connections of the attackers. */
const CONNECTIONS_PER_CHUNK = 10
/** By then every window, every finished stream and every idle topic is over. */
const DAY_MS = 86_400_000
/** What two collections may differ by: about 1 MiB does, and one connection in twenty that is kept is 4 MiB. */
const SLACK_BYTES = 3 * 1024 * 1024
/** Buffers are freed beside the program: not every collection has them all. */
const COLLECTIONS = 40
/** Some outcomes are journaled, and some timers set, only after what came before them. */
const LEAPS = 4
const TIMEOUT_MS = 180_000

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

const release: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const close of release.splice(0).reverse()) await close()
}, TIMEOUT_MS)

test(
  "100 000 harmed messages leave the broker up, others undisturbed, and nothing behind",
  async () => {
    const clock = new LeapingClock()
    const faults: ServerEvent[] = []
    const server = createServer({ onEvent: (event) => event.type === "error" && faults.push(event) }, { clock })
    release.push(() => server.close({ drainMs: 0 }))
    let taken = 0
    const onMessage = () => {
      taken++
    }
    const onAccept: Accept = (connection, request) => server.accept(counting(connection, onMessage), request)
    const http = createHttpServer()
    http.listen(0, "127.0.0.1")
    await once(http, "listening")
    const listener = await listenWebSocket({ server: http, onAccept })
    release.push(() => listener.close())
    release.push(() => void http.close())

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
    }
    const settle = async () => {
      while (server.connectionCount > 0 || (await socketCount(http)) > 0) await nextTurn()
      for (let i = 0; i < LEAPS; i++) {
        clock.leap(DAY_MS)
        await nextTurn()
      }
      expect(server.list()).toEqual([])
    }

    await attack(WARM_UP_MESSAGES, () => {})
    await settle()
    const before = await heapBytes(0)

    const slow: Socket[] = await Promise.all(Array.from({ length: SLOW_HANDSHAKES }, () => slowHandshake(listener.url)))
    const endSlow = () => {
      for (const socket of slow) socket.destroy()
    }
    release.push(endSlow)
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
    endSlow()
    await settle()
    expect(await heapBytes(before + SLACK_BYTES)).toBeLessThan(before + SLACK_BYTES)
    expect(faults).toEqual([])
    expect(server.connectionCount).toBe(0)
  },
  TIMEOUT_MS,
)

/** What is left after collecting, as soon as it is less than `enough`. */
async function heapBytes(enough: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (let i = 0; i < COLLECTIONS && least >= enough; i++) {
    collectGarbage()
    await nextTurn()
    const { heapUsed, arrayBuffers } = process.memoryUsage()
    least = Math.min(least, heapUsed + arrayBuffers)
  }
  return least
}

/** Sockets that are open, whatever became of the connection on them. */
function socketCount(http: HttpServer): Promise<number> {
  return new Promise((resolve, reject) => {
    http.getConnections((error, count) => (error === null ? resolve(count) : reject(error)))
  })
}

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
