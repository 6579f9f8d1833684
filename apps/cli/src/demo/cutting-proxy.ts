import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"

interface Link {
  readonly client: Socket
  readonly broker: Socket
  stalled: boolean
}

/**
 * A TCP proxy that can break what goes through it: what the demo and the tests put between a client and its broker to
 * play a bad network.
 */
export class CuttingProxy {
  readonly #server: Server
  readonly #links = new Set<Link>()
  readonly #onForward: (bytes: number) => void
  #refusing = false
  /** Bytes that went through, both ways together. */
  forwardedBytes = 0

  private constructor(target: { readonly host: string; readonly port: number }, onForward: (bytes: number) => void) {
    this.#onForward = onForward
    this.#server = createServer((client) => this.#accept(client, target))
  }

  /**
   * Listens on a free port of loopback.
   * @param url of the broker: `ws://127.0.0.1:7700`
   * @param onForward is called after each piece with the bytes forwarded so far
   */
  static async listen(url: string, onForward: (bytes: number) => void = () => {}): Promise<CuttingProxy> {
    const { hostname, port } = new URL(url)
    const proxy = new CuttingProxy({ host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) }, onForward)
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once("error", reject).listen(0, "127.0.0.1", resolve)
    })
    return proxy
  }

  /** Where clients connect in place of the broker. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `ws://127.0.0.1:${port}`
  }

  /** Connections that are not cut; stalled ones count. */
  get openLinks(): number {
    return this.#links.size
  }

  /** Resets every connection at once, losing whatever is on its way. New ones get through. */
  cut(): void {
    for (const link of this.#links) this.#destroy(link)
  }

  /**
   * Stops forwarding on every connection without closing it, as when a cable is pulled: what is on its way is lost and
   * neither end is told, not even when the other gives up. New connections get through.
   */
  stall(): void {
    for (const link of this.#links) {
      link.stalled = true
      link.client.resume()
      link.broker.resume()
    }
  }

  /** Refuses new connections, or lets them through again. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #accept(client: Socket, target: { readonly host: string; readonly port: number }): void {
    if (this.#refusing) {
      client.destroy()
      return
    }
    const link: Link = { client, broker: connect(target), stalled: false }
    this.#links.add(link)
    this.#forward(link, client, link.broker)
    this.#forward(link, link.broker, client)
  }

  #forward(link: Link, from: Socket, to: Socket): void {
    from.setNoDelay(true)
    from.on("data", (data) => {
      if (link.stalled) return
      if (!to.write(data)) from.pause()
      this.forwardedBytes += data.length
      this.#onForward(this.forwardedBytes)
    })
    to.on("drain", () => from.resume())
    // An error is always followed by close; without a listener it would end the process.
    from.on("error", () => {})
    from.on("close", () => {
      if (!link.stalled || to.destroyed) this.#destroy(link)
    })
  }

  #destroy(link: Link): void {
    if (!this.#links.delete(link)) return
    link.client.resetAndDestroy()
    link.broker.resetAndDestroy()
  }
}
