import { chunkCost } from "@luxbus/packet"
import { type Payload, payloadBytes } from "../payload.ts"
import { Waiters } from "../waiters.ts"
import type { ExchangeEvent, HostStatement } from "./exchange-event.ts"

interface Entry {
  readonly event: ExchangeEvent
  readonly cost: number
}

/** What a host keeps of its exchange: numbered messages, the oldest gone where there are too many bytes. */
export class ExchangeLog {
  readonly #maxBytes: number
  readonly #waiters = new Waiters()
  /** What is gone of its beginning is empty: nothing holds it. */
  #entries: (Entry | undefined)[] = []
  /** How many of them that are. */
  #evicted = 0
  #first = 0
  #next = 0
  #bytes = 0
  #closed = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The number of the message that comes next. */
  get next(): number {
    return this.#next
  }

  /** Adds a message. The last one stays, whatever its size. */
  add(from: string, data: Payload): void {
    const cost = chunkCost(payloadBytes(data).length)
    this.#entries.push({ event: { number: this.#next++, from, data }, cost })
    this.#bytes += cost
    while (this.#bytes > this.#maxBytes && this.#first + 1 < this.#next) this.#evict()
    this.#waiters.wake()
  }

  /** Who reads gets what there is, and then the end. */
  close(): void {
    this.#closed = true
    this.#waiters.wake()
  }

  /** Every message from a number on, as it comes; where some are gone, how many. Ends when the log is closed, or its reader is. */
  async *read(from: number, isOver: () => boolean = () => false): AsyncGenerator<HostStatement> {
    let place = Math.min(from, this.#next)
    while (!isOver()) {
      if (place < this.#first) {
        yield { missed: this.#first - place }
        place = this.#first
      } else if (place < this.#next) {
        const entry = this.#entries[this.#evicted + place - this.#first]
        place++
        if (entry !== undefined) yield entry.event
      } else if (this.#closed) {
        return
      } else {
        await this.#waiters.wait()
      }
    }
  }

  /** Lets those that wait look again: one of them is over. */
  wake(): void {
    this.#waiters.wake()
  }

  #evict(): void {
    this.#bytes -= this.#entries[this.#evicted]?.cost ?? 0
    this.#entries[this.#evicted] = undefined
    this.#first++
    this.#evicted++
    // Now and then, so that each message is moved once or twice at most.
    if (this.#evicted < 64 || this.#evicted * 2 < this.#entries.length) return
    this.#entries = this.#entries.slice(this.#evicted)
    this.#evicted = 0
  }
}
