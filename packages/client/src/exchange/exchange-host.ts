import { BusError } from "@luxbus/packet"
import type { Channel } from "../channels/channel.ts"
import type { ChannelRequest } from "../channels/request.ts"
import type { Payload } from "../payload.ts"
import { assertMessage, type ExchangeEvent, readMessage, writeMessage } from "./exchange-event.ts"
import { ExchangeLog } from "./exchange-log.ts"

/** What a host keeps for who comes late, unless it says otherwise: as a topic of a broker. */
const HISTORY_BYTES = 1_048_576

/** How an exchange is hosted. */
export interface HostOptions {
  /** What is kept for who comes late, or is slow, in bytes with 64 more for each message. Default 1 MiB; older messages go, with a gap. */
  readonly historyBytes?: number
  /** Ends the exchange. */
  readonly signal?: AbortSignal
}

/**
 * An exchange that this client hosts: what anybody publishes through it, each guest and the host itself get, in one order.
 *
 * Ordering: the host's, the same for all. Loss: none within the history while the host lives; beyond it guests are told how
 * much they missed. Duplication: none. Backpressure: each guest reads at its own pace; a guest's `publish` waits for the
 * host. Shutdown: what the host has taken goes out before the guests' streams end; a host that dies ends them with an error.
 */
export class ExchangeHost implements AsyncIterable<ExchangeEvent>, AsyncDisposable {
  readonly subject: string
  readonly #id: string
  readonly #channel: Channel
  readonly #log: ExchangeLog
  readonly #guests = new Set<ChannelRequest>()
  readonly #serving: Promise<void>
  #closing: Promise<void> | undefined

  constructor(subject: string, id: string, channel: Channel, { historyBytes = HISTORY_BYTES }: HostOptions) {
    this.subject = subject
    this.#id = id
    this.#channel = channel
    this.#log = new ExchangeLog(historyBytes)
    this.#serving = this.#serve()
  }

  /** Clients that take part, this one not counted. */
  get guestCount(): number {
    return this.#guests.size
  }

  /**
   * Publishes as this client.
   * @throws BusError `too_large` (1 MiB), `invalid_payload`, `invalid_state` once it is closed
   */
  publish(data: Payload): void {
    if (this.#closing !== undefined) throw new BusError("invalid_state", "The exchange is over.")
    assertMessage(data)
    this.#log.add(this.#id, data)
  }

  /** Every message that is kept and that comes, until the exchange ends. @throws BusError `gap` where this reader was too slow */
  async *[Symbol.asyncIterator](): AsyncGenerator<ExchangeEvent> {
    for await (const statement of this.#log.read(0)) {
      if (!("missed" in statement)) yield statement
      else if (statement.missed > 0) throw missed(statement.missed)
    }
  }

  /** Ends the exchange: guests get what is there, and then its end. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#log.close()
    await this.#channel.close()
    await this.#serving
  }

  async #serve(): Promise<void> {
    const guests: Promise<void>[] = []
    try {
      for await (const guest of this.#channel.requests()) guests.push(this.#take(guest))
    } catch {
      // The session is over: the guests' streams are, too.
    }
    this.#log.close()
    await Promise.all(guests)
  }

  async #take(guest: ChannelRequest): Promise<void> {
    this.#guests.add(guest)
    let isOver = false
    const over = () => {
      isOver = true
      this.#log.wake()
    }
    guest.signal.addEventListener("abort", over)
    try {
      const hearing = this.#hear(guest).finally(over)
      // It is awaited where the guest ends it; where both ways end at once, one word of that is enough.
      hearing.catch(() => {})
      for await (const statement of this.#log.read(startOf(guest, this.#log.next), () => isOver)) {
        if ("missed" in statement) await guest.main.write({ missed: statement.missed })
        else await writeMessage(guest.main, { number: statement.number, from: statement.from }, statement.data)
      }
      if (isOver) await hearing
      await guest.end()
    } catch (error) {
      // A guest that is gone hears nothing more.
      await guest.fail(error instanceof BusError ? error : new BusError("internal", String(error))).catch(() => {})
    } finally {
      guest.signal.removeEventListener("abort", over)
      this.#guests.delete(guest)
    }
  }

  /** What a guest publishes, until it ends. */
  async #hear(guest: ChannelRequest): Promise<void> {
    for (let one = await readMessage(guest.main); one !== undefined; one = await readMessage(guest.main)) {
      this.#log.add(guest.from, one.data)
    }
  }
}

/** Where a guest begins: at a message's number, at the start (default), or now. */
function startOf({ headers }: ChannelRequest, next: number): number {
  const from = headers["from"]
  if (from === "now") return next
  return Number.isInteger(from) && Number(from) >= 0 ? Number(from) : 0
}

/** The error of who was too slow, or came too late, for the host's history. */
export function missed(count: number): BusError {
  return new BusError("gap", `The host keeps ${count} messages no longer.`, { details: { missed: count } })
}
