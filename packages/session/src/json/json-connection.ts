import type { Clock, Random } from "@luxbus/clock"
import type { CreateHash } from "@luxbus/dual-stream"
import {
  AliasBit,
  BROKER_LIMITS,
  BusError,
  formatMessages,
  type JsonObject,
  Lane,
  LIMITS,
  MessageReader,
  type Packet,
  PacketFramer,
  parsePackets,
} from "@luxbus/packet"
import { type CloseInfo, type Connection, type ConnectionHandler, type Message, messageBytes } from "@luxbus/transport"
import { parseWelcome } from "../handshake.ts"
import { type Dialect, type DialectOutput, refusal } from "./dialect.ts"
import { FullDialect } from "./full-dialect.ts"
import { PlainDialect } from "./plain-dialect.ts"
import type { SharedTexts } from "./shared-texts.ts"
import { StreamNames } from "./stream-names.ts"

/** What a {@link JsonConnection} runs on. */
export interface JsonConnectionComponents {
  readonly clock: Clock
  /** Makes the secret of a client that says no HELLO. */
  readonly random: Random
  readonly createHash: CreateHash
  /** The client's connection, on which messages are text. */
  readonly connection: Connection
  /** The broker's own, over all its connections in JSON. */
  readonly shared: SharedTexts
  /** Whether a stream is bound to an address of the session that owns this connection. */
  readonly isBound: (address: number) => boolean
  /** What the client sent is no packet: the owner closes with 1002 (`ServerSession.fault`). */
  readonly onFault: (error: BusError) => void
}

/**
 * A broker's connection to a client that speaks JSON (`luxbus.v1.json`, or no subprotocol). To its owner it is a
 * connection whose messages are frames; the client's are text, one packet or an array of them. What is sent is written
 * as text at once, so that `undrainedBytes` counts what really waits.
 *
 * A client whose first packet is no HELLO is spoken for: see `PlainDialect`.
 */
export class JsonConnection implements Connection {
  readonly #components: JsonConnectionComponents
  readonly #inner: Connection
  readonly #framer = new PacketFramer()
  readonly #names: StreamNames
  readonly #reader = new MessageReader()
  readonly #output: DialectOutput
  #handler: ConnectionHandler | undefined
  #dialect: Dialect
  #chosen = false
  #welcomed = false
  #earlyBytes = 0
  #toBroker: Packet[] = []
  #toClient: Packet[] = []
  #maxMessageBytes: number = LIMITS.messageBytes
  #closed = false

  constructor(components: JsonConnectionComponents) {
    this.#components = components
    this.#inner = components.connection
    this.#names = new StreamNames(this.#framer, components.isBound)
    this.#output = {
      toBroker: (packet) => this.#toBroker.push(packet),
      toClient: (packet) => this.#toClient.push(packet),
    }
    this.#dialect = new FullDialect(this.#output)
  }

  get protocol(): string {
    return this.#inner.protocol
  }

  get remoteAddress(): string {
    return this.#inner.remoteAddress
  }

  get undrainedBytes(): number {
    return this.#inner.undrainedBytes
  }

  /** Streams whose names are known: what a leak test counts. */
  get nameCount(): number {
    return this.#names.size
  }

  start(handler: ConnectionHandler): void {
    this.#handler = handler
    this.#inner.start({
      onMessage: (message) => this.#receive(message),
      onDrain: () => handler.onDrain(),
      onClose: (info) => this.#ended(info),
    })
  }

  send(message: Message): void {
    if (this.#closed) return
    const frames = message as Uint8Array
    const shared = this.#components.shared.of(frames)
    const isShared = shared !== undefined && this.#sharesTexts && this.#isPlainly(shared.alias)
    if (isShared) for (const text of shared.texts) this.#inner.send(text)
    else this.#tryWrite(frames)
  }

  close(code?: number, reason?: string): void {
    this.#closed = true
    this.#inner.close(code, reason)
  }

  terminate(): void {
    this.#closed = true
    this.#inner.terminate()
  }

  /** The owner sends from within its own work: what the client is at fault for is its fault later. */
  #tryWrite(frames: Uint8Array): void {
    try {
      this.#write(frames)
    } catch (error) {
      this.#components.clock.defer(() => this.#fail(asBusError(error)))
    }
  }

  #write(frames: Uint8Array): void {
    const packets = this.#framer.toPackets(frames, this.#dialect.aliases)
    for (const packet of packets) {
      this.#names.startedByBroker(packet)
      if (packet.welcome !== undefined) this.#take(packet.welcome)
      this.#dialect.fromBroker(packet)
    }
    const texts = this.#flush()
    const alias = this.#sharedAlias(frames)
    if (alias !== undefined && this.#sharesTexts && this.#isPlainly(alias))
      this.#components.shared.keep(frames, { alias, texts })
    // What is answered to the broker must not reach it from within a call of its own.
    if (this.#toBroker.length > 0) this.#components.clock.defer(() => this.#answer())
  }

  #take(welcome: JsonObject): void {
    this.#welcomed = true
    this.#maxMessageBytes = parseWelcome(welcome).limits.messageBytes
  }

  /** Whether its texts are of the size that others' are. */
  get #sharesTexts(): boolean {
    return this.#maxMessageBytes === LIMITS.messageBytes
  }

  /** Whether the client is told a stream's chunks as everybody is: by its name alone. */
  #isPlainly(alias: number): boolean {
    return this.#dialect.aliases !== "all" && this.#framer.isNamed(alias)
  }

  /** The broker-wide alias that all frames of a message bear, if they are chunks of one stream. */
  #sharedAlias(frames: Uint8Array): number | undefined {
    const reader = this.#reader
    reader.load(frames)
    if (!reader.next() || !reader.compact) return undefined
    const { alias } = reader
    const isShared = (alias & AliasBit.broker) !== 0 && alias < AliasBit.receiver
    return isShared && isRunOf(reader, alias) ? alias : undefined
  }

  #flush(): readonly string[] {
    const texts = formatMessages(this.#toClient, this.#maxMessageBytes)
    this.#toClient = []
    for (const text of texts) this.#inner.send(text)
    return texts
  }

  #receive(message: Message): void {
    if (this.#closed) return
    try {
      for (const packet of this.#parse(message)) this.#dialect.fromClient(packet)
      this.#deliver()
    } catch (error) {
      this.#fail(error)
    }
  }

  /** What is no BusError is a defect, and the transport's to report. */
  #fail(error: unknown): void {
    if (!(error instanceof BusError)) throw error
    this.#toBroker = []
    if (!this.#closed) this.#components.onFault(error)
  }

  #parse(message: Message): readonly Packet[] {
    if (typeof message !== "string") throw new BusError("protocol", "a binary message on a text subprotocol")
    if (!this.#welcomed) this.#countEarly(message)
    const packets = parsePackets(message)
    const [first] = packets
    if (this.#chosen || first === undefined) return packets
    this.#chosen = true
    if (first.hello === undefined) this.#dialect = new PlainDialect({ ...this.#components, output: this.#output })
    return packets
  }

  #countEarly(text: string): void {
    this.#earlyBytes += messageBytes(text)
    if (this.#earlyBytes > BROKER_LIMITS.plainWindowBytes) {
      throw new BusError("protocol", "more than a first window before WELCOME")
    }
  }

  #answer(): void {
    if (this.#closed) return
    try {
      this.#deliver()
    } catch (error) {
      this.#fail(asBusError(error))
    }
  }

  /** Hands what is due to the owner, as frames. */
  #deliver(): void {
    const packets = this.#toBroker
    this.#toBroker = []
    const refused = (packet: Packet, error: BusError) => {
      if (packet.hello !== undefined) throw error
      this.#output.toClient(refusal(packet, error))
    }
    for (const frames of this.#framer.toMessages(packets, refused)) {
      if (this.#closed) return
      this.#handler?.onMessage(frames)
    }
    for (const packet of packets) this.#names.startedByClient(packet)
    if (!this.#closed) this.#flush()
  }

  #ended(info: CloseInfo): void {
    this.#closed = true
    this.#handler?.onClose(info)
  }
}

/** What is no BusError is a defect: it ends this connection, as nobody is there to catch it. */
function asBusError(cause: unknown): BusError {
  return cause instanceof BusError ? cause : new BusError("internal", "a connection in JSON failed", { cause })
}

/** Whether all frames of the message are chunks under this alias. */
function isRunOf(reader: MessageReader, alias: number): boolean {
  do {
    if (reader.alias !== alias || reader.lane === Lane.control) return false
  } while (reader.next())
  return true
}
