import type { AttachedStream, Bus, BusStatus, Payload } from "@luxbus/client"
import { BusError, type Outcome } from "@luxbus/packet"
import { type Cursor, formatCursor, parseCursor } from "@luxbus/session"
import prettyMs from "pretty-ms"
import { Listeners, type Observable } from "../shared/observable.ts"
import { Activity } from "./activity.ts"
import { commandOf } from "./command-of.ts"
import type { CreateHash } from "./create-hash.ts"
import { JobLog } from "./job-log.ts"
import type { LaneName } from "./log-row.ts"
import { gapText, type Notice, writerAwayText } from "./notice-text.ts"
import type { SavedView } from "./saved-view.ts"

/** How far the viewing of a job is. */
export type ViewPhase =
  | { readonly name: "opening" }
  | { readonly name: "reading" }
  | { readonly name: "ended"; readonly outcome: Outcome }
  | { readonly name: "failed"; readonly error: BusError }

/** What a view works with. */
export interface JobViewComponents {
  readonly bus: Bus
  readonly createHash: CreateHash
  /** Milliseconds, from any origin. */
  readonly now: () => number
}

/** What the strip above a log spans. */
const ACTIVITY_MS = 45_000

const LANES: readonly LaneName[] = ["main", "error"]
const encoder = new TextEncoder()

/** One viewer of one job: reads both lanes into a log, and tells of everything that happens to the reading. */
export class JobView implements Observable {
  readonly job: string
  readonly log: JobLog
  readonly activity: Activity
  readonly #bus: Bus
  readonly #now: () => number
  readonly #attached: AttachedStream
  readonly #listeners = new Listeners()
  readonly #release: () => void
  #phase: ViewPhase = { name: "opening" }
  #command = ""
  #cursor: Cursor | undefined
  #pause = new AbortController()
  #paused: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined
  #lostAt: number | undefined
  #outages = 0
  #writerAway = false

  /** @param saved where to go on; default: the job's start */
  constructor({ bus, createHash, now }: JobViewComponents, job: string, saved?: SavedView) {
    this.job = job
    this.#bus = bus
    this.#now = now
    this.activity = new Activity(now(), ACTIVITY_MS)
    this.log = new JobLog(createHash)
    if (saved !== undefined) this.#restore(saved)
    this.#release = bus.onStatus((status) => this.#statusChanged(status))
    this.#attached = bus.attach(job, {
      from: saved?.cursor ?? "start",
      wait: true,
      onNotice: (notice) => this.#noticed(notice),
    })
    // Whoever waits for the lanes learns of a failure there.
    this.#attached.outcome.catch(() => {})
    void this.#run()
  }

  get phase(): ViewPhase {
    return this.#phase
  }

  /** The command that the job runs, if it tells; else empty. */
  get command(): string {
    return this.#command
  }

  get isPaused(): boolean {
    return this.#paused !== undefined
  }

  /** Connections lost while viewing. */
  get outages(): number {
    return this.#outages
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.subscribe(listener)
  }

  /** Takes nothing more: it waits at the broker, and no other viewer notices. */
  pause(): void {
    if (this.#paused !== undefined) return
    let resolve = () => {}
    const promise = new Promise<void>((proceed) => {
      resolve = proceed
    })
    this.#paused = { promise, resolve }
    this.#pause.abort()
    this.#listeners.tell()
  }

  /** Goes on where it paused. */
  proceed(): void {
    this.#pause = new AbortController()
    this.#paused?.resolve()
    this.#paused = undefined
    this.#listeners.tell()
  }

  /** Asks the job to stop; its outcome tells what came of it. */
  async stop(): Promise<void> {
    await this.#bus.cancel(this.job, "stopped from the page")
  }

  /** Where the reader is; undefined before anything was read. */
  save(): SavedView | undefined {
    if (this.#cursor === undefined) return undefined
    const { main, error } = this.log.lanes
    return {
      job: this.job,
      cursor: formatCursor(this.#cursor),
      entries: this.log.entries,
      omitted: { main: main.droppedBytes, error: error.droppedBytes },
    }
  }

  /** Stops viewing; the job goes on. */
  close(): void {
    this.#release()
    void this.#attached.close()
  }

  #restore({ cursor, entries, omitted }: SavedView): void {
    this.#cursor = parseCursor(cursor)
    for (const lane of LANES) this.log.lanes[lane].omit(omitted[lane])
    this.log.replay(entries)
    this.log.notice(`Back again, goes on at ${this.#place()}`, { tone: "good" })
  }

  async #run(): Promise<void> {
    try {
      const { headers } = await this.#attached.opened
      this.#command = commandOf(headers)
      this.#cursor = parseCursor(this.#attached.cursor)
      this.#enter({ name: "reading" })
      // Whichever lane ends by an error, the outcome tells why.
      await Promise.allSettled(LANES.map((lane) => this.#readLane(lane)))
      const outcome = await this.#attached.outcome
      for (const lane of LANES) this.log.lanes[lane].seal()
      this.#enter({ name: "ended", outcome })
    } catch (error) {
      this.#enter({ name: "failed", error: asBusError(error) })
    }
  }

  #enter(phase: ViewPhase): void {
    this.#phase = phase
    this.#listeners.tell()
  }

  async #readLane(lane: LaneName): Promise<void> {
    for (;;) {
      await this.#paused?.promise
      const { signal } = this.#pause
      try {
        const payload = await this.#attached[lane].next(signal)
        if (payload === undefined) return
        this.#take(lane, payload)
      } catch (error) {
        if (!signal.aborted) throw error
      }
    }
  }

  #take(lane: LaneName, payload: Payload): void {
    const cursor = parseCursor(this.#attached.cursor)
    const before = this.#cursor
    const isSameRun = before?.epoch === cursor.epoch && before.incarnation === cursor.incarnation
    // Of the other lane a message may be half read: its place is from when its last one was whole.
    this.#cursor = isSameRun ? { ...before, [lane]: cursor[lane] } : cursor
    this.log.append(lane, cursor[lane] - 1, bytesOf(payload))
    this.activity.note({ type: "chunk", lane, atMs: this.#now() })
    this.#listeners.tell()
  }

  #noticed(notice: Notice): void {
    switch (notice.type) {
      case "gap":
        this.log.markIncomplete(notice.lane as LaneName)
        this.log.notice(gapText(notice), { tone: "loss", of: notice.lane as LaneName })
        break
      case "suspended":
        // Of this page's own connection the bus's status tells, right after the streams that it carried.
        queueMicrotask(() => this.#bus.status.state === "connected" && this.#writerLost(notice.leftMs))
        return
      case "resumed":
        if (!this.#writerAway) return
        this.#writerAway = false
        this.log.notice("The job is connected again", { tone: "good" })
        break
      case "waiting":
      case "open":
        return
    }
    this.#listeners.tell()
  }

  #writerLost(leftMs: number | undefined): void {
    if (this.#writerAway) return
    this.#writerAway = true
    this.log.notice(writerAwayText(leftMs), { tone: "loss" })
    this.#listeners.tell()
  }

  #statusChanged({ state }: BusStatus): void {
    const isOver = this.#phase.name === "ended" || this.#phase.name === "failed"
    if (state === "suspended" && this.#lostAt === undefined) {
      this.#lostAt = this.#now()
      this.#outages++
      this.activity.note({ type: "lost", atMs: this.#lostAt })
      if (!isOver) this.log.notice("Connection lost", { tone: "loss" })
    } else if (state === "connected" && this.#lostAt !== undefined) {
      const atMs = this.#now()
      const away = prettyMs(atMs - this.#lostAt)
      this.#lostAt = undefined
      this.activity.note({ type: "back", atMs })
      if (!isOver) this.log.notice(`Connected again after ${away}, goes on at ${this.#place()}`, { tone: "good" })
    }
    this.#listeners.tell()
  }

  #place(): string {
    return this.#cursor === undefined ? "the start" : `M${this.#cursor.main} and E${this.#cursor.error}`
  }
}

function bytesOf(payload: Payload): Uint8Array {
  if (payload instanceof Uint8Array) return payload
  return encoder.encode(typeof payload === "string" ? payload : `${JSON.stringify(payload)}\n`)
}

function asBusError(error: unknown): BusError {
  return error instanceof BusError ? error : new BusError("internal", String(error), { cause: error })
}
