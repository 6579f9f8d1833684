import { FIELDS, FRAMING_FAULTS } from "@luxbus/packet"
import { describe, expect, test } from "vitest"
import { exchangesPage } from "../src/exchanges-page.ts"
import { vectorFiles } from "../src/files.ts"
import type { InvalidVector, ValidVector } from "../src/vector.ts"

const files = await vectorFiles()
const frames: readonly ValidVector[] = JSON.parse(files["frames.json"]!)
const packets = frames.flatMap(({ messages }) => messages.flatMap((message) => message.packets))

// `pnpm vectors` writes them.
test.each(Object.entries(files))("%s says what the codec says", async (name, text) => {
  await expect(text).toMatchFileSnapshot(`../files/${name}`)
})

test("docs/exchanges.md shows the exchanges", async () => {
  const page = exchangesPage(JSON.parse(files["exchanges.json"]!))
  await expect(page).toMatchFileSnapshot("../../../docs/exchanges.md")
})

test("the exchanges are the same each time", async () => {
  expect((await vectorFiles())["exchanges.json"]).toBe(files["exchanges.json"])
})

describe("nothing of the protocol is left out", () => {
  test.each(Object.values(FIELDS).map(({ json }) => json))("the field %s", (json) => {
    const shown =
      json === "complete"
        ? packets.some(({ status }) => status === "complete")
        : packets.some((packet) => json in packet)
    expect(shown).toBe(true)
  })

  test.each(FRAMING_FAULTS)("the fault %s", (fault) => {
    const invalid: readonly InvalidVector[] = JSON.parse(files["invalid-frames.json"]!)
    const own = invalid.filter(({ name }) => name.startsWith(`${fault}: `))
    expect(own.length).toBeGreaterThan(0)
    for (const vector of own) expect(vector).toMatchObject({ code: "protocol", fault })
  })

  test.each([
    "registration",
    "anycast",
    "retransmit",
    "ack_now",
    "idempotent",
    "durable",
    "compressed",
    "encrypted",
  ] as const)("the flag %s", (flag) => expect(packets.some(({ flags }) => flags?.includes(flag))).toBe(true))

  test("codecs, urgencies, and all forms of frames", () => {
    const seen = (of: "codec" | "encoding" | "urgency" | "frame" | "kind") =>
      new Set(packets.map((packet) => packet[of]))
    expect(seen("codec")).toEqual(new Set([undefined, "utf8", "named"]))
    expect(seen("encoding")).toEqual(new Set([undefined, "utf8", "json", "base64"]))
    expect(seen("urgency")).toEqual(new Set([undefined, "low", "high"]))
    expect(seen("frame")).toEqual(new Set([undefined, "start", "error", "full"]))
    expect(seen("kind")).toEqual(new Set([undefined, "hosted", "relayed", "publish", "delivery", "register"]))
  })
})

test("names are given once", () => {
  for (const text of Object.values(files)) {
    const names = (JSON.parse(text) as readonly { readonly name: string }[]).map(({ name }) => name)
    expect(names).toEqual([...new Set(names)])
  }
})
