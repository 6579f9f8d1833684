import { randomBytes } from "node:crypto"
import { afterAll, beforeAll, expect, test } from "vitest"
import { endAll, luxbus, serve } from "../support/process.ts"

let env: Readonly<Record<string, string>>
beforeAll(async () => {
  env = { LUXBUS_URL: (await serve()).url }
})
afterAll(endAll)

const start = (...args: readonly string[]) => luxbus(args, { env })

/** Provides a channel by a shell's script, once the broker knows of it. */
async function reply(channel: string, script: string, ...flags: readonly string[]) {
  const process = start("reply", channel, ...flags, "--", "sh", "-c", script)
  await process.shows(/answers/)
  return process
}

test("each request goes through a command's stdin and stdout; stderr and the exit code come with the answer", async () => {
  await reply("shout", "tr a-z A-Z; echo heard >&2")
  const answer = await start("request", "shout", "good morning").ended
  expect([answer.code, answer.stdout.toString(), answer.stderr]).toEqual([0, "GOOD MORNING", "heard\n"])
  await reply("fails", "echo half; echo why >&2; exit 7")
  const failure = await start("request", "fails", "x").ended
  expect([failure.code, failure.stdout.toString(), failure.stderr]).toEqual([7, "half\n", "why\n"])
})

test("what is piped through comes back as it was, byte for byte, several at a time", async () => {
  await reply("mirror", "cat", "--concurrency", "3")
  const inputs = [randomBytes(3_000_000), randomBytes(1), new Uint8Array(0), randomBytes(200_000)]
  const answers = await Promise.all(inputs.map((input) => luxbus(["request", "mirror"], { env, input }).ended))
  for (const [i, { code, stdout }] of answers.entries()) {
    expect([i, code, Buffer.compare(stdout, Buffer.from(inputs[i]!))]).toEqual([i, 0, 0])
  }
})

test("a command that reads none of the request answers all the same", async () => {
  await reply("deaf", "exec <&-; echo no")
  const { code, stdout } = await luxbus(["request", "deaf"], { env, input: randomBytes(2_000_000) }).ended
  expect([code, stdout.toString()]).toEqual([0, "no\n"])
})

test("nobody there is no_provider; one that comes in time is waited for", async () => {
  const nobody = await start("request", "later", "x").ended
  expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining("(no_provider)")])
  const waiting = start("request", "later", "x", "--wait", "60")
  await reply("later", "cat")
  expect((await waiting.ended).stdout.toString()).toBe("x")
})

test("giving up, and a time that is over, stop the command", async () => {
  const provider = await reply("slow", "echo up; while :; do sleep 0.05; done")
  const asked = luxbus(["request", "slow"], { env, keepStdin: true })
  await asked.shows(/up/)
  asked.kill("SIGINT")
  expect((await asked.ended).code).toBe(130)
  // One at a time: the next is begun once the one before has ended.
  const late = start("request", "slow", "x", "--timeout", "1")
  await late.shows(/up/)
  const { code, stderr } = await late.ended
  expect([code, stderr]).toEqual([1, expect.stringContaining("(timeout)")])
  provider.kill("SIGINT")
  expect((await provider.ended).code).toBe(0)
})

test("Ctrl-C takes no more requests, and ends once those under way are answered", async () => {
  const provider = await reply("last", "read line; echo begun; read line; echo $line")
  const asked = luxbus(["request", "last"], { env, keepStdin: true })
  asked.child.stdin?.write("one\n")
  await asked.shows(/begun/)
  provider.kill("SIGINT")
  const refused = await start("request", "last", "x").ended
  expect(refused.stderr).toContain("(no_provider)")
  asked.child.stdin?.end("two\n")
  const [{ code, stdout }, ended] = await Promise.all([asked.ended, provider.ended])
  expect([code, stdout.toString(), ended.code]).toEqual([0, "begun\ntwo\n", 0])
})

test.each([
  [["request"], "request"],
  [["request", "c", "v", "--wait", "soon"], "--wait soon"],
  [["reply", "c"], "two dashes"],
  [["reply", "c", "--concurrency", "0", "--", "cat"], "--concurrency 0"],
])("%j is told what is wrong", async (args, what) => {
  const { code, stderr } = await start(...args).ended
  expect([code, stderr]).toEqual([2, expect.stringContaining(what)])
})
