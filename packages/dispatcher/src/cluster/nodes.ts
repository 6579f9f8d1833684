import type { Clock } from "@luxbus/clock"
import { AliasBit, type Fields, type FullHeader, type JsonObject, sameBytes, toHex } from "@luxbus/packet"
import type { Backplane } from "./backplane.ts"
import { DATAGRAM_HEADER_BYTES, type DatagramHeader, readDatagram, writeDatagram } from "./datagram.ts"
import { NodeLink } from "./node-link.ts"

const NOTHING: Uint8Array = new Uint8Array(0)
const LAST_ALIAS = AliasBit.broker - 1

export interface NodesComponents {
  readonly clock: Clock
  readonly backplane: Backplane
  /** This broker's incarnation: 8 bytes. */
  readonly incarnation: Uint8Array
  /** Whether chunks arrive in order on these links; see {@link NodeLink}. */
  readonly isOrdered: boolean
  /** Another broker asks for something on its link. */
  readonly asked: (link: NodeLink, command: JsonObject) => void
  /** Another broker starts a stream on its link; its address here is given. A BusError resets that stream alone. */
  readonly started: (link: NodeLink, address: number, header: FullHeader, fields: Fields) => void
}

/** This broker's links with others, by their incarnations in hexadecimal: made when they are first needed. */
export class Nodes {
  readonly #components: NodesComponents
  readonly #links = new Map<string, NodeLink>()
  readonly #unsubscribe: () => void
  #lastLink = 0
  #lastAlias = 0

  constructor(components: NodesComponents) {
    this.#components = components
    const { backplane, incarnation } = components
    this.#unsubscribe = backplane.subscribe(this.#addressOf(toHex(incarnation)), (message) => this.#received(message))
  }

  get linkCount(): number {
    return this.#links.size
  }

  /** The link with a broker. */
  link(node: string): NodeLink {
    return this.#links.get(node) ?? this.#open(node)
  }

  /** Ends all links and takes nothing more. Brokers that do not hear it notice by the silence. */
  close(): void {
    this.#unsubscribe()
    for (const link of [...this.#links.values()]) link.close()
  }

  #open(node: string): NodeLink {
    const { clock, isOrdered, started, asked } = this.#components
    const link: NodeLink = new NodeLink(
      {
        clock,
        nextAlias: () => this.#nextAlias(),
        isOrdered,
        events: {
          transmit: (header, frames) => this.#transmit(node, header, frames),
          started: (address, header, fields) => started(link, address, header, fields),
          asked: (command) => asked(link, command),
          closed: () => {
            this.#links.delete(node)
            this.#sayOver(node, link.peerId)
          },
        },
      },
      ++this.#lastLink,
    )
    this.#links.set(node, link)
    return link
  }

  /** None is given twice soon, on any link: a chunk that comes late must not be taken for another stream's. */
  #nextAlias(): number {
    this.#lastAlias = this.#lastAlias === LAST_ALIAS ? 1 : this.#lastAlias + 1
    return this.#lastAlias
  }

  #received(message: Uint8Array): void {
    const header = readDatagram(message)
    if (header === undefined || sameBytes(header.from, this.#components.incarnation)) return
    const node = toHex(header.from)
    this.#linkOf(node, header)?.received(header, message.subarray(DATAGRAM_HEADER_BYTES))
  }

  /** The link that a message is for; undefined where it is for one that is over, or says so of its own. */
  #linkOf(node: string, header: DatagramHeader): NodeLink | undefined {
    const link = this.#links.get(node)
    if (header.peerLink !== 0 && header.peerLink !== link?.id) {
      // Of a link that this broker has no more: the other one must not go on with it.
      this.#sayOver(node, header.link)
      return undefined
    }
    if (header.link === 0) {
      if (header.peerLink !== 0) link?.close()
      return undefined
    }
    if (link === undefined) return header.seq > 0 ? this.#open(node) : undefined
    if (link.peerId === 0 || link.peerId === header.link) return link
    if (header.link < link.peerId) return undefined
    // The other broker has begun anew.
    link.close()
    return header.seq > 0 ? this.#open(node) : undefined
  }

  /** Tells a broker, which may not hear it, that its link is over here. */
  #sayOver(node: string, peerLink: number): void {
    if (peerLink !== 0) this.#transmit(node, { link: 0, peerLink, seq: 0, ack: 0 }, NOTHING)
  }

  #transmit(node: string, header: Omit<DatagramHeader, "from">, frames: Uint8Array): void {
    const { backplane, incarnation } = this.#components
    backplane.publish(this.#addressOf(node), writeDatagram({ from: incarnation, ...header }, frames))
  }

  #addressOf(node: string): string {
    return `${this.#components.isOrdered ? "ordered" : "node"}/${node}`
  }
}
