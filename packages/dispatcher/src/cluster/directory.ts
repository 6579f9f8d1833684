import type { Clock } from "@luxbus/clock"
import { RepeatTimer } from "@luxbus/dual-stream"
import { isJsonObject, type JsonObject, type JsonValue, MessageReader, MessageWriter, toHex } from "@luxbus/packet"
import type { Backplane } from "./backplane.ts"

export interface DirectoryComponents {
  readonly clock: Clock
  readonly backplane: Backplane
  /** This broker's incarnation: 8 bytes. */
  readonly incarnation: Uint8Array
  readonly events: DirectoryEvents
}

export interface DirectoryEvents {
  /** Who was looked for is at another broker, or here. */
  found(clientId: string): void
  /** A client of this broker's has connected to another one since, by a session of this id (hexadecimal). */
  moved(clientId: string, session: string): void
}

/** What is known of one client: it is here, or looked for, or streams go to it. */
interface Entry {
  readonly unsubscribe: () => void
  /** Asks until it is answered. */
  readonly ask: RepeatTimer
  /** Since when it is connected here, by the time of day; undefined: it is not. */
  hereSinceMs: number | undefined
  session: string
  /** Streams that go to it, of clients of this broker's. */
  streams: number
  /** The broker where it was last heard of, and since when it is there. */
  place: { readonly node: string; readonly sinceMs: number } | undefined
}

/**
 * Which broker of the cluster a client is connected to. Nobody keeps a list: a broker answers for its own clients, and
 * asks for those of others as it needs them, until it hears of them.
 */
export class Directory {
  readonly #clock: Clock
  readonly #backplane: Backplane
  readonly #self: string
  readonly #events: DirectoryEvents
  readonly #entries = new Map<string, Entry>()
  readonly #reader = new MessageReader()
  readonly #writer = new MessageWriter()

  constructor(components: DirectoryComponents) {
    this.#clock = components.clock
    this.#backplane = components.backplane
    this.#self = toHex(components.incarnation)
    this.#events = components.events
  }

  /** Clients that are here or looked for. */
  get size(): number {
    return this.#entries.size
  }

  /** The broker where a client is, as far as it is known. */
  nodeOf(clientId: string): string | undefined {
    return this.#entries.get(clientId)?.place?.node
  }

  /** A client has connected to this broker at `sinceMs`, by the time of day: all who look for it are told. */
  connected(clientId: string, session: Uint8Array, sinceMs: number): void {
    const entry = this.#entry(clientId)
    entry.hereSinceMs = sinceMs
    entry.session = toHex(session)
    entry.place = undefined
    entry.ask.stop()
    this.#sayHere(clientId, entry)
  }

  disconnected(clientId: string): void {
    const entry = this.#entries.get(clientId)
    if (entry === undefined) return
    entry.hereSinceMs = undefined
    this.#tidy(clientId, entry)
  }

  /** A stream goes to this client, until `streamEnded`. */
  streamBegun(clientId: string): void {
    this.#entry(clientId).streams++
  }

  streamEnded(clientId: string): void {
    const entry = this.#entries.get(clientId)
    if (entry === undefined) return
    entry.streams--
    this.#tidy(clientId, entry)
  }

  /** A stream waits for this client: it is asked for, until `found`. */
  lookFor(clientId: string): void {
    const entry = this.#entry(clientId)
    if (entry.ask.running) return
    if (entry.hereSinceMs !== undefined) {
      this.#clock.defer(() => this.#lookAgain(clientId))
      return
    }
    entry.place = undefined
    entry.ask.start()
    this.#sayWhere(clientId)
  }

  /** It was here a moment ago; it may have left meanwhile, with all that it read. */
  #lookAgain(clientId: string): void {
    const entry = this.#entries.get(clientId)
    if (entry === undefined) return
    if (entry.hereSinceMs === undefined) this.lookFor(clientId)
    else this.#events.found(clientId)
  }

  close(): void {
    for (const { ask, unsubscribe } of this.#entries.values()) {
      ask.stop()
      unsubscribe()
    }
    this.#entries.clear()
  }

  #entry(clientId: string): Entry {
    const known = this.#entries.get(clientId)
    if (known !== undefined) return known
    const address = addressOf(clientId)
    const entry: Entry = {
      unsubscribe: this.#backplane.subscribe(address, (message) => this.#received(clientId, message)),
      ask: new RepeatTimer(this.#clock, () => this.#sayWhere(clientId)),
      hereSinceMs: undefined,
      session: "",
      streams: 0,
      place: undefined,
    }
    this.#entries.set(clientId, entry)
    return entry
  }

  #tidy(clientId: string, entry: Entry): void {
    if (entry.hereSinceMs !== undefined || entry.streams > 0) return
    entry.ask.stop()
    entry.unsubscribe()
    this.#entries.delete(clientId)
  }

  #sayHere(clientId: string, { hereSinceMs: since = 0, session }: Entry): void {
    this.#publish(clientId, { op: "here", node: this.#self, since, session })
  }

  #sayWhere(clientId: string): void {
    this.#publish(clientId, { op: "where", node: this.#self })
  }

  #publish(clientId: string, command: JsonObject): void {
    this.#writer.control(0, 0, { command })
    this.#backplane.publish(addressOf(clientId), this.#writer.take())
  }

  #received(clientId: string, message: Uint8Array): void {
    const entry = this.#entries.get(clientId)
    const said = this.#read(message)
    if (entry === undefined || said === undefined) return
    if (said.op === "where") {
      if (entry.hereSinceMs !== undefined) this.#sayHere(clientId, entry)
    } else if (entry.hereSinceMs !== undefined) {
      if (said.since > entry.hereSinceMs) this.#events.moved(clientId, said.session)
    } else if (entry.place === undefined || said.since >= entry.place.sinceMs) {
      entry.place = { node: said.node, sinceMs: said.since }
      if (!entry.ask.running) return
      entry.ask.stop()
      this.#events.found(clientId)
    }
  }

  #read(message: Uint8Array): Statement | undefined {
    try {
      this.#reader.load(message)
      return this.#reader.next() ? statementOf(this.#reader.fields().command) : undefined
    } catch {
      // Another version's, or not a broker's: whoever asks will ask again.
      return undefined
    }
  }
}

type Statement =
  | { readonly op: "where"; readonly node: string }
  | { readonly op: "here"; readonly node: string; readonly since: number; readonly session: string }

function statementOf(value: JsonObject | undefined): Statement | undefined {
  if (!isJsonObject(value ?? null)) return undefined
  const { op, node, since, session }: { readonly [N in "op" | "node" | "since" | "session"]?: JsonValue } = value ?? {}
  if (typeof node !== "string") return undefined
  if (op === "where") return { op, node }
  if (op === "here" && typeof since === "number" && typeof session === "string") return { op, node, since, session }
  return undefined
}

function addressOf(clientId: string): string {
  return `client/${clientId}`
}
