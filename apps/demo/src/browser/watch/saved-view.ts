import type { LogEntry } from "./job-log.ts"
import type { LaneName } from "./log-row.ts"

/** Where a reader was: enough to go on there after a reload. */
export interface SavedView {
  readonly job: string
  /** Names the next chunk of each lane. */
  readonly cursor: string
  /** What was shown, or its end. */
  readonly entries: readonly LogEntry[]
  /** Bytes of each lane that were seen before `entries`, and are not among them. */
  readonly omitted: Readonly<Record<LaneName, number>>
}

/** What a page's storage takes of a view: session storage holds some 5 MB, and bytes may take six characters each. */
const SAVED_BYTES = 512 * 1024

type SavedEntry =
  | readonly [lane: 0 | 1, chunk: number, latin1: string]
  | readonly [notice: 2, of: LaneName | null, tone: string, text: string]

/** A view as text. Of more than `maxBytes` the end is kept. */
export function formatView({ job, cursor, entries, omitted }: SavedView, maxBytes = SAVED_BYTES): string {
  const first = firstKept(entries, maxBytes)
  const left = { ...omitted }
  for (const entry of entries.slice(0, first)) if (entry.type === "chunk") left[entry.lane] += entry.bytes.length
  const kept = entries.slice(first).map(
    (entry): SavedEntry =>
      entry.type === "chunk"
        ? // Bytes as characters of the same codes: a chunk may end within a character.
          [entry.lane === "main" ? 0 : 1, entry.chunk, toLatin1(entry.bytes)]
        : [2, entry.of ?? null, entry.tone, entry.text],
  )
  return JSON.stringify({ job, cursor, omitted: left, entries: kept })
}

/** Reads a view's text; undefined where it is none, such as one of another version of the page. */
export function parseView(text: string | null): SavedView | undefined {
  if (text === null) return undefined
  try {
    const { job, cursor, omitted, entries } = JSON.parse(text) as Record<string, unknown>
    if (typeof job !== "string" || typeof cursor !== "string" || !Array.isArray(entries)) return undefined
    const { main, error } = omitted as Record<string, unknown>
    if (typeof main !== "number" || typeof error !== "number") return undefined
    return { job, cursor, omitted: { main, error }, entries: (entries as SavedEntry[]).map(parseEntry) }
  } catch {
    return undefined
  }
}

function parseEntry(entry: SavedEntry): LogEntry {
  if (entry[0] === 2) {
    const [, of, tone, text] = entry
    return { type: "notice", of: of ?? undefined, tone: tone === "loss" || tone === "good" ? tone : "plain", text }
  }
  const [lane, chunk, latin1] = entry
  return { type: "chunk", lane: lane === 0 ? "main" : "error", chunk, bytes: fromLatin1(latin1) }
}

function firstKept(entries: readonly LogEntry[], maxBytes: number): number {
  let bytes = 0
  for (let index = entries.length - 1; index >= 0; index--) {
    const entry = entries[index]
    bytes += entry?.type === "chunk" ? entry.bytes.length : (entry?.text.length ?? 0)
    if (bytes > maxBytes) return index + 1
  }
  return 0
}

function toLatin1(bytes: Uint8Array): string {
  let text = ""
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}

function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
