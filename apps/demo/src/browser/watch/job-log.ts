import type { CreateHash } from "./create-hash.ts"
import { LaneRecord } from "./lane-record.ts"
import { LineAssembler } from "./line-assembler.ts"
import type { LaneName, LogRow, Tone } from "./log-row.ts"
import { RowList } from "./row-list.ts"

/** One thing that reached the log: from a list of them it can be built again. */
export type LogEntry =
  | { readonly type: "chunk"; readonly lane: LaneName; readonly chunk: number; readonly bytes: Uint8Array }
  | { readonly type: "notice"; readonly of: LaneName | undefined; readonly tone: Tone; readonly text: string }

/** What a log keeps. */
export interface JobLogLimits {
  /** Rows; default 200 000. */
  readonly maxRows?: number
  /** Bytes of both lanes, for copying and downloading; default 64 MiB, what a broker keeps by default too. */
  readonly maxBytes?: number
}

const DROPPED_AT_ONCE = 0.1

/** All that a viewer has seen of a job: both lanes as they came, with what happened in between. */
export class JobLog {
  /** Both lanes, interleaved by arrival. */
  readonly rows = new RowList()
  /** Each lane alone, with the notices that concern it. */
  readonly laneRows: Readonly<Record<LaneName, RowList>> = { main: new RowList(), error: new RowList() }
  readonly lanes: Readonly<Record<LaneName, LaneRecord>>
  readonly #assemblers: Readonly<Record<LaneName, LineAssembler>>
  readonly #maxRows: number
  readonly #maxBytes: number
  #entries: LogEntry[] = []
  #keptBytes = 0
  #notices = 0

  constructor(createHash: CreateHash, limits: JobLogLimits = {}) {
    this.#maxRows = limits.maxRows ?? 200_000
    this.#maxBytes = limits.maxBytes ?? 64 * 1024 * 1024
    this.lanes = { main: new LaneRecord(createHash()), error: new LaneRecord(createHash()) }
    const assembler = (lane: LaneName) =>
      new LineAssembler(lane, {
        added: (row) => this.#addRow(row),
        grown: (row) => {
          this.rows.touch(row)
          this.laneRows[lane].touch(row)
        },
      })
    this.#assemblers = { main: assembler("main"), error: assembler("error") }
  }

  /** Notices so far. */
  get notices(): number {
    return this.#notices
  }

  /** What it keeps, oldest first. */
  get entries(): readonly LogEntry[] {
    return this.#entries
  }

  /** @param chunk the last chunk's number, of a message that travelled in several */
  append(lane: LaneName, chunk: number, bytes: Uint8Array): void {
    this.#entries.push({ type: "chunk", lane, chunk, bytes })
    this.#keptBytes += bytes.length
    this.lanes[lane].take(bytes)
    this.#assemblers[lane].push(chunk, bytes)
    if (this.#keptBytes > this.#maxBytes) this.#dropEntries()
  }

  /** Notes what happened. A gap ends the line of its lane. */
  notice(text: string, { tone = "plain", of }: { readonly tone?: Tone; readonly of?: LaneName } = {}): void {
    this.#entries.push({ type: "notice", of, tone, text })
    this.#notices++
    if (of !== undefined) this.#assemblers[of].interrupt()
    this.#addRow({ lane: "notice", of, tone, text })
  }

  /** Chunks of a lane will never come: from here on its digest says nothing. */
  markIncomplete(lane: LaneName): void {
    this.lanes[lane].markIncomplete()
  }

  /** Builds the log again out of another's entries. */
  replay(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      if (entry.type === "chunk") this.append(entry.lane, entry.chunk, entry.bytes)
      else this.notice(entry.text, { tone: entry.tone, ...(entry.of !== undefined && { of: entry.of }) })
    }
  }

  /** What is kept of a lane, as bytes in parts. */
  content(lane: LaneName): readonly Uint8Array[] {
    return this.#entries.flatMap((entry) => (entry.type === "chunk" && entry.lane === lane ? [entry.bytes] : []))
  }

  #addRow(row: LogRow): void {
    this.rows.push(row)
    for (const lane of lanesOf(row)) this.laneRows[lane].push(row)
    for (const list of [this.rows, this.laneRows.main, this.laneRows.error])
      if (list.length > this.#maxRows) list.dropOldest(Math.ceil(this.#maxRows * DROPPED_AT_ONCE))
  }

  #dropEntries(): void {
    const target = this.#maxBytes * (1 - DROPPED_AT_ONCE)
    let count = 0
    while (this.#keptBytes > target && count < this.#entries.length) {
      const entry = this.#entries[count++]
      if (entry?.type !== "chunk") continue
      this.#keptBytes -= entry.bytes.length
      this.lanes[entry.lane].drop(entry.bytes.length)
    }
    this.#entries = this.#entries.slice(count)
  }
}

function lanesOf(row: LogRow): readonly LaneName[] {
  if (row.lane !== "notice") return [row.lane]
  return row.of === undefined ? ["main", "error"] : [row.of]
}
