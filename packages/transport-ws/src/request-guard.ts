import type { IncomingMessage } from "node:http"
import { BusError } from "@luxbus/packet"

/** Whom a {@link RequestGuard} lets in. */
export interface RequestGuardOptions {
  /** Origins of other sites whose pages may connect, as `https://app.example`; "any" for all. */
  readonly origins: readonly string[] | "any"
  /** Names, without port, under which this server is reached; "any" for all. */
  readonly hosts: readonly string[] | "any"
  /** Name or address that the server is bound to, where known. */
  readonly boundHost: string | undefined
}

/** Why a request is refused, as an HTTP answer. */
export interface Refusal {
  readonly status: number
  readonly text: string
}

const LOOPBACK_NAME = /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/
const HOST_HEADER = /^(\[[\da-f:.]+\]|[^\s:/?#@[\]\\]+)(?::\d{1,5})?$/

/**
 * Keeps web pages of other sites out. A browser lets any page open a WebSocket to any server, with the user's own
 * network position, and says only in Origin whose page it is; and by rebinding a name of his own to this machine's
 * address (DNS rebinding) an attacker makes that Origin look like this server's, which the Host header gives away.
 */
export class RequestGuard {
  readonly #options: RequestGuardOptions
  readonly #origins: ReadonlySet<string>
  readonly #hosts: ReadonlySet<string>

  /** @throws BusError `invalid_argument` for an origin that is none */
  constructor(options: RequestGuardOptions) {
    this.#options = options
    this.#origins = new Set(options.origins === "any" ? [] : options.origins.map(normalOrigin))
    const bound = options.boundHost === undefined ? [] : [bracketed(options.boundHost)]
    this.#hosts = new Set(
      [...bound, ...(options.hosts === "any" ? [] : options.hosts)].map((name) => name.toLowerCase()),
    )
  }

  /** Why `request` may not enter; undefined if it may. */
  refusalOf(request: IncomingMessage): Refusal | undefined {
    const host = request.headers.host?.toLowerCase() ?? ""
    const name = HOST_HEADER.exec(host)?.[1]
    if (name === undefined || !this.#isOurs(name, request)) {
      return { status: 403, text: "This server does not go by that name (Host). Add it to `hosts` if it should." }
    }
    const { origin } = request.headers
    if (origin !== undefined && !this.#mayConnect(origin, host)) {
      return { status: 403, text: "Pages of that origin may not connect. Add it to `origins` if they should." }
    }
    return undefined
  }

  #isOurs(name: string, request: IncomingMessage): boolean {
    if (this.#options.hosts === "any" || LOOPBACK_NAME.test(name) || this.#hosts.has(name)) return true
    // An address, unlike a name, cannot be rebound.
    const { localAddress } = request.socket
    return localAddress !== undefined && name === bracketed(localAddress)
  }

  #mayConnect(origin: string, host: string): boolean {
    return this.#options.origins === "any" || this.#origins.has(origin) || isSameOrigin(origin, host)
  }
}

/** Whether a page of `origin` came from `host`. The scheme is not compared: a proxy before us may have taken TLS off. */
function isSameOrigin(origin: string, host: string): boolean {
  try {
    const page = new URL(origin)
    return page.host !== "" && page.host === new URL(`${page.protocol}//${host}`).host
  } catch {
    return false
  }
}

function normalOrigin(text: string): string {
  try {
    const { origin } = new URL(text)
    return origin === "null" ? text : origin
  } catch (cause) {
    throw new BusError("invalid_argument", `"${text}" is no origin, such as https://app.example`, { cause })
  }
}

/** An address as it stands in a Host header: IPv6 in brackets, IPv4 mapped into IPv6 as IPv4. */
function bracketed(address: string): string {
  const plain = address.startsWith("::ffff:") ? address.slice(7) : address
  return plain.includes(":") ? `[${plain}]` : plain
}
