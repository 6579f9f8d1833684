import { createHash, type Hash } from "node:crypto"
import { type Clock, type Random, systemClock, systemRandom } from "@luxbus/clock"
import {
  type Backplane,
  Dispatcher,
  type DispatcherEvents,
  type HostedSummary,
  type TopicPolicy,
} from "@luxbus/dispatcher"
import { BusError, type JsonValue } from "@luxbus/packet"
import { formatIncarnation, type HeartbeatOptions, SharedTexts } from "@luxbus/session"
import { type JournalStore, MemoryJournalStore } from "@luxbus/stream-memory"
import type { Accept, Connection, ConnectionRequest, Listener } from "@luxbus/transport"
import { type ListenWebSocketOptions, listenWebSocket } from "@luxbus/transport-ws"
import { BINARY_PROTOCOL, ClientConnection, JSON_PROTOCOL } from "./client-connection.ts"
import type { ClientSummary } from "./client-summary.ts"
import { ClientTable } from "./client-table.ts"
import { FaultySessions } from "./faulty-sessions.ts"
import { assertBroadcast, endedBy } from "./operator.ts"
import type { Authenticate } from "./principal.ts"
import { LimitsTable, type RateLimits } from "./rate-limits.ts"
import type { ServerEvent } from "./server-event.ts"

/** How a server treats its clients and what it keeps of their streams. */
export interface ServerOptions {
  /** Who a client is. Default: everybody is anonymous. */
  readonly authenticate?: Authenticate
  /** How long a stream whose writer is away, and an absent client, is waited for. Default 120 000. */
  readonly windowMs?: number
  /** Default: a ping after 25 s of silence, the end 8 s later. Clients take it over. */
  readonly heartbeat?: HeartbeatOptions
  /** What each hosted stream keeps for late readers, in bytes. Default 64 MiB; beyond it an explicit gap. */
  readonly ringBytes?: number
  /** How long a finished stream stays to be read. Default 3 600 000: an hour. */
  readonly keepFinishedMs?: number
  /** How long a message waits for an absent client in its mailbox. Default 120 000: as long as a client is waited for. */
  readonly mailboxTtlMs?: number
  /** All rings together; finished streams make room first. Default 512 MiB. */
  readonly maxHostedBytes?: number
  /** What is kept of which subjects, each by the first policy whose pattern matches. Default: a small ring, while in use. */
  readonly topics?: readonly TopicPolicy[]
  /** How long a client may take for its first words. Default 5 000; in JSON, which people type, 60 000. */
  readonly helloTimeoutMs?: number
  /** Clients that may be connected at once; further ones are refused with `rate_limited`. Default 100 000. */
  readonly maxClients?: number
  /** What each client may do in a time. Default: as much as it can. */
  readonly rateLimits?: RateLimits
  /** Told of what happens, with client and stream ids: for logs and metrics. Must not throw. */
  readonly onEvent?: (event: ServerEvent) => void
}

/** Where a server listens: {@link ListenWebSocketOptions} without what the server decides itself. */
export type ListenOptions = Omit<ListenWebSocketOptions, "onAccept" | "protocols" | "onError" | "maxMessageBytes">

/** Collaborators that a test or an in-process bus replaces. */
export interface ServerComponents {
  readonly clock: Clock
  readonly random: Random
  /** Makes a new SHA-256. */
  readonly createHash: () => Hash
  readonly journals: JournalStore
  /**
   * What joins this broker with others: a client may come back to any of them, where its streams go on, whoever hosts or
   * reads them. Default: it is alone. Topics stay with the broker that has them, and `list` names its own streams.
   */
  readonly backplane?: Backplane
}

/** A broker: it welcomes clients on any number of listeners and hands them to its dispatcher. */
export class Server implements AsyncDisposable {
  readonly #components: Omit<ServerComponents, "journals">
  readonly #options: ServerOptions
  readonly #dispatcher: Dispatcher
  readonly #clients = new ClientTable<ClientConnection>()
  readonly #limits: LimitsTable
  readonly #connections = new Set<ClientConnection>()
  readonly #faultySessions = new FaultySessions()
  readonly #sharedTexts = new SharedTexts()
  readonly #listeners = new Set<Listener>()
  #closed = false

  /** Use {@link createServer}. */
  constructor(components: ServerComponents, options: ServerOptions) {
    this.#components = components
    this.#options = options
    this.#limits = new LimitsTable(components.clock, options.rateLimits)
    const { windowMs, keepFinishedMs, mailboxTtlMs, maxHostedBytes, topics, onEvent } = options
    this.#dispatcher = new Dispatcher(
      {
        ...components,
        events: {
          ...(onEvent !== undefined && dispatcherEvents(onEvent)),
          clientGone: ({ id }) => {
            this.#limits.forget(id)
            onEvent?.({ type: "client-gone", client: id })
          },
          // What the client has left here is a connection that it knows nothing of.
          clientMoved: ({ id, isSameSession }) => isSameSession && this.#clients.get(id)?.replacedBy(true),
        },
      },
      {
        ...(windowMs !== undefined && { windowMs }),
        ...(keepFinishedMs !== undefined && { keepFinishedMs }),
        ...(mailboxTtlMs !== undefined && { mailboxTtlMs }),
        ...(maxHostedBytes !== undefined && { maxHostedBytes }),
        ...(topics !== undefined && { topics }),
      },
    )
  }

  /** Connections that are open, welcomed or not. */
  get connectionCount(): number {
    return this.#connections.size
  }

  /** The streams that are hosted. */
  list(): readonly HostedSummary[] {
    return this.#dispatcher.list()
  }

  /** The clients that are connected to this broker now, in the order of their coming. */
  clients(): readonly ClientSummary[] {
    return this.#clients.connections().flatMap(({ summary }) => summary ?? [])
  }

  /**
   * Ends a client's session: it hears `closed` with the reason, and does not come back by itself. Its streams stay for the
   * window, as those of any client that is away.
   * @param reason at most 1 KiB. Default: that whoever runs the broker did it
   * @returns whether it was connected to this broker
   * @throws BusError `invalid_argument`
   */
  disconnect(id: string, reason?: string): boolean {
    const error = endedBy(reason)
    const client = this.#clients.get(id)
    client?.end(error)
    return client !== undefined
  }

  /**
   * Tells every client that is connected to this broker now; they hear it without having subscribed. At most once: a
   * connection that is lost meanwhile loses it. Behind what was told before, beside anything else.
   * @param value JSON, of at most 4 000 bytes as text
   * @returns how many were told
   * @throws BusError `too_large`, `invalid_argument`
   */
  broadcast(value: JsonValue): number {
    assertBroadcast(value)
    const clients = this.#clients.connections()
    for (const client of clients) client.broadcast(value)
    return clients.length
  }

  /**
   * Listens for WebSocket connections. Loopback by default.
   * @throws BusError `invalid_argument` where the port is taken or the address cannot be bound
   */
  async listen(options: ListenOptions = {}): Promise<Listener> {
    this.#assertOpen()
    const listener = await listenWebSocket({
      ...options,
      protocols: [BINARY_PROTOCOL, JSON_PROTOCOL],
      onAccept: this.accept,
      onError: (error) => this.#options.onEvent?.({ type: "error", error }),
    })
    this.#listeners.add(listener)
    this.#options.onEvent?.({ type: "listening", url: listener.url })
    return listener
  }

  /** Takes a connection of any transport. */
  readonly accept: Accept = (connection: Connection, request: ConnectionRequest): void => {
    const client = new ClientConnection(
      {
        ...this.#components,
        connection,
        request,
        dispatcher: this.#dispatcher,
        clients: this.#clients,
        limits: this.#limits,
        operator: this,
        faultySessions: this.#faultySessions,
        sharedTexts: this.#sharedTexts,
        onEvent: (event) => this.#options.onEvent?.(event),
        onClosed: () => this.#connections.delete(client),
      },
      {
        incarnation: formatIncarnation(this.#dispatcher.incarnation),
        authenticate: this.#options.authenticate ?? (() => ({ anonymous: true })),
        ...(this.#options.heartbeat !== undefined && { heartbeat: this.#options.heartbeat }),
        ...(this.#options.helloTimeoutMs !== undefined && { helloTimeoutMs: this.#options.helloTimeoutMs }),
      },
    )
    this.#connections.add(client)
    if (this.#closed) client.refuse(new BusError("going_away", "The broker is stopping."))
    else if (this.#connections.size > (this.#options.maxClients ?? 100_000)) {
      client.refuse(new BusError("rate_limited", "The broker has as many clients as it may."))
    }
  }

  /**
   * Stops: tells clients to go away and come back later, stops listening, ends what is left. Idempotent.
   * @param options.drainMs how long connections may take to close by themselves. Default 500
   */
  async close(options: { readonly drainMs?: number } = {}): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    const { clock, random } = this.#components
    const stopped = [...this.#listeners].map((listener) => listener.close())
    for (const client of this.#connections) client.goAway(Math.floor(random.float() * 1_000))
    if (this.#connections.size > 0) await this.#allClosed(clock, options.drainMs ?? 500)
    for (const client of this.#connections) client.terminate()
    this.#dispatcher.close()
    await Promise.all(stopped)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #allClosed(clock: Clock, withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = clock.setTimer(withinMs, resolve)
      for (const client of this.#connections) {
        client.onceClosed(() => {
          if (this.#connections.size > 0) return
          timer.cancel()
          resolve()
        })
      }
    })
  }

  #assertOpen(): void {
    if (this.#closed) throw new BusError("closed", "The server is closed.")
  }
}

/** Makes a broker that keeps its streams in memory. It listens nowhere until told to. */
export function createServer(options: ServerOptions = {}, components: Partial<ServerComponents> = {}): Server {
  const { ringBytes } = options
  return new Server(
    {
      clock: systemClock(),
      random: systemRandom(),
      createHash: () => createHash("sha256"),
      journals: new MemoryJournalStore(ringBytes === undefined ? {} : { maxBytes: ringBytes }),
      ...components,
    },
    options,
  )
}

function dispatcherEvents(onEvent: (event: ServerEvent) => void): DispatcherEvents {
  return {
    streamStarted: (stream) => onEvent({ type: "stream-started", stream }),
    streamEnded: ({ outcome, ...stream }) => onEvent({ type: "stream-ended", stream, outcome }),
    streamRemoved: (stream) => onEvent({ type: "stream-removed", stream }),
    storageFailed: ({ error, ...stream }) => onEvent({ type: "error", error, stream }),
  }
}
