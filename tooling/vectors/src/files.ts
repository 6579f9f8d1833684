import { encodeDraft } from "./draft.ts"
import { exchanges } from "./exchanges.ts"
import { invalidFrames } from "./invalid-frames.ts"
import { lenientFrames } from "./lenient-frames.ts"
import { invalidPackets, packetTexts } from "./packet-texts.ts"
import { VALID_BATCHES, VALID_CONTROL, VALID_STARTS } from "./valid-control.ts"
import { VALID_DATA } from "./valid-data.ts"
import { legacyHeaders } from "./version-one.ts"

/** Every file of vectors, by its name, as text. */
export async function vectorFiles(): Promise<Readonly<Record<string, string>>> {
  const drafts = [...VALID_STARTS, ...VALID_DATA, ...VALID_CONTROL, ...VALID_BATCHES]
  const files: Readonly<Record<string, readonly object[]>> = {
    "frames.json": drafts.map(encodeDraft),
    "lenient-frames.json": lenientFrames(),
    "invalid-frames.json": invalidFrames(),
    "packets.json": packetTexts(),
    "invalid-packets.json": invalidPackets(),
    "version-1.json": legacyHeaders(),
    "exchanges.json": await exchanges(),
  }
  return Object.fromEntries(Object.entries(files).map(([name, vectors]) => [name, formatted(vectors)]))
}

/** JSON with a line for each vector, or for each of its messages. */
function formatted(vectors: readonly object[]): string {
  return `[\n${vectors.map(oneVector).join(",\n")}\n]\n`
}

function oneVector(vector: object): string {
  const { messages, ...rest } = vector as { readonly messages?: readonly object[] }
  const head = ascii(rest)
  if (messages === undefined) return `  ${head}`
  const lines = messages.map((message) => `    ${ascii(message)}`)
  return `  ${head.slice(0, -1)},"messages":[\n${lines.join(",\n")}\n  ]}`
}

/** Without characters that an editor could change or hide. */
function ascii(value: object): string {
  return JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
}
