import { afterAll, beforeAll, expect, test } from "vitest"
import { endAll, luxbus, serve } from "../support/process.ts"

let env: Readonly<Record<string, string>>
beforeAll(async () => {
  env = { LUXBUS_URL: (await serve()).url }
})
afterAll(endAll)

const start = (...args: readonly string[]) => luxbus(args, { env })

async function shown(...args: readonly string[]) {
  const { code, stdout, stderr } = await start(...args).ended
  return { code, text: stdout.toString(), stderr }
}

test("channels and presence show who provides what", async () => {
  expect(await shown("channels")).toMatchObject({ code: 0, text: "", stderr: "no channels\n" })
  await start("reply", "shout", "--concurrency", "3", "--", "cat").shows(/answers/)
  expect((await shown("channels")).text).toMatch(/^CHANNEL +PROVIDERS.*\nshout +1 +0 +0\n$/)
  expect((await shown("presence", "shout")).text).toMatch(/^ID +ROLE.*\n\S+ +provider +\S+ ago +connected\n$/)
  expect(JSON.parse((await shown("presence", "shout", "--json")).text)).toMatchObject({
    role: "provider",
    capacity: 3,
    connected: true,
  })
  expect(await shown("presence", "nowhere")).toMatchObject({ code: 0, stderr: "nobody\n" })
})

test("mailbox shows what is kept, and drops it", async () => {
  expect(await shown("mailbox", "ls")).toMatchObject({ code: 0, stderr: "no mail\n" })
  const reader = start("sub", "--mailbox", "--id", "laptop")
  await reader.shows(/listening/)
  reader.kill("SIGINT")
  await reader.ended
  await start("pub", "--to", "laptop", "call me").ended
  expect((await shown("mailbox", "ls")).text).toMatch(/^CLIENT.*\nlaptop +1 +71 B +\S+ ago +0 +0\n$/)
  expect(await shown("mailbox", "drop", "laptop")).toMatchObject({ code: 0, text: "laptop: 1 dropped\n" })
  expect(JSON.parse((await shown("mailbox", "drop", "laptop", "--json")).text)).toEqual({ to: "laptop", dropped: 0 })
})

test("dlq shows what was given up, and sends it again", async () => {
  const { url } = await serve("--limits-mailbox-ttl-ms", "100")
  const ask = async (...args: readonly string[]) =>
    (await luxbus(args, { env: { LUXBUS_URL: url } }).ended).stdout.toString()
  const reader = luxbus(["sub", "--mailbox", "--id", "laptop"], { env: { LUXBUS_URL: url } })
  await reader.shows(/listening/)
  reader.kill("SIGINT")
  await reader.ended
  await ask("pub", "--to", "laptop", "call me")
  await expect
    .poll(() => ask("dlq", "ls", "laptop"), { timeout: 20_000 })
    .toMatch(/^ID.*\n1 +\S+ +\S+ ago +expired +0 +7 B\n$/)
  expect(await ask("dlq", "redrive", "laptop", "1")).toBe("laptop: 1 sent again\n")
})

test.each([
  [["mailbox"], "missing"],
  [["mailbox", "empty"], "drop <client>"],
  [["mailbox", "drop"], "names a client"],
  [["dlq", "ls"], "ls <client>"],
  [["dlq", "redrive", "a", "b"], "no letter's number"],
  [["presence"], "missing"],
])("%j is told what is wrong", async (args, what) => {
  const { code, stderr } = await start(...args).ended
  expect([code, stderr]).toEqual([2, expect.stringContaining(what)])
})
