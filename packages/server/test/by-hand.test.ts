import { readFileSync } from "node:fs"
import type { Packet } from "@luxbus/packet"
import { afterEach, expect, test } from "vitest"
import { createServer, type Server } from "../src/index.ts"
import { type TextClient, textClient } from "./text-client.ts"

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8")
const BLOCK = /```text\n(A> [\s\S]*?)```/

const clients = new Map<string, TextClient>()
let server: Server | undefined
afterEach(async () => {
  for (const client of clients.values()) client.socket.terminate()
  clients.clear()
  await server?.close({ drainMs: 50 })
})

test("the exchange of the README goes as it says, typed line by line", async () => {
  const lines = (BLOCK.exec(README)?.[1] ?? "").trim().split("\n")
  expect(lines.length).toBeGreaterThan(10)
  server = createServer()
  const { url } = await server.listen()
  for (const line of lines) {
    const [who = "", mark] = line
    const text = line.slice(3)
    const client = clients.get(who) ?? (await textClient(url))
    clients.set(who, client)
    if (mark === ">") {
      client.say(text)
      continue
    }
    const said: Packet = JSON.parse(text)
    const isIt = (packet: Packet) => isPart(said, packet)
    expect(await client.until(isIt)).toMatchObject(said)
    client.heard.splice(client.heard.findIndex(isIt), 1)
  }
})

/** Whether all that `part` says is said by `whole` too. */
function isPart(part: unknown, whole: unknown): boolean {
  if (typeof part !== "object" || part === null) return part === whole
  if (typeof whole !== "object" || whole === null) return false
  return Object.entries(part).every(([name, value]) => isPart(value, (whole as Record<string, unknown>)[name]))
}
