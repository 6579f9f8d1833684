import { DEMO_CLIENT_ID, demoPage } from "@luxbus/demo"
import { BusError } from "@luxbus/packet"
import { createServer } from "@luxbus/server"
import type { BrokerConfig } from "./config-schema.ts"
import { isLoopback } from "./is-loopback.ts"
import type { BrokerLog } from "./log.ts"
import { logEvent } from "./log-event.ts"
import { offerDemo } from "./offer-demo.ts"
import { rateLimitsOf } from "./rate-limits-schema.ts"
import { newToken, tokenCheck } from "./token.ts"

/** A broker that listens. */
export interface Broker {
  /** Where clients connect: `ws://127.0.0.1:7700`. */
  readonly url: string
  /** Where browsers find the page: `http://127.0.0.1:7700`. Undefined when it is not served. */
  readonly page: string | undefined
  /** Tells the clients, closes every connection and frees the port. */
  close(): Promise<void>
}

/**
 * Starts a broker.
 * @param config checked, from `loadConfig`
 * @throws BusError `invalid_argument` when it would listen beyond loopback without tokens and is not told `insecure`,
 * or when the port is taken
 */
export async function startBroker(config: BrokerConfig, components: { readonly log: BrokerLog }): Promise<Broker> {
  const { log } = components
  const { tokens } = config.auth
  const hasTokens = Object.keys(tokens).length > 0
  if (!isLoopback(config.host) && !hasTokens && !config.insecure)
    throw new BusError(
      "invalid_argument",
      `listening on ${config.host} without auth.tokens would let anyone in: add a token (luxbus token new), or allow it with --insecure`,
    )
  const demoToken = newToken()
  const check = tokenCheck(config.demo ? { ...tokens, [demoToken.hash]: DEMO_CLIENT_ID } : tokens)
  const server = createServer({
    authenticate: ({ token }) => (hasTokens ? check(token) : { anonymous: true }),
    heartbeat: config.heartbeat,
    ...config.limits,
    topics: config.topics,
    rateLimits: rateLimitsOf(config.rateLimits),
    onEvent: (event) => logEvent(log, event),
  })
  const listener = await listen(server, config)
  const url = listener.url.replace(/\/$/, "")
  if (hasTokens && url.startsWith("ws:") && !isLoopback(config.host))
    log.warn(
      { url },
      "tokens travel in the clear: let clients in through a proxy that speaks wss, on a trusted network",
    )
  const page = config.page ? url.replace("ws:", "http:") : undefined
  if (page !== undefined) log.info({ url: page }, "page served")
  const endDemo = config.demo ? await offerDemo(url, demoToken.token, log).catch(closing(server)) : undefined
  return {
    url,
    page,
    async close() {
      await endDemo?.()
      await server.close()
      log.info({}, "closed")
    },
  }
}

/** What went wrong while starting leaves nothing open. */
function closing(server: ReturnType<typeof createServer>): (error: unknown) => Promise<never> {
  return async (error) => {
    await server.close()
    throw error
  }
}

async function listen(server: ReturnType<typeof createServer>, config: BrokerConfig) {
  const { host, port, origins, hosts, page } = config
  const onRequest = page ? { onRequest: demoPage() } : {}
  try {
    return await server.listen({ host, port, origins: anyOr(origins), hosts: anyOr(hosts), ...onRequest })
  } catch (cause) {
    await server.close()
    throw explainListening(cause, config)
  }
}

function anyOr(names: readonly string[]): readonly string[] | "any" {
  return names.includes("any") ? "any" : names
}

function explainListening(cause: unknown, { host, port }: BrokerConfig): unknown {
  const code = systemCode(cause)
  if (code === "EADDRINUSE")
    return new BusError(
      "invalid_argument",
      `port ${port} on ${host} is taken: choose another with --port (0 picks one)`,
      {
        cause,
        details: { port },
      },
    )
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
    return new BusError("invalid_argument", `${host} is no address of this machine`, { cause })
  if (code === "EACCES") return new BusError("invalid_argument", `port ${port} may not be used by this user`, { cause })
  return cause
}

function systemCode(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined
  return "code" in error && typeof error.code === "string" && error.code.startsWith("E")
    ? error.code
    : systemCode(error.cause)
}
