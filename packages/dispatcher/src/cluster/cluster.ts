import type { Clock } from "@luxbus/clock"
import type { BrokerCarrier } from "@luxbus/dual-stream"
import { type Fields, type FullHeader, fromHex, type JsonObject } from "@luxbus/packet"
import type { Side } from "../relay.ts"
import type { Backplane } from "./backplane.ts"
import { Directory, type DirectoryEvents, type Place } from "./directory.ts"
import type { NodeLink } from "./node-link.ts"
import { Nodes } from "./nodes.ts"

export interface ClusterComponents {
  readonly clock: Clock
  readonly backplane: Backplane
  /** This broker's incarnation: 8 bytes. */
  readonly incarnation: Uint8Array
  readonly clients: DirectoryEvents
  readonly streams: DirectoryEvents
  /** Another broker passes on a client's START; its address on `carrier` is given. A BusError resets that stream alone. */
  readonly started: (carrier: BrokerCarrier, address: number, header: FullHeader, fields: Fields) => void
  /** Another broker asks for something, by its ordered link. */
  readonly asked: (link: NodeLink, command: JsonObject) => void
}

/** What of a session's id tells it from others of the same client. */
const SESSION_MARK_BYTES = 8

/** The other brokers, as one of them sees them: where clients and streams are, and links to pass streams on. */
export class Cluster {
  /** Where clients are connected. */
  readonly clients: Directory
  /** Where streams are hosted. */
  readonly streams: Directory
  /** For what clients write. */
  readonly #nodes: Nodes
  /** For what brokers read. */
  readonly #ordered: Nodes

  constructor(components: ClusterComponents) {
    const { clock, backplane, incarnation, clients, streams, started, asked } = components
    this.clients = new Directory({ clock, backplane, incarnation, kind: "client", events: clients })
    this.streams = new Directory({ clock, backplane, incarnation, kind: "stream", events: streams })
    const nodes = { clock, backplane, incarnation, started, asked }
    this.#nodes = new Nodes({ ...nodes, isOrdered: false })
    this.#ordered = new Nodes({ ...nodes, isOrdered: true })
  }

  /** Links with other brokers. */
  get linkCount(): number {
    return this.#nodes.linkCount + this.#ordered.linkCount
  }

  /** Names whose whereabouts are said or followed. */
  get size(): number {
    return this.clients.size + this.streams.size
  }

  /** The link with the broker that has a name of `directory`, as far as it is known. */
  sideOf(directory: Directory, name: string): Side | undefined {
    const place = directory.placeOf(name)
    if (place === undefined) return undefined
    return { carrier: this.#nodes.link(place.node), isRemote: true, session: sessionMark(place) }
  }

  /** The ordered link with the broker that hosts a stream. */
  hostOf(place: Place): NodeLink {
    return this.#ordered.link(place.node)
  }

  /** Leaves: links end, and nothing is answered for any more. */
  close(): void {
    this.clients.close()
    this.streams.close()
    this.#nodes.close()
    this.#ordered.close()
  }
}

/** Of a client's place: the beginning of its session's id, where its broker says it. */
function sessionMark({ about: { session } }: Place): Uint8Array | undefined {
  const mark = typeof session === "string" ? fromHex(session.slice(0, 2 * SESSION_MARK_BYTES)) : undefined
  return mark?.length === SESSION_MARK_BYTES ? mark : undefined
}
