/** A character's name: its author's, a dot, and a number that the author gave to no other. */
export type CharacterId = string

/** Characters of one author with numbers in a row. */
export interface Span {
  readonly id: CharacterId
  readonly count: number
}

/** Text that comes behind a character, or at the text's start. Its characters are numbered from `id` on. */
interface Insertion {
  readonly id: CharacterId
  readonly after: CharacterId | null
  readonly text: string
}

/** One keystroke. */
export interface EditMessage {
  readonly type: "edit"
  readonly by: string
  /** The author's first edit is 1; without holes. */
  readonly seq: number
  readonly insert?: Insertion
  readonly delete?: readonly Span[]
}

/** Characters in a row of an author (an index into the snapshot's list), from a number on: text, or how many are gone. */
export type SnapshotRun = readonly [author: number, first: number, content: string | number]

/** The whole text, for who comes late. */
export interface SnapshotMessage {
  readonly type: "snapshot"
  /** The topic's cursor behind the last message that is in it; null: of a topic that is no more. */
  readonly at: string | null
  readonly authors: readonly string[]
  /** The last edit of each author that is in it; the same order as `authors`, 0 where there is none. */
  readonly seen: readonly number[]
  /** Whether the topic began with a snapshot of an earlier one. */
  readonly hasBase: boolean
  /** A negative number of gone characters: gone since before the snapshot before. */
  readonly runs: readonly SnapshotRun[]
}

/** Somebody has not got the whole text, and asks for a snapshot. */
interface AskMessage {
  readonly type: "ask"
}

export type TypeMessage = EditMessage | SnapshotMessage | AskMessage

/** What one edit may insert, so that no message of a paste is large; in characters. */
export const MAX_INSERTED = 4_000
/** What one edit may delete, in spans. */
export const MAX_SPANS = 1_000
/** What a text may show. */
export const MAX_SHOWN = 25_000
/** What it may hold, gone characters included: its snapshot stays below the 1 MiB of a message. */
export const MAX_CHARACTERS = 50_000

const ID = /^[a-z0-9]{1,16}\.\d{1,9}$/
const AUTHOR = /^[a-z0-9]{1,16}$/

/** Reads what somebody has published; undefined for what is no message of this page. */
export function parseMessage(data: unknown): TypeMessage | undefined {
  if (!isRecord(data)) return undefined
  switch (data["type"]) {
    case "ask":
      return { type: "ask" }
    case "edit":
      return isEdit(data) ? (data as unknown as EditMessage) : undefined
    case "snapshot":
      return isSnapshot(data) ? (data as unknown as SnapshotMessage) : undefined
    default:
      return undefined
  }
}

/** Takes an id apart. */
export function splitId(id: CharacterId): readonly [author: string, number: number] {
  const dot = id.indexOf(".")
  return [id.slice(0, dot), Number(id.slice(dot + 1))]
}

function isEdit({ by, seq, insert, delete: spans }: Record<string, unknown>): boolean {
  if (!isAuthor(by) || !isCount(seq) || seq === 0) return false
  if (insert !== undefined && !isInsertion(insert)) return false
  return spans === undefined || areSpans(spans)
}

function isInsertion(insert: unknown): boolean {
  if (!isRecord(insert) || !isId(insert["id"]) || typeof insert["text"] !== "string") return false
  // A character has two code units at most.
  return (insert["after"] === null || isId(insert["after"])) && insert["text"].length <= 2 * MAX_INSERTED
}

/** Each character that they name is looked for: no more of them than a text may have. */
function areSpans(spans: unknown): boolean {
  if (!Array.isArray(spans) || spans.length > MAX_SPANS) return false
  let count = 0
  for (const span of spans) {
    if (!isRecord(span) || !isId(span["id"]) || !isCount(span["count"])) return false
    count += span["count"]
  }
  return count <= MAX_CHARACTERS
}

function isSnapshot({ at, authors, seen, hasBase, runs }: Record<string, unknown>): boolean {
  if (at !== null && typeof at !== "string") return false
  if (typeof hasBase !== "boolean") return false
  if (!Array.isArray(authors) || !Array.isArray(seen) || !Array.isArray(runs)) return false
  if (!authors.every(isAuthor) || !seen.every(isCount) || seen.length !== authors.length) return false
  let count = 0
  for (const run of runs) {
    if (!isRun(run, authors.length)) return false
    const content: string | number = run[2]
    count += typeof content === "number" ? Math.abs(content) : content.length
  }
  return count <= 2 * MAX_CHARACTERS
}

function isRun(run: unknown, authors: number): run is SnapshotRun {
  if (!Array.isArray(run) || !isCount(run[0]) || run[0] >= authors || !isCount(run[1])) return false
  return typeof run[2] === "string" || Number.isSafeInteger(run[2])
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null
}

function isAuthor(value: unknown): value is string {
  return typeof value === "string" && AUTHOR.test(value)
}

function isId(value: unknown): value is CharacterId {
  return typeof value === "string" && ID.test(value)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
