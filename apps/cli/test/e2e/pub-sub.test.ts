import { randomBytes } from "node:crypto"
import { afterAll, beforeAll, expect, test } from "vitest"
import { endAll, luxbus, serve } from "../support/process.ts"

let env: Readonly<Record<string, string>>
beforeAll(async () => {
  env = { LUXBUS_URL: (await serve()).url }
})
afterAll(endAll)

const start = (...args: readonly string[]) => luxbus(args, { env })

async function listen(...args: readonly string[]) {
  const process = start("sub", ...args)
  await process.shows(/listening/)
  return process
}

const linesOf = (output: Buffer) => output.toString().split("\n").filter(Boolean)

test("what is published comes as lines; pub ends once the broker has it", async () => {
  const reader = await listen("news", "--count", "4")
  expect((await start("pub", "news", "it is over").ended).code).toBe(0)
  const input = Buffer.from("one\ntwo\r\nthree")
  expect((await luxbus(["pub", "news"], { env, input }).ended).code).toBe(0)
  const { code, stdout } = await reader.ended
  expect([code, linesOf(stdout)]).toEqual([0, ["it is over", "one", "two", "three"]])
})

test("--json says subject, publisher and cursor; a cursor is where to go on; receipts say who heard", async () => {
  const receipt = await start("pub", "facts", '{"n":1}', "--parse", "--json").ended
  expect(JSON.parse(receipt.stdout.toString())).toEqual({ cursor: expect.any(String), subscribers: 0 })
  await start("pub", "facts", "text").ended
  const bytes = randomBytes(2_000)
  await luxbus(["pub", "facts", "--whole"], { env, input: bytes }).ended
  const { stdout } = await start("sub", "facts", "--from", "start", "--count", "3", "--json").ended
  const events = linesOf(stdout).map((line) => JSON.parse(line))
  expect(events).toMatchObject([
    { subject: "facts", from: expect.any(String), data: { n: 1 } },
    { data: "text" },
    { encoding: "base64", data: bytes.toString("base64") },
  ])
  const { cursor } = JSON.parse(receipt.stdout.toString())
  const later = await start("sub", "facts", "--from", cursor, "--count", "1").ended
  expect(later.stdout.toString()).toBe("text\n")
})

test("members of a group share; Ctrl-C ends with what was shown acknowledged", async () => {
  const first = await listen("jobs", "--group", "workers")
  await start("pub", "jobs", "one").ended
  await first.shows(/one/)
  first.kill("SIGINT")
  expect((await first.ended).code).toBe(0)
  const second = await listen("jobs", "--group", "workers", "--count", "1")
  await start("pub", "jobs", "two").ended
  expect((await second.ended).stdout.toString()).toBe("two\n")
})

test("what is sent to a client that is away waits in its mailbox", async () => {
  const reader = await listen("--mailbox", "--id", "laptop")
  reader.kill("SIGINT")
  await reader.ended
  const { stdout } = await start("pub", "--to", "laptop", "call me", "--json").ended
  expect(JSON.parse(stdout.toString())).toEqual({ state: "queued" })
  const back = await start("sub", "--mailbox", "--id", "laptop", "--count", "1").ended
  expect([back.code, back.stdout.toString()]).toEqual([0, "call me\n"])
  const nobody = await start("pub", "--to", "stranger", "hello").ended
  expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining("(unknown_stream)")])
})

test("more than a broker answers at a time goes through, in order", async () => {
  const count = 5_000
  const reader = await listen("many", "--count", `${count}`)
  const input = Buffer.from(Array.from({ length: count }, (_, n) => `${n}\n`).join(""))
  expect((await luxbus(["pub", "many"], { env, input }).ended).code).toBe(0)
  expect(linesOf((await reader.ended).stdout)).toEqual(Array.from({ length: count }, (_, n) => `${n}`))
})

test.each([
  [["pub"], "pub <subject>"],
  [["pub", "a", "{", "--parse"], "invalid_payload"],
  [["pub", "a..b", "x"], "invalid_argument"],
  [["pub", "a", "b", "--to", "c"], "--to"],
  [["sub"], "--mailbox"],
  [["sub", "a", "--mailbox"], "--mailbox"],
  [["sub", "--mailbox", "--from", "start"], "--from"],
  [["sub", "a", "--count", "0"], "--count 0"],
  [["sub", "a", "--from", "then"], "then"],
])("%j is told what is wrong", async (args, what) => {
  const { code, stderr } = await start(...args).ended
  expect([code === 0, stderr]).toEqual([false, expect.stringContaining(what)])
})
