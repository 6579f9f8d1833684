import { chunkCost } from "@luxbus/packet"
import { type Payload, payloadBytes } from "../payload.ts"
import { Waiters } from "../waiters.ts"
import type { ExchangeEvent, HostStatement } from "./exchange-event.ts"

/** What a host keeps of its exchange: numbered messages, the oldest gone where there are too many bytes. */
export class ExchangeLog {
  readonly #maxBytes: number
  readonly #waiters = new Waiters()
  #events: ExchangeEvent[] = []
  /** How many of `#events`, from its beginning, are gone. */
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
    this.#events.push({ number: this.#next++, from, data })
    this.#bytes += costOf(data)
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
        const event = this.#events[this.#evicted + place - this.#first]
        place++
        if (event !== undefined) yield event
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
    const oldest = this.#events[this.#evicted]
    if (oldest !== undefined) this.#bytes -= costOf(oldest.data)
    this.#first++
    this.#evicted++
    // Now and then, so that each message is moved once or twice at most.
    if (this.#evicted < 64 || this.#evicted * 2 < this.#events.length) return
    this.#events = this.#events.slice(this.#evicted)
    this.#evicted = 0
  }
}

function costOf(data: Payload): number {
  return chunkCost(payloadBytes(data).length)
}
