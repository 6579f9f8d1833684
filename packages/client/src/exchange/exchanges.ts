import { assertSubject, BusError } from "@luxbus/packet"
import { closeOnAbort, throwIfAborted } from "../abort.ts"
import type { BusStream } from "../bus-stream.ts"
import type { Channel } from "../channels/channel.ts"
import type { AskOptions, ChannelOptions } from "../channels/channels.ts"
import { assertWhole, MAX_DELAY_MS } from "../whole-number.ts"
import { ExchangeGuest, type JoinOptions, joinHeaders } from "./exchange-guest.ts"
import { ExchangeHost, type HostOptions } from "./exchange-host.ts"

export interface ExchangesComponents {
  /** This client's id. */
  readonly id: () => string
  /** Registers in a channel. */
  readonly join: (channel: string, options: ChannelOptions) => Promise<Channel>
  /** Opens a request to a channel. */
  readonly open: (options: AskOptions) => BusStream
}

/** The exchanges that one client hosts, and takes part in: each is a channel whose one provider is the host. */
export class Exchanges {
  readonly #components: ExchangesComponents

  constructor(components: ExchangesComponents) {
    this.#components = components
  }

  /** See `Bus.host`. */
  async host(subject: string, options: HostOptions): Promise<ExchangeHost> {
    assertSubject(subject)
    assertWhole("historyBytes", options.historyBytes ?? 0, 0, Number.MAX_SAFE_INTEGER)
    throwIfAborted(options.signal)
    const { join, id } = this.#components
    const name = channelOf(subject)
    await this.#assertNoHost(subject, name)
    const channel = await join(name, { role: "provider", capacity: MAX_GUESTS })
    const host = new ExchangeHost(subject, id(), channel, options)
    closeOnAbort(host, options.signal)
    return host
  }

  /** See `Bus.join`. */
  async join(subject: string, options: JoinOptions): Promise<ExchangeGuest> {
    assertSubject(subject)
    const { waitForHostMs: waitMs = 0, onMissed, signal } = options
    assertWhole("waitForHostMs", waitMs, 0, MAX_DELAY_MS)
    throwIfAborted(signal)
    const stream = this.#components.open({ channel: channelOf(subject), headers: joinHeaders(options), waitMs })
    const guest = new ExchangeGuest(subject, stream, onMissed)
    closeOnAbort(guest, signal)
    try {
      await stream.opened
    } catch (error) {
      throwIfAborted(signal)
      throw error
    }
    return guest
  }

  /** Two hosts would be two exchanges, and chance who is in which. Both that begin at the same time are not found out. */
  async #assertNoHost(subject: string, name: string): Promise<void> {
    const asking = await this.#components.join(name, { role: "consumer" })
    const [host] = asking.members()
    await asking.close()
    if (host === undefined) return
    throw new BusError("conflict", `"${host.id}" hosts "${subject}" already.`, { details: { host: host.id } })
  }
}

/** What the broker is told of a host's capacity: it chooses nobody by it, as there is one. */
const MAX_GUESTS = 65_535

function channelOf(subject: string): string {
  return `exchange.${subject}`
}
