import type { Clock, Timer } from "@luxbus/clock"

/** What passes through a {@link MemoryPipe}. */
interface Entry<T> {
  readonly item: T
  readonly bytes: number
  readonly dueAtMs: number
}

/** How a {@link MemoryPipe} passes things on. */
export interface MemoryPipeOptions<T> {
  readonly clock: Clock
  readonly latencyMs: number
  readonly bytesPerSecond: number
  /** Called once per item, in order, never from within `push()`. */
  readonly deliver: (item: T) => void
}

/** Delivered entries at the queue's front that are worth moving the rest for. */
const COMPACT_AT = 1_024

/** One direction of a link in memory: items arrive in order, each no sooner than latency and bandwidth allow. */
export class MemoryPipe<T> {
  readonly #options: MemoryPipeOptions<T>
  #queue: Entry<T>[] = []
  #head = 0
  #queuedBytes = 0
  /** When the line has taken everything queued so far. */
  #lineFreeAtMs = 0
  #stalled = false
  #scheduled = false
  #timer: Timer | undefined

  constructor(options: MemoryPipeOptions<T>) {
    this.#options = options
  }

  /** Bytes pushed and not delivered yet. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  push(item: T, bytes: number): void {
    const { clock, latencyMs, bytesPerSecond } = this.#options
    this.#lineFreeAtMs = Math.max(this.#lineFreeAtMs, clock.now()) + (bytes * 1_000) / bytesPerSecond
    this.#queue.push({ item, bytes, dueAtMs: this.#lineFreeAtMs + latencyMs })
    this.#queuedBytes += bytes
    this.#schedule()
  }

  /** Drops everything queued but the first `keep` items. */
  truncate(keep: number): void {
    const end = this.#head + keep
    for (const entry of this.#queue.slice(end)) this.#queuedBytes -= entry.bytes
    this.#queue.length = Math.min(this.#queue.length, end)
    this.#lineFreeAtMs = 0
  }

  /** Holds everything back, and what is pushed from now on. */
  stall(): void {
    this.#stalled = true
    if (this.#timer === undefined) return
    this.#timer.cancel()
    this.#timer = undefined
    this.#scheduled = false
  }

  unstall(): void {
    this.#stalled = false
    this.#schedule()
  }

  #schedule(): void {
    const next = this.#queue[this.#head]
    if (next === undefined || this.#scheduled || this.#stalled) return
    this.#scheduled = true
    const delayMs = next.dueAtMs - this.#options.clock.now()
    if (delayMs > 0) this.#timer = this.#options.clock.setTimer(delayMs, this.#run)
    else this.#options.clock.defer(this.#run)
  }

  readonly #run = (): void => {
    this.#scheduled = false
    this.#timer = undefined
    const now = this.#options.clock.now()
    // What a delivery pushes waits for the next run, or two sides that answer each other would never let go.
    let budget = this.#queue.length - this.#head
    while (budget-- > 0 && !this.#stalled) {
      const entry = this.#queue[this.#head]
      if (entry === undefined || entry.dueAtMs > now) break
      this.#head++
      this.#queuedBytes -= entry.bytes
      this.#options.deliver(entry.item)
    }
    this.#compact()
    this.#schedule()
  }

  #compact(): void {
    if (this.#head < this.#queue.length && this.#head < COMPACT_AT) return
    this.#queue = this.#queue.slice(this.#head)
    this.#head = 0
  }
}
