import { once } from "node:events"
import { createServer as createHttpServer, type Server as HttpServer } from "node:http"
import { setImmediate as nextTurn } from "node:timers/promises"
import { queryObjects } from "node:v8"
import { SeededRandom } from "@luxbus/clock/testing"
import type { Accept, Connection, Dial } from "@luxbus/transport"
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
/** What the test itself, its runner and the platform make meanwhile. A connection that is kept is hundreds. */
const SLACK_OBJECTS = 100
/** Some outcomes are journaled, and some timers set, only after what came before them. */
const LEAPS = 4
const TIMEOUT_MS = 120_000

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

    await besideOthers(dial, listener.url, (onConnection) => attack(WARM_UP_MESSAGES, onConnection))
    await settle()
    const before = objectCount()

    await besideOthers(dial, listener.url, (onConnection) => attack(MESSAGES, onConnection))
    await settle()
    // Not every collection has all that is freed beside the program.
    await expect.poll(() => objectCount() - before).toBeLessThan(SLACK_OBJECTS)
    expect(faults).toEqual([])
    expect(server.connectionCount).toBe(0)
  },
  TIMEOUT_MS,
)

/** Runs an attack beside a writer and a viewer, and handshakes that stay half done; sees that it harms nobody. */
async function besideOthers(
  dial: Dial,
  url: string,
  attack: (onConnection: (count: number) => void) => Promise<void>,
): Promise<void> {
  const slow = await Promise.all(Array.from({ length: SLOW_HANDSHAKES }, () => slowHandshake(url)))
  try {
    const others = await bystanders(dial)
    let written = ""
    await attack((count) => {
      if (count % CONNECTIONS_PER_CHUNK !== 0) return
      const text = `line ${count}\n`
      written += text
      others.write(text)
    })
    expect(await others.end()).toMatchObject({ text: written, outcome: { status: "done" } })
    expect(written.length).toBeGreaterThan(0)
    expect(others.losses).toEqual([])
    await others.leave()
  } finally {
    for (const socket of slow) socket.destroy()
  }
}

/** All that can still be reached. Bytes would say less: tables, code and pools come and go with the collector's mood. */
function objectCount(): number {
  return queryObjects(Object, { format: "count" })
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
