import { BusError } from "@luxbus/packet"
import type { BusStream } from "../bus-stream.ts"
import type { Payload } from "../payload.ts"
import { assertMessage, type ExchangeEvent, readMessage, writeMessage } from "./exchange-event.ts"
import { missed } from "./exchange-host.ts"

/** How a client takes part in an exchange. */
export interface JoinOptions {
  /** `start` (default): everything that the host keeps; `now`: what comes; or the number of a message. */
  readonly from?: "start" | "now" | number
  /** How long a host is waited for where there is none, in ms. Default 0: `no_provider` at once. */
  readonly waitForHostMs?: number
  /** Is told how many messages were missed, and reading goes on. Default: reading throws `gap`, and may go on. */
  readonly onMissed?: (count: number) => void
  /** Leaves the exchange. */
  readonly signal?: AbortSignal
}

/** A part in an exchange that another client hosts: see {@link ExchangeHost} for what is guaranteed. */
export class ExchangeGuest implements AsyncIterable<ExchangeEvent>, AsyncDisposable {
  readonly subject: string
  readonly #stream: BusStream
  readonly #onMissed: ((count: number) => void) | undefined
  #closed = false

  constructor(subject: string, stream: BusStream, onMissed: JoinOptions["onMissed"]) {
    this.subject = subject
    this.#stream = stream
    this.#onMissed = onMissed
    // Whoever reads hears of it.
    stream.outcome.catch(() => {})
  }

  /** Client id of the host. */
  get host(): string {
    return this.#stream.peer ?? ""
  }

  /**
   * Publishes through the host; it comes back in its place among all others'. Resolves when it is kept to be sent: what the
   * host's death takes with it is lost.
   * @throws BusError `too_large` (1 MiB), `invalid_payload`, `invalid_state` once it is closed; what ended the exchange
   */
  async publish(data: Payload): Promise<void> {
    if (this.#closed) throw new BusError("invalid_state", "This client has left the exchange.")
    assertMessage(data)
    await writeMessage(this.#stream.main, {}, data)
  }

  /**
   * The next message; undefined at the end of the exchange, or once this client has left.
   * @throws BusError `gap` (`details.missed`), `peer_lost` where the host is gone, `closed`
   */
  async next(): Promise<ExchangeEvent | undefined> {
    for (;;) {
      const one = await this.#read()
      if (one === undefined) return undefined
      const { facts, data } = one
      const { missed: count, number, from }: { readonly [name: string]: unknown } = facts
      if (typeof number === "number" && typeof from === "string") return { number, from, data }
      if (typeof count !== "number") throw new BusError("protocol", "A host says what is no message.")
      if (this.#onMissed === undefined) throw missed(count)
      this.#onMissed(count)
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ExchangeEvent> {
    for (let event = await this.next(); event !== undefined; event = await this.next()) yield event
  }

  /** Leaves: what was published goes to the host still. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    await this.#stream.end().catch(() => {})
    await this.#stream.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #read(): ReturnType<typeof readMessage> {
    if (this.#closed) return undefined
    try {
      const one = await readMessage(this.#stream.main)
      // An exchange ends with its host's word, or not at all.
      if (one === undefined && !this.#closed) await this.#stream.outcome
      return one
    } catch (error) {
      if (this.#closed) return undefined
      throw error
    }
  }
}

/** What a guest tells its host as it comes. */
export function joinHeaders({ from = "start" }: JoinOptions): { readonly from: string | number } {
  if (from === "start" || from === "now" || (Number.isInteger(from) && Number(from) >= 0)) return { from }
  throw new BusError("invalid_argument", `An exchange is read from start, now or a message's number, not "${from}".`)
}
