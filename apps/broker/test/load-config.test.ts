import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, test } from "vitest"
import { loadConfig, SETTINGS } from "../src/index.ts"

const HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

let directory = ""
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "luxbus-config-"))
})
afterEach(() => rm(directory, { recursive: true }))

const write = (config: unknown, name = "luxbus.config.json") =>
  writeFile(join(directory, name), typeof config === "string" ? config : JSON.stringify(config))

describe("defaults", () => {
  test("stand when nothing is configured", async () => {
    expect(await loadConfig({ env: {}, directory })).toEqual({
      host: "127.0.0.1",
      port: 7700,
      insecure: false,
      origins: [],
      hosts: [],
      page: true,
      demo: false,
      auth: { tokens: {} },
      limits: {
        ringBytes: 67_108_864,
        maxHostedBytes: 536_870_912,
        keepFinishedMs: 3_600_000,
        windowMs: 120_000,
        mailboxTtlMs: 120_000,
      },
      topics: [],
      rateLimits: {},
      heartbeat: { intervalMs: 25_000, timeoutMs: 8_000 },
      log: { level: "info" },
    })
  })

  test("fill up what a file leaves out within an object", async () => {
    await write({ limits: { ringBytes: 100_000 } })
    const { limits } = await loadConfig({ env: {}, directory })
    expect(limits).toMatchObject({ ringBytes: 100_000, windowMs: 120_000 })
  })
})

describe("precedence", () => {
  test("is flags, then environment, then file, key by key", async () => {
    await write({ port: 1, host: "127.0.0.1", limits: { ringBytes: 100_000, windowMs: 1_000 } })
    const config = await loadConfig({
      env: { LUXBUS_PORT: "2", LUXBUS_LIMITS_RING_BYTES: "200000" },
      flags: { port: "3" },
      directory,
    })
    expect([config.port, config.limits.ringBytes, config.limits.windowMs]).toEqual([3, 200_000, 1_000])
  })

  test("takes tokens whole from the strongest place that names any", async () => {
    await write({ auth: { tokens: { [HASH]: "old" } } })
    const other = HASH.replaceAll("9", "0")
    const config = await loadConfig({ env: { LUXBUS_AUTH_TOKENS: JSON.stringify({ [other]: "new" }) }, directory })
    expect(config.auth.tokens).toEqual({ [other]: "new" })
  })

  test("reads a named file in place of the one in the working directory", async () => {
    await write({ port: 1 })
    await write({ port: 2 }, "other.json")
    expect((await loadConfig({ env: {}, file: "other.json", directory })).port).toBe(2)
  })
})

describe("text", () => {
  test("becomes numbers, booleans, lists and maps by the key's kind", async () => {
    const config = await loadConfig({
      env: {
        LUXBUS_INSECURE: "1",
        LUXBUS_ORIGINS: "https://a.example, https://b.example",
        LUXBUS_AUTH_TOKENS: JSON.stringify({ [HASH]: "ci" }),
        LUXBUS_LOG_PRETTY: "false",
      },
      flags: { "heartbeat-interval-ms": "300" },
      directory,
    })
    expect(config).toMatchObject({
      insecure: true,
      origins: ["https://a.example", "https://b.example"],
      auth: { tokens: { [HASH]: "ci" } },
      log: { pretty: false },
      heartbeat: { intervalMs: 300 },
    })
  })
})

describe("topics", () => {
  const topics = [{ match: "news.*", history: { messages: 100, ageMs: 60_000 }, retain: true }, { match: ">" }]

  test("come from the file, or as JSON from elsewhere, whole", async () => {
    await write({ topics })
    expect((await loadConfig({ env: {}, directory })).topics).toEqual(topics)
    const flags = { topics: JSON.stringify([{ match: "a" }]) }
    expect((await loadConfig({ env: {}, flags, directory })).topics).toEqual([{ match: "a" }])
  })

  test.each([[[{ match: "a..b" }]], [[{ match: "a", history: { messages: 0 } }]], [[{ history: {} }]], ["news.*"]])(
    "are refused where they are no policies: %j",
    async (wrong) => {
      await write({ topics: wrong })
      await expect(loadConfig({ env: {}, directory })).rejects.toThrow(
        /topics \(from luxbus.config.json\) is .*: expected a list such as/,
      )
    },
  )

  test("are told of an unknown key", async () => {
    await write({ topics: [{ match: "a", retian: true }] })
    await expect(loadConfig({ env: {}, directory })).rejects.toThrow(/topics.0.retian .* is no setting/)
  })
})

describe("a wrong value", () => {
  const refusal = async (input: Parameters<typeof loadConfig>[0]) => {
    const error = await loadConfig({ directory, ...input }).catch((thrown) => thrown)
    expect(error).toMatchObject({ name: "BusError", code: "invalid_argument" })
    return String(error.message)
  }

  test("names its key, the flag that it came from, itself and what was expected", async () => {
    expect(await refusal({ env: {}, flags: { port: "http" } })).toContain(
      'port (from --port) is "http": expected a whole number from 0 to 65535',
    )
  })

  test("names the environment variable", async () => {
    expect(await refusal({ env: { LUXBUS_LOG_LEVEL: "loud" } })).toContain(
      'log.level (from the environment variable LUXBUS_LOG_LEVEL) is "loud": expected trace, debug,',
    )
  })

  test("names the file, and every fault at once", async () => {
    await write({ port: 70_000, limits: { windowMs: 1.5 } })
    const message = await refusal({ env: {} })
    expect(message).toContain("port (from luxbus.config.json) is 70000: expected")
    expect(message).toContain("limits.windowMs (from luxbus.config.json) is 1.5: expected")
  })

  test("is an object of the wrong kind too", async () => {
    await write({ limits: 5 })
    expect(await refusal({ env: {} })).toContain("limits (from luxbus.config.json) is 5: expected an object")
  })

  test("never shows a token that was put where its hash belongs", async () => {
    const secret = "lux_thisisasecretthatmustnotreachalog"
    const message = await refusal({ env: { LUXBUS_AUTH_TOKENS: JSON.stringify({ [secret]: "ci" }) } })
    expect(message).toContain("auth.tokens (from the environment variable LUXBUS_AUTH_TOKENS)")
    expect(message).toContain("SHA-256")
    expect(message).not.toContain(secret)
  })
})

describe("a token's entry", () => {
  const load = (entry: unknown) =>
    loadConfig({ env: { LUXBUS_AUTH_TOKENS: JSON.stringify({ [HASH]: entry }) }, directory })

  test("says who it is, what it may and until when", async () => {
    const entry = { id: "ci", allow: { open: ["build.*"], attach: [">"] }, operator: true, expiresAt: "2027-01-31" }
    expect((await load(entry)).auth.tokens).toEqual({ [HASH]: entry })
  })

  test.each([
    [{ id: "ci", allow: { open: ["a..b"] } }, ".allow.open.0 is wrong: expected a list of patterns such as build.*"],
    [{ id: "ci", allow: { open: "build.*" } }, ".allow.open is wrong: expected a list of patterns"],
    [{ id: "ci", allow: { opne: [] } }, ".allow is wrong: expected no opne"],
    [{ id: "ci", allow: ["open"] }, ".allow is wrong: expected an object of actions to lists of patterns"],
    [{ id: "ci", admin: true }, " is wrong: expected no admin"],
    [{ id: "ci", operator: "yes" }, ".operator is wrong: expected true or false"],
    [{ id: "ci", expiresAt: "tomorrow" }, ".expiresAt is wrong: expected a date such as 2027-01-31"],
    [{ allow: {} }, ".id is wrong: expected a client id"],
    ["", " is wrong: expected a client id"],
    [7, " is wrong: expected a client id"],
  ])("that is %j names the member, and not the whole hash", async (entry, words) => {
    const { code, message } = await load(entry).catch((error) => error)
    expect([code, message]).toEqual(["invalid_argument", expect.stringContaining(`the entry 9f86d0…${words}`)])
    expect(message).toContain("auth.tokens (from the environment variable LUXBUS_AUTH_TOKENS)")
    expect(message).not.toContain(HASH)
  })
})

test("a rate limit is a number above 0, and a burst of it needs a rate", async () => {
  const env = { LUXBUS_RATE_LIMITS_OPENS_PER_SECOND: "0.5", LUXBUS_RATE_LIMITS_OPENS_BURST: "20" }
  expect((await loadConfig({ env, directory })).rateLimits).toEqual({ opensPerSecond: 0.5, opensBurst: 20 })
  const flags = { "rate-limits-bytes-burst": "5", "rate-limits-packets-per-second": "0" }
  const { message } = await loadConfig({ env: {}, flags, directory }).catch((error) => error)
  expect(message).toContain(
    "rateLimits.packetsPerSecond (from --rate-limits-packets-per-second) is 0: expected a number",
  )
  const alone = await loadConfig({ env: {}, flags: { "rate-limits-bytes-burst": "5" }, directory }).catch((e) => e)
  expect(alone.message).toContain(
    "rateLimits.bytesPerSecond (from the configuration) is absent: expected a number above 0",
  )
})

describe("an unknown key", () => {
  const message = async (config: unknown, env = {}) => {
    await write(config)
    return String((await loadConfig({ env, directory }).catch((thrown) => thrown)).message)
  }

  test("is refused with the key that was meant", async () => {
    expect(await message({ prot: 1 })).toContain("prot (from luxbus.config.json) is no setting; did you mean port?")
    expect(await message({ limits: { ringByte: 1 } })).toContain("did you mean limits.ringBytes?")
    expect(await message({ ringBytes: 1 })).toContain("did you mean limits.ringBytes?")
    expect(await message({ zzzzzz: 1 })).toMatch(/zzzzzz \(from luxbus.config.json\) is no setting$/)
  })

  test("in the environment is refused when it looks like a slip, and left alone when a platform set it", async () => {
    expect(await message({}, { LUXBUS_PROT: "1" })).toContain("did you mean LUXBUS_PORT?")
    const env = { LUXBUS_SERVICE_HOST: "10.0.0.1", LUXBUS_URL: "ws://x", LUXBUS_TOKEN: "t", PATH: "/bin" }
    await write({})
    expect((await loadConfig({ env, directory })).port).toBe(7700)
  })
})

describe("a file", () => {
  test("that was named and is absent is refused", async () => {
    await expect(loadConfig({ env: {}, file: "absent.json", directory })).rejects.toThrow(/absent\.json does not exist/)
  })

  test("that is no JSON, or no object, is refused by name", async () => {
    await write("{ port: 1 }")
    await expect(loadConfig({ env: {}, directory })).rejects.toThrow(/luxbus\.config\.json is not JSON/)
    await write("[]")
    await expect(loadConfig({ env: {}, directory })).rejects.toThrow(/holds no JSON object/)
  })
})

test("derives a flag and a variable from every key", () => {
  const ring = SETTINGS.find(({ key }) => key === "limits.ringBytes")
  expect(ring).toMatchObject({ flag: "limits-ring-bytes", variable: "LUXBUS_LIMITS_RING_BYTES", kind: "number" })
  expect(SETTINGS.every(({ description, expected }) => description !== "" && expected !== "undefined")).toBe(true)
  expect(new Set(SETTINGS.map(({ flag }) => flag)).size).toBe(SETTINGS.length)
})
