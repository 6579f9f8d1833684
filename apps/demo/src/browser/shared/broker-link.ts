import { Bus, type BusStatus, platformSha256 } from "@luxbus/client"
import { systemClock, systemRandom } from "@luxbus/clock"
import { type DialWebSocketOptions, dialWebSocket } from "@luxbus/transport-ws"
import { CutSwitch, type SocketConstructor } from "./cut-switch.ts"

/** How long a cut keeps the network away: long enough to be seen. */
const OUTAGE_MS = 1_500

/** How a page connects. */
export interface LinkOptions {
  /** The broker's address: `ws://127.0.0.1:7700/`. */
  readonly url: string
  /** The client id to ask for. Default: the broker gives one. */
  readonly id?: string
  readonly token?: string
}

/** A page's bus, with a network that can be cut. */
export class BrokerLink {
  readonly bus: Bus
  readonly #switch: CutSwitch

  constructor({ url, id, token }: LinkOptions) {
    // The platform's class has the shape that is asked for, in the words of the DOM's types.
    this.#switch = new CutSwitch(WebSocket as unknown as SocketConstructor)
    // An option of the browser's entry alone, whose types the package does not tell apart.
    const dialOptions: DialWebSocketOptions & { readonly WebSocket: SocketConstructor } = {
      WebSocket: this.#switch.WebSocket,
    }
    this.bus = new Bus(
      {
        clock: systemClock(),
        random: systemRandom(),
        createHash: platformSha256(),
        dial: dialWebSocket(url, dialOptions),
      },
      {
        retryInitial: true,
        ...(id !== undefined && { id }),
        ...(token !== undefined && { getToken: () => token }),
      },
    )
    // Whoever shows the bus's status shows why it failed.
    this.bus.connected.catch(() => {})
  }

  get status(): BusStatus {
    return this.bus.status
  }

  /** Pulls the cable, and puts it back after a moment. */
  cut(): void {
    this.#switch.cut(OUTAGE_MS)
  }

  close(): Promise<void> {
    return this.bus.close()
  }
}

/** Where the broker of a page that it served itself is. */
export function brokerUrl({ protocol, host, pathname }: Pick<Location, "protocol" | "host" | "pathname">): string {
  const folder = pathname.slice(0, pathname.lastIndexOf("/") + 1)
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}${folder}`
}
