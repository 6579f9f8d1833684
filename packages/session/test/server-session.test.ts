import { ManualClock } from "@luxbus/clock/testing"
import { BusError, type JsonObject, type JsonValue, Lane, type MessageWriter, StreamKind } from "@luxbus/packet"
import { type CloseInfo, memoryPair } from "@luxbus/transport"
import { ConnectionRecorder } from "@luxbus/transport/testing"
import { describe, expect, test } from "vitest"
import {
  HANDSHAKE_TIMEOUT_MS,
  type Hello,
  ServerSession,
  type ServerSessionOptions,
  sessionIdOf,
} from "../src/index.ts"
import { framesOf, message } from "./frames.ts"
import { TestEnd } from "./test-end.ts"
import { testHash } from "./test-hash.ts"

const SECRET = "s".repeat(43)
const HELLO: JsonObject = { versions: [1], features: [], secret: SECRET, id: "alice", token: "t" }

/** The broker's side of one connection; the client's is played by hand. */
function setUp(options: Partial<ServerSessionOptions> = {}) {
  const clock = new ManualClock()
  const link = memoryPair({ clock })
  const far = new ConnectionRecorder()
  link.far.start(far)
  const heard = {
    hellos: [] as { hello: Hello; sessionId: Uint8Array }[],
    commands: [] as { id: number; op: string; params: JsonValue }[],
    positions: [] as JsonObject[],
    starts: 0,
    closes: [] as CloseInfo[],
  }
  const session = new ServerSession(
    {
      clock,
      connection: link.near,
      createHash: testHash,
      handler: {
        hello: (hello, sessionId) => heard.hellos.push({ hello, sessionId }),
        started: () => heard.starts++,
        resumeStream: (position) => heard.positions.push(position),
        command: (id, op, params) => heard.commands.push({ id, op, params }),
        closed: (info) => heard.closes.push(info),
      },
    },
    { incarnation: "00ff", ...options },
  )
  const say = (build: (writer: MessageWriter) => void): void => {
    link.far.send(message(build))
    clock.settle()
  }
  const sayHello = (hello: JsonObject = HELLO): void => say((writer) => writer.control(0, 0, { hello }))
  const fields = () => {
    clock.settle()
    return far.messages.flatMap(framesOf).map((frame) => frame.fields)
  }
  return { clock, link, far, session, heard, say, sayHello, fields }
}

describe("the handshake at the broker", () => {
  test("hands HELLO on with the session's id, and answers WELCOME when it is told to", () => {
    const { session, heard, sayHello, fields } = setUp()
    sayHello()
    expect(heard.hellos).toMatchObject([
      { hello: { id: "alice", token: "t" }, sessionId: sessionIdOf(SECRET, testHash) },
    ])
    expect(fields()).toEqual([])
    session.welcome("alice")
    expect(fields()).toMatchObject([
      {
        welcome: { version: 1, id: "alice", incarnation: "00ff", heartbeat: { intervalMs: 25_000, timeoutMs: 8_000 } },
      },
    ])
  })

  test("answers with the smaller of both sides' limits, and with its own heartbeat", () => {
    const heartbeat = { intervalMs: 50, timeoutMs: 20 }
    const { session, sayHello, fields } = setUp({ heartbeat })
    sayHello({ ...HELLO, limits: { messageBytes: 400_000, framePayloadBytes: 2 ** 30 } })
    session.welcome("alice")
    expect(fields()).toMatchObject([
      { welcome: { heartbeat, limits: { messageBytes: 400_000, framePayloadBytes: 262_144 } } },
    ])
  })

  test("waits 5 s for HELLO, says timeout and closes", () => {
    const { clock, heard, fields, far } = setUp()
    clock.advance(HANDSHAKE_TIMEOUT_MS - 1)
    expect(far.closes).toEqual([])
    clock.advance(1)
    expect(fields()).toMatchObject([{ code: "timeout" }])
    expect(far.closes).toMatchObject([{ code: 1000, reason: "timeout" }])
    expect(heard.closes).toMatchObject([{ error: { code: "timeout" } }])
    expect([HANDSHAKE_TIMEOUT_MS, clock.pendingTimers]).toEqual([5_000, 0])
  })

  test("waits for nothing more once HELLO came", () => {
    const { clock, sayHello, far } = setUp({ helloTimeoutMs: 100 })
    clock.advance(99)
    sayHello()
    clock.advance(60_000)
    expect(far.closes).toEqual([])
  })

  test("refuses a malformed HELLO with the field's name, and does not hand it on", () => {
    const { heard, sayHello, fields, far } = setUp()
    sayHello({ ...HELLO, secret: "short" })
    expect(fields()).toMatchObject([{ code: "protocol", details: { field: "hello.secret" } }])
    expect(far.closes).toMatchObject([{ code: 1002 }])
    expect(heard.hellos).toEqual([])
  })

  test("refuses a client without a common version", () => {
    const { sayHello, fields, far } = setUp()
    sayHello({ ...HELLO, versions: [99] })
    expect(fields()).toMatchObject([{ code: "unsupported", details: { versions: [1] } }])
    expect(far.closes).toMatchObject([{ code: 1000 }])
  })

  test("closes at a second HELLO, before WELCOME and after", () => {
    for (const welcomed of [false, true]) {
      const { session, heard, sayHello, far } = setUp()
      sayHello()
      if (welcomed) session.welcome("alice")
      sayHello()
      expect(far.closes).toMatchObject([{ code: 1002 }])
      expect(heard.hellos.length).toBe(1)
    }
  })

  const early: [string, (writer: MessageWriter) => void][] = [
    ["a command", (writer) => writer.control(0, 0, { command: { id: 1, op: "list" } })],
    ["a position", (writer) => writer.control(0, 0, { resumeStream: { name: "a" } })],
    ["a START", (writer) => writer.start({}, { kind: StreamKind.hosted, name: "job", alias: 1 })],
  ]
  test.each(early)("closes at %s before WELCOME", (_name, build) => {
    for (const afterHello of [false, true]) {
      const { heard, say, sayHello, far } = setUp()
      if (afterHello) sayHello()
      say(build)
      expect(far.closes).toMatchObject([{ code: 1002 }])
      expect([heard.commands, heard.positions, heard.starts]).toEqual([[], [], 0])
    }
  })

  test("closes when anything but HELLO comes first", () => {
    const { say, far } = setUp()
    say((writer) => writer.control(0, 0, { pong: 1 }))
    expect(far.closes).toMatchObject([{ code: 1002 }])
  })

  test("refuse says the reason, then closes", () => {
    const { session, heard, sayHello, fields, far } = setUp()
    sayHello()
    session.refuse(new BusError("id_taken", "in use", { details: { id: "alice" } }))
    expect(fields()).toMatchObject([{ code: "id_taken", text: "in use", details: { id: "alice" } }])
    expect(far.closes).toEqual([{ code: 1000, reason: "id_taken" }])
    expect(heard.closes.length).toBe(1)
  })

  test("WELCOME without HELLO, and a second one, are invalid_state; one that comes too late does nothing", () => {
    const first = setUp()
    expect(() => first.session.welcome("a")).toThrow(expect.objectContaining({ code: "invalid_state" }))
    first.sayHello()
    first.session.welcome("a")
    expect(() => first.session.welcome("a")).toThrow(expect.objectContaining({ code: "invalid_state" }))
    const late = setUp()
    late.sayHello()
    late.link.cut()
    late.clock.settle()
    late.session.welcome("a")
    expect(late.clock.pendingTimers).toBe(0)
  })
})

describe("a welcomed client", () => {
  const welcomed = () => {
    const all = setUp()
    all.sayHello()
    all.session.welcome("alice")
    all.clock.settle()
    all.far.messages.length = 0
    return all
  }

  test("asks commands and is answered, with a result or an error", () => {
    const { session, heard, say, fields } = welcomed()
    say((writer) => {
      writer.control(0, 0, { command: { id: 1, op: "list", params: { a: 1 } } })
      writer.control(0, 0, { command: { id: 2, op: "cancel", params: "none" } })
    })
    expect(heard.commands).toEqual([
      { id: 1, op: "list", params: { a: 1 } },
      { id: 2, op: "cancel", params: {} },
    ])
    session.reply(1, [5])
    session.replyError(2, new BusError("unknown_stream", "none", { details: { name: "x" } }))
    expect(fields()).toEqual([
      { reply: { id: 1, result: [5] } },
      { reply: { id: 2, error: { code: "unknown_stream", message: "none", details: { name: "x" } } } },
    ])
  })

  test("that sends a malformed command is closed", () => {
    for (const command of [{ op: "list" }, { id: "1", op: "list" }, { id: 1 }]) {
      const { say, far, heard } = welcomed()
      say((writer) => writer.control(0, 0, { command }))
      expect(far.closes).toMatchObject([{ code: 1002 }])
      expect(heard.commands).toEqual([])
    }
  })

  test("states positions and starts streams", () => {
    const { heard, say } = welcomed()
    say((writer) => {
      writer.control(0, 0, { resumeStream: { name: "job", from: "bob", main: 3 } })
      writer.start({}, { kind: StreamKind.hosted, name: "job", alias: 1 })
    })
    expect(heard.positions).toEqual([{ name: "job", from: "bob", main: 3 }])
    expect(heard.starts).toBe(1)
  })

  test("gets an answer that is too large for one frame in parts", () => {
    const { session, fields } = welcomed()
    session.reply(1, "x".repeat(2_000))
    session.reply(2, "short")
    expect(fields()).toEqual([
      { reply: { id: 2, result: "short" } },
      { reply: { id: 1, part: `"${"x".repeat(1_199)}`, more: true } },
      { reply: { id: 1, part: `${"x".repeat(801)}"` } },
    ])
    expect(() => session.reply(3, "x".repeat(16 * 1024 * 1024))).toThrow(expect.objectContaining({ code: "too_large" }))
  })

  test("gets long answers whole, however many, and errors of streams in between", () => {
    const { session, clock, link, far } = welcomed()
    const sender = new TestEnd()
    const address = session.mux.allocate(sender)
    for (let id = 1; id <= 3; id++) session.reply(id, `${id}`.repeat(1_000_000))
    sender.waiting.error.push(new Uint8Array(1))
    session.mux.wake(address, Lane.error)
    link.stall()
    link.unstall()
    clock.settle()
    const seen = far.messages.flatMap(framesOf)
    expect(seen.findIndex(({ lane }) => lane === Lane.error)).toBeLessThan(10)
    const texts = new Map<unknown, string>()
    for (const { fields } of seen) {
      const { id, part } = fields.reply ?? {}
      if (typeof part === "string") texts.set(id, (texts.get(id) ?? "") + part)
    }
    expect([...texts.values()].map((text) => text.length)).toEqual([1_000_002, 1_000_002, 1_000_002])
    expect(far.closes).toEqual([])
  })

  test("that asks for more long answers than it reads is closed", () => {
    const { session, clock, link, heard } = welcomed()
    link.stall()
    const long = "x".repeat(15 * 1024 * 1024)
    for (let id = 1; id <= 2; id++) session.reply(id, long)
    clock.settle()
    expect(heard.closes).toEqual([])
    session.reply(3, long)
    clock.settle()
    expect(heard.closes).toMatchObject([{ error: { code: "connection_lost" } }])
  })
})
