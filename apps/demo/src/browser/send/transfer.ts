import type { BusStream } from "@luxbus/client"
import type { FileDigest } from "@luxbus/file-transfer"
import { BusError } from "@luxbus/packet"
import { Listeners, type Observable } from "../shared/observable.ts"

/** How far a transfer is. */
export type TransferState =
  | { readonly name: "waiting" }
  | { readonly name: "moving" }
  | { readonly name: "done"; readonly digest: FileDigest }
  | { readonly name: "failed"; readonly error: BusError }

/** What a transfer is about. */
export interface TransferFacts {
  readonly direction: "sent" | "received"
  readonly name: string
  readonly size: number | undefined
  /** The other client's id. */
  readonly peer: string
}

/** A file on its way, as a page shows it. */
export class Transfer implements Observable {
  readonly facts: TransferFacts
  readonly startedAtMs: number
  readonly #listeners = new Listeners()
  readonly #stop = new AbortController()
  readonly #now: () => number
  #state: TransferState = { name: "waiting" }
  #stream: BusStream | undefined
  #bytes = 0
  #endedAtMs: number | undefined
  #isSuspended = false
  #resumes = 0
  #file: Blob | undefined

  constructor(facts: TransferFacts, now: () => number) {
    this.facts = facts
    this.#now = now
    this.startedAtMs = now()
  }

  get state(): TransferState {
    return this.#state
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Whether a connection on the way is away. */
  get isSuspended(): boolean {
    return this.#isSuspended
  }

  /** How often it went on after a connection had been lost. */
  get resumes(): number {
    return this.#resumes
  }

  /** Bytes that were sent twice. */
  get repeatedBytes(): number {
    return this.#stream?.repeatedBytes ?? 0
  }

  /** Milliseconds since it began, or that it took. */
  get elapsedMs(): number {
    return (this.#endedAtMs ?? this.#now()) - this.startedAtMs
  }

  /** What was received. */
  get file(): Blob | undefined {
    return this.#file
  }

  /** Aborts when somebody stops it. */
  get signal(): AbortSignal {
    return this.#stop.signal
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.subscribe(listener)
  }

  /** The other side takes part. */
  began(stream: BusStream): void {
    this.#stream = stream
    this.#state = { name: "moving" }
    this.#listeners.tell()
    stream.onNotice(({ type }) => {
      if (type === "suspended") this.#isSuspended = true
      if (type === "resumed" && this.#isSuspended) {
        this.#isSuspended = false
        this.#resumes++
      }
      this.#listeners.tell()
    })
  }

  /** @param bytes so far */
  advance(bytes: number): void {
    this.#bytes = bytes
    this.#listeners.tell()
  }

  done(digest: FileDigest, file?: Blob): void {
    this.#file = file
    this.#end({ name: "done", digest })
  }

  failed(error: unknown): void {
    const known = error instanceof BusError ? error : new BusError("internal", String(error), { cause: error })
    this.#end({ name: "failed", error: known })
  }

  /** Gives it up, on this side's wish. */
  stop(): void {
    this.#stop.abort(new BusError("cancelled", "stopped from the page"))
  }

  #end(state: TransferState): void {
    this.#state = state
    this.#isSuspended = false
    this.#endedAtMs = this.#now()
    this.#listeners.tell()
  }
}
