import { readFileSync } from "node:fs"
import type { Packet } from "@luxbus/packet"
import { expect, test } from "vitest"
import { createServer } from "../src/index.ts"
import { type TextClient, textClient } from "./text-client.ts"

const DOCUMENT = readFileSync(`${import.meta.dirname}/../../../docs/protocol.md`, "utf8")
const STEP = /^```json (by|to) (\w+)\n(.*?)^```/gms
const steps = [...DOCUMENT.matchAll(STEP)].map(([, direction, client = "", json = ""]) => ({ direction, client, json }))

/** Epochs are the broker's to give. */
const withWrittenEpoch = (packet: Packet): Packet =>
  JSON.parse(JSON.stringify(packet).replace(/"epoch":\d+/, '"epoch":1723445670'))

test("the exchange in docs/protocol.md happens as it is written there", async () => {
  expect(steps.length).toBeGreaterThanOrEqual(21)
  const server = createServer()
  const { url } = await server.listen()
  const clients = new Map<string, TextClient>()
  for (const { direction, client: name, json } of steps) {
    const client = clients.get(name) ?? (await textClient(url, ["luxbus.v1.json"]))
    clients.set(name, client)
    if (direction === "by") {
      client.heard.length = 0
      client.say(json)
      continue
    }
    const expected: Packet = JSON.parse(json)
    const isMeant = (packet: Packet) => Object.keys(expected).every((key) => Object.keys(packet).includes(key))
    expect(withWrittenEpoch(await client.until(isMeant))).toEqual(expected)
  }
  for (const client of clients.values()) await client.close()
  await server.close()
})
