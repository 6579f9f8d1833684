import { BusError, type JsonObject, type JsonValue, LIMITS } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { commonLimits } from "../src/handshake.ts"
import { DEFAULT_HEARTBEAT, parseHello, parseWelcome, VERSIONS } from "../src/index.ts"

const SECRET = "A".repeat(43)
const OWN = { messageBytes: LIMITS.messageBytes, framePayloadBytes: LIMITS.framePayloadBytes }
const hello: JsonObject = { versions: [1], secret: SECRET }
const welcome: JsonObject = { version: 1, id: "alice", incarnation: "00ff" }

function errorOf(parse: () => unknown): BusError {
  try {
    parse()
  } catch (error) {
    if (error instanceof BusError) return error
  }
  throw new Error("nothing was thrown")
}

describe("HELLO", () => {
  test("may be as short as a version and a secret", () => {
    expect(parseHello(hello)).toEqual({ versions: [1], features: [], limits: OWN, secret: SECRET })
  })

  test("is read whole, and what is not known is left out", () => {
    const whole = { versions: [9, 1], features: ["x"], limits: { messageBytes: 400_000 }, id: "alice", token: "t" }
    expect(parseHello({ ...whole, secret: SECRET, later: { a: 1 } })).toEqual({
      ...whole,
      limits: { messageBytes: 400_000, framePayloadBytes: OWN.framePayloadBytes },
      secret: SECRET,
    })
  })

  const malformed: [string, JsonObject, string][] = [
    ["versions of null", { versions: null }, "hello.versions"],
    ["versions that are none", { versions: ["1"] }, "hello.versions"],
    ["versions that are no list", { versions: 1 }, "hello.versions"],
    ["no secret", { versions: [1], secret: null }, "hello.secret"],
    ["a short secret", { secret: "A".repeat(39) }, "hello.secret"],
    ["a long secret", { secret: "A".repeat(65) }, "hello.secret"],
    ["a secret that is no base64", { secret: "\u0141".repeat(43) }, "hello.secret"],
    ["an id that is no string", { id: 5 }, "hello.id"],
    ["an empty id", { id: "" }, "hello.id"],
    ["an id that is no name", { id: "a\nb" }, "hello.id"],
    ["a token that is no string", { token: {} }, "hello.token"],
    ["features that are no list", { features: "x" }, "hello.features"],
    ["features that are no strings", { features: [1] }, "hello.features"],
    ["limits that are no object", { limits: 5 }, "hello.limits"],
    ["a message limit below one", { limits: { messageBytes: 0 } }, "hello.limits.messageBytes"],
    ["a message limit with a fraction", { limits: { messageBytes: 1.5 } }, "hello.limits.messageBytes"],
    ["a payload limit that is no number", { limits: { framePayloadBytes: "5" } }, "hello.limits.framePayloadBytes"],
  ]
  test.each(malformed)("with %s is a protocol error that names the field", (_name, change, field) => {
    expect(errorOf(() => parseHello({ ...hello, ...change }))).toMatchObject({
      code: "protocol",
      details: { field },
    })
  })

  test("without a common version is unsupported, and says what is spoken here", () => {
    expect(errorOf(() => parseHello({ ...hello, versions: [2, 3] }))).toMatchObject({
      code: "unsupported",
      details: { versions: [...VERSIONS] },
    })
    expect(errorOf(() => parseHello({ ...hello, versions: [] })).code).toBe("unsupported")
  })
})

describe("WELCOME", () => {
  test("may be short: the rest has defaults", () => {
    expect(parseWelcome(welcome)).toEqual({
      version: 1,
      features: [],
      limits: OWN,
      id: "alice",
      incarnation: "00ff",
      heartbeat: DEFAULT_HEARTBEAT,
    })
  })

  test("brings the broker's heartbeat", () => {
    const heartbeat = { intervalMs: 500, timeoutMs: 100 }
    expect(parseWelcome({ ...welcome, heartbeat }).heartbeat).toEqual(heartbeat)
    expect(parseWelcome({ ...welcome, heartbeat: { timeoutMs: 9 } }).heartbeat).toEqual({
      intervalMs: DEFAULT_HEARTBEAT.intervalMs,
      timeoutMs: 9,
    })
  })

  const beat = (heartbeat: JsonValue): JsonObject => ({ heartbeat })
  const malformed: [string, JsonObject, string][] = [
    ["no id", { id: null }, "welcome.id"],
    ["an id that is no name", { id: "" }, "welcome.id"],
    ["no incarnation", { incarnation: 5 }, "welcome.incarnation"],
    ["another version", { version: 2 }, "welcome.version"],
    ["a version that is no number", { version: "1" }, "welcome.version"],
    ["features that are no list", { features: {} }, "welcome.features"],
    ["limits that are no object", { limits: [] }, "welcome.limits"],
    ["a limit below zero", { limits: { messageBytes: -1 } }, "welcome.limits.messageBytes"],
    ["a heartbeat that is no object", beat(25_000), "welcome.heartbeat"],
    ["an interval of nothing", beat({ intervalMs: 0 }), "welcome.heartbeat.intervalMs"],
    ["an interval that no timer takes", beat({ intervalMs: 2 ** 31 }), "welcome.heartbeat.intervalMs"],
    ["a timeout that is no number", beat({ timeoutMs: "8" }), "welcome.heartbeat.timeoutMs"],
  ]
  test.each(malformed)("with %s is a protocol error that names the field", (_name, change, field) => {
    expect(errorOf(() => parseWelcome({ ...welcome, ...change }))).toMatchObject({
      code: "protocol",
      details: { field },
    })
  })
})

describe.each(["HELLO", "WELCOME"])("limits in %s", (kind) => {
  const parse = (limits: JsonValue) =>
    kind === "HELLO" ? parseHello({ ...hello, limits }) : parseWelcome({ ...welcome, limits })
  const least = { messageBytes: 393_216, framePayloadBytes: 262_144 }

  test.each(Object.keys(least))("below the least %s are unsupported, and the least is said", (name) => {
    const below = { ...least, [name]: least[name as keyof typeof least] - 1 }
    expect(errorOf(() => parse(below))).toMatchObject({ code: "unsupported", details: { limits: least } })
  })

  test("from the least on are taken", () => {
    expect(parse(least).limits).toEqual(least)
  })
})

test("the limits that both keep to are the smaller of each", () => {
  expect(commonLimits({ messageBytes: 10, framePayloadBytes: 2 ** 40 })).toEqual({
    messageBytes: 10,
    framePayloadBytes: OWN.framePayloadBytes,
  })
})
