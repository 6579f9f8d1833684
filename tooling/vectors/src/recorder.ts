import { setImmediate as nextTurn } from "node:timers/promises"
import { Bus, platformSha256 } from "@luxbus/client"
import { createStreams } from "@luxbus/client/streams"
import { ManualClock, SeededRandom } from "@luxbus/clock/testing"
import { createServer, type Server, type ServerOptions } from "@luxbus/server"
import { type Connection, type Dial, type MemoryPair, type Message, memoryListener } from "@luxbus/transport"
import { CodecConnection } from "./connection.ts"
import type { ExchangeMessage, Side } from "./vector.ts"

/** Turns of the loop after which nothing moves any more, where time stands still. */
const TURNS = 30

/** A broker and its clients in one process, on a clock that stands still; what they say to each other is written down. */
export class Recorder {
  readonly clock = new ManualClock()
  readonly #random = new SeededRandom(4)
  readonly #place = memoryListener({ clock: this.clock, onPair: (pair) => this.#pairs.push(pair) })
  readonly #options: ServerOptions
  #server: Server
  readonly #pairs: MemoryPair[] = []
  readonly #links = new Map<string, MemoryPair>()
  readonly #messages: ExchangeMessage[] = []
  readonly #buses: Bus[] = []

  constructor(options: ServerOptions = {}) {
    this.#options = options
    this.#server = this.#serve()
    this.#place.listen((connection, request) => this.#server.accept(connection, request))
  }

  /**
   * Connects a client. Its connections are named for it, the second `clientA/2`.
   * @param as what they are named instead
   */
  async connect(id: string, as = id): Promise<Bus> {
    const components = { clock: this.clock, random: this.#random, createHash: platformSha256(), createStreams }
    const bus = new Bus({ ...components, dial: this.#dial(as) }, { id })
    // Some are refused.
    bus.connected.catch(() => {})
    this.#buses.push(bus)
    await this.settle()
    return bus
  }

  /** Cuts a client's connection: what is under way is lost. It comes back by itself. */
  async cut(id: string): Promise<void> {
    this.#links.get(id)?.cut()
    await this.settle()
  }

  /** The broker stops, as it should, and another comes in its place, which knows nothing of it. */
  async restart(): Promise<void> {
    const stopping = this.#server.close({ drainMs: 0 })
    this.#server = this.#serve()
    await this.pass(1_000)
    await stopping
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.settle()
  }

  /** Waits until everything that can be said now was said. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) {
      // Time 0 delays, such as dialling, fall due too.
      this.clock.advance(0)
      await nextTurn()
    }
  }

  /** Ends everything. @returns what was said until now */
  async stop(): Promise<readonly ExchangeMessage[]> {
    const messages = [...this.#messages]
    const closing = [...this.#buses.map((bus) => bus.close()), this.#server.close({ drainMs: 0 })]
    await this.pass(1_000)
    await Promise.all(closing)
    return messages
  }

  #serve(): Server {
    return createServer(this.#options, { clock: this.clock, random: this.#random })
  }

  #dial(id: string): Dial {
    let count = 0
    return async (options) => {
      const connection = await this.#place.dial(options)
      this.#links.set(id, this.#pairs.at(-1)!)
      count++
      return this.#tapped(connection, count === 1 ? id : `${id}/${count}`)
    }
  }

  #tapped(connection: Connection, on: string): Connection {
    const codec = new CodecConnection()
    const write = (by: Side, message: Message) => {
      this.#messages.push({ on, ...codec.read(by, message as Uint8Array) })
    }
    return {
      protocol: connection.protocol,
      remoteAddress: connection.remoteAddress,
      get undrainedBytes() {
        return connection.undrainedBytes
      },
      start: (handler) =>
        connection.start({
          onMessage: (message) => {
            write("broker", message)
            handler.onMessage(message)
          },
          onDrain: () => handler.onDrain(),
          onClose: (info) => handler.onClose(info),
        }),
      send: (message) => {
        write("client", message)
        connection.send(message)
      },
      close: (code, reason) => connection.close(code, reason),
      terminate: () => connection.terminate(),
    }
  }
}
