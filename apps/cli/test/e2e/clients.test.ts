import { afterAll, beforeAll, expect, test } from "vitest"
import { endAll, luxbus, serve } from "../support/process.ts"

let env: Readonly<Record<string, string>>
beforeAll(async () => {
  env = { LUXBUS_URL: (await serve()).url }
})
afterAll(endAll)

const start = (...args: readonly string[]) => luxbus(args, { env })

test("clients shows who is connected; disconnect sends one away, which hears why and does not come back", async () => {
  const receiver = start("receive", "--id", "laptop")
  await receiver.shows(/laptop/)
  const listed = await start("clients", "--json").ended
  const clients = listed.stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
  expect(clients).toContainEqual(expect.objectContaining({ id: "laptop", protocol: "luxbus.v1.bin" }))
  const { code, stdout } = await start("disconnect", "laptop", "--reason", "enough").ended
  expect([code, stdout.toString()]).toEqual([0, "laptop: disconnected\n"])
  const ended = await receiver.ended
  expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining("enough (closed)")])
  expect((await start("clients").ended).stdout.toString()).not.toContain("laptop")
})

test("disconnect of who is not connected says so, with exit code 1", async () => {
  const { code, stdout } = await start("disconnect", "nobody", "--json").ended
  expect([code, stdout.toString()]).toEqual([1, '{"id":"nobody","disconnected":false}\n'])
})
