import { ManualClock } from "@luxbus/clock/testing"
import { BusError, type JsonObject, type MessageWriter } from "@luxbus/packet"
import { drawnTransitions, takenTransitions } from "@luxbus/test-preset/state-diagram"
import { CloseCode, memoryPair } from "@luxbus/transport"
import { expect, test } from "vitest"
import { HANDSHAKE_TIMEOUT_MS, RECONNECT_SOON_MS, ServerSession } from "../src/index.ts"
import { message } from "./frames.ts"
import { TestBroker } from "./test-broker.ts"
import { run, TestClient } from "./test-client.ts"
import { testHash } from "./test-hash.ts"

interface Client {
  readonly clock: ManualClock
  readonly broker: TestBroker
  readonly client: TestClient
}

async function newClient(retryInitial: boolean): Promise<Client> {
  const clock = new ManualClock()
  const broker = new TestBroker(clock)
  broker.onHello = () => {}
  const client = new TestClient(clock, broker.place.dial, { id: "alice", retryInitial })
  client.session.start()
  await run(clock)
  return { clock, broker, client }
}

/** The newest connection, once there is one that is not over: it is dialled after a pause. */
async function connection({ clock, broker, client }: Client) {
  if (client.session.status.state === "closed") return undefined
  if (broker.side.closes.length > 0) await run(clock, RECONNECT_SOON_MS, RECONNECT_SOON_MS)
  return broker.side.closes.length > 0 ? undefined : broker.side
}

type Side = TestBroker["side"]

/** What the broker, or the network, does to the newest connection. */
const atBroker = (act: (side: Side) => void) => async (client: Client) => {
  const side = await connection(client)
  if (side !== undefined) act(side)
  await run(client.clock)
}

function welcome({ session, hellos }: Side): void {
  if (hellos.length > 0) {
    try {
      session.welcome("alice")
    } catch {
      // It was welcomed before.
    }
  }
}

test("a client's session goes the ways of its diagram, and all of them", async () => {
  const taken = await Promise.all(
    [false, true].map((retryInitial) =>
      takenTransitions({
        create: () => newClient(retryInitial),
        stateOf: ({ client }) => client.session.status.state,
        events: {
          WELCOME: atBroker(welcome),
          "connection lost": atBroker(({ pair }) => pair.cut()),
          "framing fault": atBroker(({ session }) => session.fault(new BusError("protocol", "harmed"))),
          going_away: atBroker(({ session }) => {
            session.mux.control(0, 0, { goingAway: { delayMs: 10 } })
            session.mux.close(CloseCode.goingAway, "going_away")
          }),
          refused: atBroker(({ session }) => session.refuse(new BusError("replaced", "a newer one"))),
          close: ({ client }) => client.session.close(),
        },
        depth: 4,
      }),
    ),
  )
  expect([...new Set(taken.flat())].sort()).toEqual(drawnTransitions("16.5 A client's session"))
})

const HELLO: JsonObject = { versions: [1], features: [], secret: "s".repeat(43), id: "alice" }

/** The broker's side of one connection; the client's is played by hand. */
function newConnection() {
  const clock = new ManualClock()
  const link = memoryPair({ clock })
  link.far.start({ onMessage: () => {}, onDrain: () => {}, onClose: () => {} })
  const seen = { state: "awaiting_hello" }
  const session = new ServerSession(
    {
      clock,
      connection: link.near,
      createHash: testHash,
      handler: {
        hello: () => {
          seen.state = "awaiting_welcome"
        },
        started: () => {},
        resumeStream: () => {},
        command: () => {},
        closed: () => {
          seen.state = "closed"
        },
      },
    },
    { incarnation: "00ff", heartbeat: { intervalMs: 60_000, timeoutMs: 10_000 } },
  )
  const say = (build: (writer: MessageWriter) => void) => {
    link.far.send(message(build))
    clock.settle()
  }
  return { clock, link, session, seen, say }
}

test("a connection at the broker goes the ways of its diagram, and all of them", async () => {
  const taken = await takenTransitions({
    create: newConnection,
    stateOf: ({ seen }) => seen.state,
    events: {
      HELLO: ({ say, seen }) => {
        const isFirst = seen.state === "awaiting_hello"
        say((writer) => writer.control(0, 0, { hello: HELLO }))
        return isFirst ? "HELLO" : "protocol error"
      },
      WELCOME: ({ session, seen }) => {
        if (seen.state !== "awaiting_welcome") return
        session.welcome("alice")
        seen.state = "welcomed"
      },
      refused: ({ session, clock }) => {
        session.refuse(new BusError("id_taken", "another has it"))
        clock.settle()
      },
      command: ({ say }) => {
        say((writer) => writer.control(0, 0, { command: { id: 1, op: "list" } }))
        return "protocol error"
      },
      "connection lost": ({ link, clock }) => {
        link.cut()
        clock.settle()
      },
      silence: ({ clock, seen }) => {
        clock.advance(seen.state === "welcomed" ? 70_000 : HANDSHAKE_TIMEOUT_MS)
      },
    },
    depth: 4,
  })
  expect(taken).toEqual(drawnTransitions("16.6 A connection at the broker"))
})
