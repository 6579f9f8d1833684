import type { Clock } from "@luxbus/clock"
import type { BrokerCarrier } from "@luxbus/dual-stream"
import type { Fields, FullHeader } from "@luxbus/packet"
import type { Backplane } from "./backplane.ts"
import { Directory } from "./directory.ts"
import { Nodes } from "./nodes.ts"

export interface ClusterComponents {
  readonly clock: Clock
  readonly backplane: Backplane
  /** This broker's incarnation: 8 bytes. */
  readonly incarnation: Uint8Array
  readonly events: ClusterEvents
}

export interface ClusterEvents {
  /** Another broker passes on a client's START; its address on `carrier` is given. A BusError resets that stream alone. */
  started(carrier: BrokerCarrier, address: number, header: FullHeader, fields: Fields): void
  /** Who was looked for can be reached. */
  found(clientId: string): void
  /** A client of this broker's has connected to another one since, by a session of this id (hexadecimal). */
  moved(clientId: string, session: string): void
}

/** The other brokers, as one of them sees them: where clients are, and links to pass their streams on. */
export class Cluster {
  readonly directory: Directory
  readonly #nodes: Nodes

  constructor(components: ClusterComponents) {
    const { clock, backplane, incarnation, events } = components
    this.directory = new Directory({ clock, backplane, incarnation, events })
    this.#nodes = new Nodes({
      clock,
      backplane,
      incarnation,
      started: (link, address, header, fields) => events.started(link, address, header, fields),
    })
  }

  /** Links with other brokers. */
  get linkCount(): number {
    return this.#nodes.linkCount
  }

  /** The link with the broker where a client is, as far as it is known. */
  carrierOf(clientId: string): BrokerCarrier | undefined {
    const node = this.directory.nodeOf(clientId)
    return node === undefined ? undefined : this.#nodes.link(node)
  }

  /** Leaves: others notice by their silence. */
  close(): void {
    this.directory.close()
    this.#nodes.close()
  }
}
