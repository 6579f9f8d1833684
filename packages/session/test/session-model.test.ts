import { ManualClock } from "@luxbus/clock/testing"
import { BusError } from "@luxbus/packet"
import { CloseCode } from "@luxbus/transport"
import fc from "fast-check"
import { expect, test } from "vitest"
import { RECONNECT_SOON_MS, type SessionStatus } from "../src/index.ts"
import { TestBroker } from "./test-broker.ts"
import { run, TestClient } from "./test-client.ts"

/** A session as its user has it: where it stands, and how many of its questions are open. */
interface Model {
  state: SessionStatus["state"]
  asked: number
  open: number
  answered: number
  failed: number
  /** Connections in a row that ended by a framing fault. */
  faults: number
}

/** A client, the broker that it dials, and what became of what it asked. */
class Real {
  readonly clock = new ManualClock()
  readonly broker = new TestBroker(this.clock)
  readonly client = new TestClient(this.clock, this.broker.place.dial)
  readonly answers: number[] = []
  readonly failures: string[] = []

  /** Asks question `n`; the broker answers when it is told to. */
  ask(n: number): void {
    this.client.session.command(
      "list",
      { n },
      (answer) => this.answers.push(Number(answer)),
      (error) => this.failures.push(error.code),
    )
  }

  /** Answers what was asked on this connection and has no answer. */
  answerAll(): void {
    const { commands, session } = this.broker.side
    for (const { id, params } of commands.splice(0)) session.reply(id, (params as { n: number }).n)
  }
}

function close(model: Model): void {
  model.state = "closed"
  model.failed += model.open
  model.open = 0
}

function command(
  text: string,
  isPossible: (model: Model) => boolean,
  act: (model: Model, real: Real) => void | Promise<void>,
): fc.AsyncCommand<Model, Real> {
  return {
    check: isPossible,
    run: async (model, real) => {
      await act(model, real)
      await run(real.clock)
      expect(real.client.session.status.state).toBe(model.state)
      expect(real.client.session.activeCount).toBe(model.open)
      expect([real.answers.length, real.failures.length]).toEqual([model.answered, model.failed])
      expect(new Set(real.answers).size).toBe(real.answers.length)
    },
    toString: () => text,
  }
}

const isConnected = ({ state }: Model) => state === "connected"

/** The connection goes; a second framing fault in a row is the end. */
function lose(model: Model, isFault: boolean): void {
  model.faults = isFault ? model.faults + 1 : 0
  model.state = "suspended"
  if (model.faults === 2) close(model)
}

const COMMANDS = [
  command(
    "ask",
    ({ state }) => state !== "closed",
    (model, real) => {
      model.open++
      real.ask(model.asked++)
    },
  ),
  command(
    "ask what is closed",
    ({ state }) => state === "closed",
    (_, real) => {
      expect(() => real.ask(-1)).toThrow(BusError)
    },
  ),
  command("answer", isConnected, (model, real) => {
    model.answered += model.open
    model.open = 0
    real.answerAll()
  }),
  command("cut", isConnected, (model, real) => {
    lose(model, false)
    real.broker.side.pair.cut()
  }),
  command("harm", isConnected, (model, real) => {
    lose(model, true)
    real.broker.side.session.fault(new BusError("protocol", "harmed"))
  }),
  command("go away", isConnected, (model, real) => {
    lose(model, false)
    real.broker.side.session.mux.close(CloseCode.goingAway, "going_away")
  }),
  command(
    "come back",
    ({ state }) => state === "suspended",
    async (model, real) => {
      model.state = "connected"
      await run(real.clock, RECONNECT_SOON_MS, RECONNECT_SOON_MS / 4)
    },
  ),
  command("replace", isConnected, (model, real) => {
    close(model)
    real.broker.side.session.refuse(new BusError("replaced", "a newer one"))
  }),
  command(
    "close",
    () => true,
    (model, real) => {
      close(model)
      real.client.session.close()
    },
  ),
]

/** The ends come seldom: what comes before them is what is to be seen. */
const commands = COMMANDS.map((one) => ({
  arbitrary: fc.constant(one),
  weight: ["replace", "close"].includes(String(one)) ? 1 : 6,
}))

test("a session is where its connections leave it, and answers each question once or says that it will not", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(...commands), { maxLength: 40, size: "max" }), async (given) => {
      const real = new Real()
      real.client.session.start()
      await run(real.clock)
      const model: Model = { state: "connected", asked: 0, open: 0, answered: 0, failed: 0, faults: 0 }
      await fc.asyncModelRun(() => ({ model, real }), given)
      real.client.session.close()
      await run(real.clock)
      expect(real.answers.length + real.failures.length).toBe(model.asked)
      expect(real.clock.pendingTimers).toBe(0)
    }),
    { numRuns: 150 },
  )
})
