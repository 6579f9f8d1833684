import type { Clock } from "@luxbus/clock"
import type { BrokerCarrier, StreamEnd } from "@luxbus/dual-stream"
import {
  AliasBit,
  assertName,
  assertSubject,
  BusError,
  ChannelRole,
  type Fields,
  type FullHeader,
  type JsonObject,
  type JsonValue,
  recipientOf,
  StreamKind,
  toHex,
} from "@luxbus/packet"
import type { MaybePromise, Tombstones } from "@luxbus/stream-memory"
import { authorize, type Canceller, isPermitted } from "./authorize.ts"
import { registrationClaim } from "./channels/channels.ts"
import type { Exchanges } from "./channels/exchanges.ts"
import { claimAddress } from "./claim-address.ts"
import { type CommandServices, runCommand } from "./commands.ts"
import { ConnectionReaders } from "./connection-readers.ts"
import type { HostedStarts } from "./hosted-starts.ts"
import type { MessageChunk } from "./message-chunk.ts"
import { Params } from "./params.ts"
import { PublishEnd } from "./publish-end.ts"
import { AnsweredPublishEnd } from "./receipts/answered-publish-end.ts"
import { Publication, type Publications } from "./receipts/publications.ts"
import type { RelayClaim, WriterPlace } from "./relay.ts"
import { type Relays, relayClaim } from "./relays.ts"
import { stampSeq } from "./stamp-seq.ts"
import type { Topic } from "./topic.ts"
import { asBusError } from "./when-settled.ts"

/** One client on one connection: what the connection's owner hands in. */
export interface ConnectedClient {
  /**
   * A START from this client. What it asks that may not be, resets that stream.
   * @param alias as the client gave it
   */
  started(alias: number, header: FullHeader, fields: Fields): void
  /**
   * This client has come back to a relayed stream that it reads: `{ name, from, epoch, main, error }`. Passed on to its
   * writer, if that is connected, and this client may attach to such a stream or one of that writer's passes to it.
   * @throws BusError `invalid_argument`
   */
  resumeStream(value: JsonValue): void
  /**
   * One of the broker's own operations: `attach`, `subscribe`, `leave`, `cancel`, `list`, `channels`, `members`,
   * `mailboxes`, `dropMail`, `deadLetters`, `redrive`.
   * @param id the command's number, by which the START of a delivery names it
   * @throws BusError, or rejects with it: `unsupported`, `invalid_argument`, `unknown_stream`, `rate_limited`, `forbidden`,
   * `mailbox_full`, `storage`
   */
  command(id: number, op: string, params: JsonValue): MaybePromise<JsonValue>
  /** The connection is lost, after its carrier has detached every end. Its streams stay for the window. Idempotent. */
  disconnect(): void
}

/** What a client's requests reach. */
export interface ClientServices extends CommandServices {
  readonly relays: Relays
  readonly exchanges: Exchanges
  readonly hostedStarts: HostedStarts
  readonly clock: Clock
  /** Of this broker. */
  readonly incarnation: Uint8Array
  /** The connection of one of this broker's clients, while it has one. */
  readonly carrierOf: (clientId: string) => BrokerCarrier | undefined
}

/** The client as its own requests name it, and what it may. */
export interface ClientIdentity extends Canceller {
  readonly session: Uint8Array
  readonly carrier: BrokerCarrier
  /** Counts one more stream that it opens. Default: there may be any number. @throws BusError `rate_limited` */
  readonly admitOpen?: () => void
}

/** A name for one session of one client. */
export function sessionName({ id, session }: Pick<ClientIdentity, "id" | "session">): string {
  return `${id}\0${toHex(session)}`
}

/** A client's connection, as the dispatcher makes it. */
export class ClientConnection implements ConnectedClient {
  readonly #client: ClientIdentity
  readonly #services: ClientServices
  readonly #tombstones: Tombstones
  readonly #sinceMs: number
  readonly #sessionName: string
  readonly #readers: ConnectionReaders
  readonly #maxPublications: number
  readonly #onDisconnect: () => void
  readonly #publishEnds = new Set<StreamEnd>()
  readonly #publications: Publications
  #connected = true

  constructor(
    components: {
      readonly client: ClientIdentity
      readonly services: ClientServices
      /** The client's streams that have ended. */
      readonly tombstones: Tombstones
      /** What its session has published with receipts. */
      readonly publications: Publications
      readonly onDisconnect: () => void
      /** The time of day. */
      readonly sinceMs: number
    },
    options: { readonly maxReaders: number; readonly maxPublications: number },
  ) {
    this.#client = components.client
    this.#sinceMs = components.sinceMs
    this.#sessionName = sessionName(components.client)
    this.#services = components.services
    this.#tombstones = components.tombstones
    this.#publications = components.publications
    this.#onDisconnect = components.onDisconnect
    this.#readers = new ConnectionReaders(components.client.carrier, options.maxReaders)
    this.#maxPublications = options.maxPublications
  }

  started(alias: number, header: FullHeader, fields: Fields): void {
    if (!this.#connected) return
    const address = (alias | AliasBit.receiver) >>> 0
    try {
      this.#start(address, header, fields)
    } catch (error) {
      const { carrier } = this.#client
      // Whoever uses an alias again has let go of what it stood for, even where the new stream is refused.
      const before = carrier.bound(address)
      carrier.reset(address, asBusError(error))
      before?.detach()
    }
  }

  resumeStream(value: JsonValue): void {
    if (!this.#connected) return
    const params = new Params(value)
    const [name, from] = [params.name("name"), params.name("from")]
    const [epoch, main, error] = [params.number("epoch"), params.number("main"), params.number("error")]
    // The writer comes by itself, if it does not pass yet: a client that asks in vain is no fault.
    if (!this.#services.relays.passes(from, this.#client.id, name) && !isPermitted(this.#client, "attach", name)) return
    const resumeStream = { name, to: this.#client.id, epoch, main, error }
    this.#services.carrierOf(from)?.control(0, 0, { resumeStream })
  }

  command(id: number, op: string, params: JsonValue): MaybePromise<JsonValue> {
    if (!this.#connected) throw new BusError("closed", "the connection is lost")
    const [client, readers, session] = [this.#client, this.#readers, this.#sessionName]
    return runCommand(this.#services, { id, op, params, client, readers, session })
  }

  disconnect(): void {
    if (!this.#connected) return
    this.#connected = false
    this.#readers.disconnect()
    for (const end of this.#publishEnds) end.detach()
    this.#onDisconnect()
  }

  #start(address: number, header: FullHeader, fields: Fields): void {
    const { id: clientId, session, carrier } = this.#client
    const stamped = stampSeq(fields, session)
    const [sinceMs, tombstones, admitOpen] = [this.#sinceMs, this.#tombstones, this.#client.admitOpen]
    const place = { carrier, address, isRemote: false, sinceMs, tombstones, ...(admitOpen && { admitOpen }) }
    const { name = "", channel } = fields
    switch (fields.kind) {
      case StreamKind.hosted: {
        assertName(name, "name")
        authorize(this.#client, "open", name)
        const mayTakeOver = this.#client.permits?.("takeover", name) ?? false
        this.#services.hostedStarts.start({ clientId, session, mayTakeOver, ...place }, header, stamped)
        return
      }
      case StreamKind.relayed:
        if (channel === undefined) {
          this.#relay(relayClaim(clientId, header, stamped), place, header, stamped)
          return
        }
        assertName(channel, "channel")
        authorize(this.#client, "request", channel)
        this.#services.exchanges.start(clientId, place, header, stamped)
        return
      case StreamKind.register: {
        const claim = registrationClaim(clientId, header.hop, stamped)
        authorize(this.#client, claim.role === ChannelRole.provider ? "serve" : "request", claim.channel)
        this.#services.channels.register(claim, place)
        return
      }
      case StreamKind.publish:
        this.#publish(address, stamped)
        return
      default:
        throw new BusError("protocol", "a client starts streams that are hosted, relayed or published, and registers")
    }
  }

  #relay(claim: RelayClaim, place: WriterPlace, header: FullHeader, fields: Fields): void {
    const { exchanges, relays } = this.#services
    const exchange = exchanges.of(claim.from, claim.to, claim.name)
    const isReply = exchange !== undefined && exchange.claim.from !== claim.from
    const isOver = this.#tombstones.get(claim.seq) !== undefined
    // A reply was let in with its request, and is none that its writer opens. Of what is over there is only the end to tell.
    if (!isReply && !isOver) authorize(this.#client, "open", claim.name)
    relays.start(claim, isReply ? { ...place, admitOpen: undefined } : place, header, fields)
  }

  #publish(address: number, fields: Fields): void {
    const { carrier } = this.#client
    const { name = "" } = fields
    const recipient = recipientOf(name)
    assertSubject(name)
    if (recipient === undefined) authorize(this.#client, "publish", name)
    else authorize(this.#client, "mailbox", recipient)
    const limit = this.#maxPublications
    if (this.#publishEnds.size >= limit) {
      throw new BusError("rate_limited", "too many subjects at a time", { details: { limit } })
    }
    const left = () => {
      this.#publishEnds.delete(end)
      carrier.release(address)
    }
    const end = this.#publishEnd(address, fields, left)
    this.#publishEnds.add(end)
    claimAddress(carrier, address, end)
  }

  #publishEnd(address: number, { name = "", receipts, seq, mainFirst = 0 }: Fields, left: () => void): StreamEnd {
    const { clock, incarnation, topics, mailboxes } = this.#services
    const { id, carrier } = this.#client
    const recipient = recipientOf(name)
    const topic = () => topics.get(name)
    if (!receipts && recipient === undefined) return new PublishEnd({ topic, left }, id)
    const answers = receipts === true
    if (answers && seq === undefined) throw new BusError("protocol", "what is answered has a seq")
    const take =
      recipient === undefined
        ? (chunks: readonly MessageChunk[]) => published(topic(), id, chunks)
        : (chunks: readonly MessageChunk[]) => ({ state: mailboxes.send(recipient, id, chunks) })
    const publications = this.#publications
    const known = answers && seq !== undefined ? publications.of(toHex(seq), mainFirst) : new Publication(mainFirst)
    return new AnsweredPublishEnd({ clock, carrier, address, publications, incarnation, answers, take, left }, known)
  }
}

/** Adds a whole message to a topic. @returns where the topic goes on after it, and who reads it now */
function published(topic: Topic, origin: string, chunks: readonly MessageChunk[]): JsonObject {
  for (const { flags, data } of chunks) topic.add(origin, flags, data)
  return { epoch: topic.log.identity.epoch, next: topic.next, subscribers: topic.log.readerCount }
}
