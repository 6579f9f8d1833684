import type { Clock, Random, Timer } from "@luxbus/clock"
import type { BrokerCarrier, CreateHash } from "@luxbus/dual-stream"
import {
  assertName,
  BusError,
  type Fields,
  type FullHeader,
  type JsonObject,
  type JsonValue,
  StreamKind,
  sameBytes,
  toHex,
} from "@luxbus/packet"
import { type JournalStore, Tombstones } from "@luxbus/stream-memory"
import { Attachments } from "./attachments.ts"
import { BrokerAliases } from "./broker-aliases.ts"
import { Channels } from "./channels/channels.ts"
import { Exchanges } from "./channels/exchanges.ts"
import type { Backplane } from "./cluster/backplane.ts"
import { Cluster } from "./cluster/cluster.ts"
import type { NodeLink } from "./cluster/node-link.ts"
import { runNodeCommand } from "./commands.ts"
import {
  ClientConnection,
  type ClientIdentity,
  type ClientServices,
  type ConnectedClient,
  sessionName,
} from "./connected-client.ts"
import { Epochs } from "./epochs.ts"
import type { DispatcherEvents } from "./events.ts"
import { Groups } from "./groups/groups.ts"
import { SessionMembers } from "./groups/session-members.ts"
import { HostedStarts } from "./hosted-starts.ts"
import { HostedStreams } from "./hosted-streams.ts"
import { Mailboxes } from "./mailboxes/mailboxes.ts"
import { Mirrors } from "./mirrors.ts"
import { type DispatcherOptions, resolveOptions } from "./options.ts"
import type { ReadableStream } from "./readable-stream.ts"
import { Publications } from "./receipts/publications.ts"
import type { Side } from "./relay.ts"
import { Relays, relayClaim } from "./relays.ts"
import type { HostedSummary } from "./summary.ts"
import { Topics } from "./topics.ts"
import { whenSettled } from "./when-settled.ts"

const SESSION_BYTES = 32
const INCARNATION_BYTES = 8
const NOBODY = new Uint8Array(0)

/** What a dispatcher runs on. */
export interface DispatcherComponents {
  readonly clock: Clock
  readonly random: Random
  readonly createHash: CreateHash
  /** Where hosted streams are kept. Stays the caller's to close. */
  readonly journals: JournalStore
  /** What joins it with other brokers: clients of one reach clients and hosted streams of another. Default: it is alone. */
  readonly backplane?: Backplane
  /** Default: nobody listens. */
  readonly events?: DispatcherEvents
}

/** What a dispatcher holds, by count: all of it goes back to zero when everything has ended. */
export interface DispatcherUsage {
  /** Connected clients, and absent ones that are waited for. */
  readonly clients: number
  /** Hosted streams, live and finished, and earlier epochs that still have readers. */
  readonly streams: number
  /** What clients read of streams that other brokers host. */
  readonly mirrors: number
  readonly topics: number
  /** Patterns of subjects that are subscribed to. */
  readonly patterns: number
  /** Members of groups, and readers of mailboxes, connected or waited for. */
  readonly groupMembers: number
  /** Messages in mailboxes, and those that were given up. */
  readonly letters: number
  readonly deadLetters: number
  /** Streams that pass, to a client or to the broker that hosts them. */
  readonly relays: number
  /** Relays whose reader, or host, is not connected. */
  readonly waitingRelays: number
  /** Channels that have a member, and registrations in them. */
  readonly channels: number
  readonly registrations: number
  /** Requests that have a provider, and those that wait for one. */
  readonly exchanges: number
  readonly waitingExchanges: number
  /** Attachments that wait for their stream to appear. */
  readonly waitingReaders: number
  /** Broker-wide aliases. */
  readonly aliases: number
  /** Links with other brokers, and clients and streams whose whereabouts in the cluster are said or followed. */
  readonly links: number
  readonly located: number
  /** What all rings hold. */
  readonly heldBytes: number
}

interface ClientRecord {
  session: Uint8Array
  carrier: BrokerCarrier | undefined
  connection: ClientConnection
  /** Its streams that have ended: known as long as it may repeat a START. */
  readonly tombstones: Tombstones
  /** What its session has published with receipts. */
  readonly publications: Publications
  windowTimer: Timer | undefined
}

/**
 * Who gets what. Clients hand in streams, publications and commands by their connections; the dispatcher hosts, relays
 * and fans out. It does no I/O: connections are {@link BrokerCarrier}s, time and chance come in.
 *
 * Ordering: each lane of each stream in the order of its writer; a topic in the order in which whole messages arrive.
 * Loss: none of hosted streams within retention and of relayed ones while both ends live; beyond, an explicit gap or
 * outcome. Backpressure: a hosted writer's credit renews as the journal takes, a relayed one's as its reader grants;
 * slow readers of logs are skipped, never waited for.
 */
export class Dispatcher {
  /** 8 random bytes: tells this broker's epochs from those of one that has forgotten them. */
  readonly incarnation: Uint8Array
  readonly #clock: Clock
  readonly #events: DispatcherEvents
  readonly #options: Required<DispatcherOptions>
  readonly #clients = new Map<string, ClientRecord>()
  readonly #aliases = new BrokerAliases()
  readonly #attachments: Attachments
  readonly #hosted: HostedStreams
  readonly #topics: Topics
  readonly #members = new SessionMembers()
  readonly #groups = new Groups(this.#members)
  readonly #mailboxes: Mailboxes
  readonly #relays: Relays
  /** Streams of this broker's clients that other brokers host. */
  readonly #passing: Relays
  readonly #channels: Channels
  readonly #exchanges: Exchanges
  readonly #hostedStarts: HostedStarts
  readonly #mirrors: Mirrors | undefined
  readonly #services: ClientServices
  readonly #cluster: Cluster | undefined
  /** Streams of other brokers' clients that have ended here. */
  readonly #elsewhereEnded = new Tombstones()
  #closed = false

  /** @throws BusError `invalid_argument` when an option is out of its range */
  constructor(components: DispatcherComponents, options: DispatcherOptions = {}) {
    const { clock, random, createHash, journals, events = {} } = components
    const resolved = resolveOptions(options)
    const { windowMs } = resolved
    const incarnation = random.bytes(INCARNATION_BYTES)
    const aliases = this.#aliases
    const epochs = new Epochs(clock)
    const carrierOf = (clientId: string) => this.#clients.get(clientId)?.carrier
    this.incarnation = incarnation
    this.#clock = clock
    this.#events = events
    this.#options = resolved
    const cluster = components.backplane && this.#join(components.backplane)
    this.#cluster = cluster
    this.#attachments = new Attachments(clock, windowMs, cluster?.streams)
    this.#hosted = new HostedStreams(
      {
        clock,
        createHash,
        journals,
        aliases,
        epochs,
        incarnation,
        events,
        otherCount: () => this.#topics.size + this.#topics.patterns.size + (this.#mirrors?.size ?? 0),
        directory: cluster?.streams,
        follow: (log, place, done) => this.#mirrors?.follow(log, place, done),
        appeared: (stream) => {
          this.#attachments.appeared(stream)
          this.#mirrors?.replacedBy(stream)
          this.#passing.retry(stream.name)
        },
      },
      resolved,
    )
    this.#topics = new Topics(
      {
        clock,
        aliases,
        epochs,
        incarnation,
        admit: () => this.#hosted.admit(),
        grew: (bytes) => this.#hosted.retention.grew(bytes),
      },
      { ringBytes: resolved.topicRingBytes, idleMs: resolved.topicIdleMs, policies: resolved.topics },
    )
    this.#mailboxes = new Mailboxes(
      { clock, epochs, incarnation, members: this.#members },
      { ttlMs: resolved.mailboxTtlMs },
    )
    const relayOptions = { windowMs, maxPerClient: resolved.maxRelaysPerClient }
    this.#relays = new Relays(
      {
        clock,
        readerOf: (to, forRemote, session) => this.#readerOf(to, forRemote, session),
        directory: cluster?.clients,
        exchangeOf: ({ from, to, name }) => this.#exchanges.of(from, to, name),
      },
      relayOptions,
    )
    this.#channels = new Channels(
      { clock, random, available: (channel) => this.#exchanges.available(channel) },
      { windowMs, maxPerClient: resolved.maxRegistrationsPerClient },
    )
    this.#exchanges = new Exchanges({ clock, channels: this.#channels, relays: this.#relays }, relayOptions)
    this.#passing = new Relays(
      { clock, readerOf: (name) => cluster?.sideOf(cluster.streams, name), directory: cluster?.streams },
      relayOptions,
    )
    this.#hostedStarts = new HostedStarts(this.#hosted, this.#passing, cluster?.streams)
    this.#mirrors = cluster && this.#makeMirrors(cluster, createHash)
    this.#services = {
      hosted: this.#hosted,
      topics: this.#topics,
      groups: this.#groups,
      mailboxes: this.#mailboxes,
      clock,
      incarnation,
      relays: this.#relays,
      channels: this.#channels,
      exchanges: this.#exchanges,
      hostedStarts: this.#hostedStarts,
      attachments: this.#attachments,
      mirrors: this.#mirrors,
      carrierOf,
    }
  }

  /** What it holds now, for metrics and tests. */
  get usage(): DispatcherUsage {
    return {
      clients: this.#clients.size,
      streams: this.#hosted.size,
      mirrors: this.#mirrors?.size ?? 0,
      topics: this.#topics.size,
      patterns: this.#topics.patterns.size,
      groupMembers: this.#members.count,
      letters: this.#mailboxes.letterCount,
      deadLetters: this.#mailboxes.deadLetterCount,
      relays: this.#relays.size + this.#passing.size,
      waitingRelays: this.#relays.waitingCount + this.#passing.waitingCount,
      channels: this.#channels.size,
      registrations: this.#channels.registrationCount,
      exchanges: this.#exchanges.size,
      waitingExchanges: this.#exchanges.waitingCount,
      waitingReaders: this.#attachments.waitingCount,
      aliases: this.#aliases.usedCount,
      links: this.#cluster?.linkCount ?? 0,
      located: this.#cluster?.size ?? 0,
      heldBytes: this.#hosted.retention.heldBytes,
    }
  }

  /**
   * Takes a client in. Whether it may, and in whose place, the caller has decided: a connection under the same id counts
   * as lost from now on.
   * @param client `session` is 32 bytes: the SHA-256 of the session's secret
   * @throws BusError `invalid_argument`; `closed` after `close`
   */
  connect(client: ClientIdentity): ConnectedClient {
    if (this.#closed) throw new BusError("closed", "the dispatcher is closed")
    assertName(client.id, "client id")
    if (client.session.length !== SESSION_BYTES) throw new BusError("invalid_argument", "a session id has 32 bytes")
    const { id, session, carrier } = client
    const before = this.#clients.get(id)
    const isSameSession = before !== undefined && sameBytes(before.session, session)
    before?.connection.disconnect()
    before?.windowTimer?.cancel()
    if (before !== undefined && !isSameSession) {
      this.#members.sessionOver(sessionName({ id, session: before.session }))
      this.#exchanges.sessionReplaced(id)
    }
    const tombstones = before?.tombstones ?? new Tombstones()
    const publications = isSameSession ? before.publications : new Publications()
    this.#mailboxes.note(id)
    const sinceMs = this.#clock.wallNow()
    const onDisconnect = () => this.#disconnected(id, record)
    const connection = new ClientConnection(
      { client, services: this.#services, tombstones, publications, onDisconnect, sinceMs },
      { maxReaders: this.#options.maxReadersPerClient, maxPublications: this.#options.maxPublicationsPerClient },
    )
    const record: ClientRecord = { session, carrier, connection, tombstones, publications, windowTimer: undefined }
    this.#clients.set(id, record)
    this.#events.clientConnected?.({ id })
    this.#cluster?.clients.arrived(id, sinceMs, { session: toHex(session) })
    this.#relays.retry(id)
    return connection
  }

  /** A client that is connected, or absent for less than the window. */
  client(id: string): { readonly session: Uint8Array; readonly connected: boolean } | undefined {
    const record = this.#clients.get(id)
    return record === undefined ? undefined : { session: record.session, connected: record.carrier !== undefined }
  }

  /** Hosted streams, live and finished, the latest epoch of each name. */
  list(): HostedSummary[] {
    return this.#hosted.list()
  }

  /**
   * Lets go of everything; no timer is left. Clients are told nothing: their connections are the caller's to close, and
   * their streams may go on elsewhere. Idempotent.
   */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const record of this.#clients.values()) {
      record.connection.disconnect()
      record.windowTimer?.cancel()
    }
    this.#clients.clear()
    this.#cluster?.close()
    this.#exchanges.close()
    this.#channels.close()
    this.#relays.close()
    this.#passing.close()
    this.#mirrors?.close()
    this.#hosted.close()
    this.#topics.close()
    this.#mailboxes.close()
  }

  #join(backplane: Backplane): Cluster {
    return new Cluster({
      clock: this.#clock,
      backplane,
      incarnation: this.incarnation,
      clients: {
        found: (id) => this.#relays.retry(id),
        nobody: () => {},
        rival: (id, theirs, ours) => {
          if (theirs.sinceMs > ours.sinceMs) this.#moved(id, theirs.about["session"])
        },
      },
      streams: {
        found: (name) => {
          this.#passing.retry(name)
          this.#mirrors?.found(name)
        },
        nobody: (name) => {
          this.#passing.retry(name)
          this.#mirrors?.nobody(name)
        },
        rival: (name, theirs, ours) => this.#hosted.rival(name, theirs, ours),
      },
      started: (carrier, address, header, fields) => this.#startedElsewhere(carrier, address, header, fields),
      asked: (link, command) => this.#askedElsewhere(link, command),
    })
  }

  #makeMirrors(cluster: Cluster, createHash: CreateHash): Mirrors {
    const attachments = this.#attachments
    const hosted = this.#hosted
    const events = {
      admit: () => hosted.admit(),
      grew: (bytes: number) => hosted.retention.grew(bytes),
      appeared: (stream: ReadableStream) => attachments.appeared(stream),
      failed: (name: string, error: BusError) => attachments.failed(name, error),
      awaits: (name: string) => attachments.awaits(name),
    }
    const { windowMs, mirrorRingBytes: ringBytes } = this.#options
    return new Mirrors(
      { clock: this.#clock, createHash, aliases: this.#aliases, cluster, events },
      { windowMs, ringBytes },
    )
  }

  #askedElsewhere(link: NodeLink, command: JsonObject): void {
    const { id = 0, op = "", params = null }: { readonly [N in "id" | "op" | "params"]?: JsonValue } = command
    const reply = (answer: JsonObject) => link.control(0, 0, { reply: { id, ...answer } })
    whenSettled(
      () =>
        runNodeCommand(this.#services, { id: Number(id), op: String(op), params, readers: link.readers }, (result) =>
          reply({ result }),
        ),
      () => {},
      (error) => reply({ error: { ...error.toJSON() } }),
    )
  }

  #startedElsewhere(carrier: BrokerCarrier, address: number, header: FullHeader, fields: Fields): void {
    const { kind, from = "", timestamp = 0, seq } = fields
    // A writer that was there and is here now: what has ended here must not begin again by a START that comes late.
    const own = this.#clients.get(from)
    const isOwn = own !== undefined && seq !== undefined && sameBytes(own.session, seq.subarray(0, own.session.length))
    const tombstones = isOwn ? own.tombstones : this.#elsewhereEnded
    const place = { carrier, address, isRemote: true, sinceMs: timestamp * 1_000, tombstones }
    if (kind === StreamKind.hosted) {
      this.#hostedStarts.startElsewhere(place, header, fields)
    } else if (kind === StreamKind.relayed) {
      this.#relays.start(relayClaim(from, header, fields), place, header, fields)
    } else {
      throw new BusError("unsupported", "brokers pass on streams that are hosted or relayed")
    }
  }

  /** Where a client that reads a relayed stream is. What another broker passes on goes no further than this one. */
  #readerOf(clientId: string, forRemote: boolean, meant: Uint8Array | undefined): Side | undefined {
    const { carrier, session = NOBODY } = this.#clients.get(clientId) ?? {}
    const own: Side | undefined = carrier && { carrier, isRemote: false }
    if (!forRemote) return own ?? this.#cluster?.sideOf(this.#cluster.clients, clientId)
    return meant === undefined || sameBytes(session.subarray(0, meant.length), meant) ? own : undefined
  }

  #moved(id: string, session: JsonValue | undefined): void {
    const client = this.#clients.get(id)
    if (client?.carrier === undefined) return
    this.#events.clientMoved?.({ id, isSameSession: toHex(client.session) === session })
  }

  #disconnected(id: string, record: ClientRecord): void {
    record.carrier = undefined
    this.#cluster?.clients.left(id)
    this.#events.clientDisconnected?.({ id })
    record.windowTimer = this.#clock.setTimer(this.#options.windowMs, () => {
      if (this.#clients.get(id) === record) this.#clients.delete(id)
      this.#members.sessionOver(sessionName({ id, session: record.session }))
      this.#events.clientGone?.({ id })
    })
  }
}
