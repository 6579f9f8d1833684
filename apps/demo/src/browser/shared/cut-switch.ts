type EventName = "open" | "message" | "close" | "error"

/** What is read of a socket's events. */
interface SocketEvent {
  readonly data?: unknown
  readonly code?: number
  readonly reason?: string
}

type Listener = (event: SocketEvent) => void

/** What a dial needs of the platform's WebSocket. */
export interface Socket {
  binaryType: string
  readonly protocol: string
  readonly bufferedAmount: number
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  addEventListener(type: EventName, listener: Listener): void
}

/** The class of {@link Socket}. */
export type SocketConstructor = new (url: string, protocols: string[]) => Socket

/** The close code of a connection that ended without a word (RFC 6455, 7.4.1). */
const ABNORMAL = 1006

/**
 * A network with a switch: WebSockets made by its constructor work as the platform's own, until they are cut. Then
 * whatever is on its way is lost, both ways, as with a cable that is pulled; and for as long as the outage lasts new
 * ones cannot connect.
 */
export class CutSwitch {
  /** To be given to a dial in place of the platform's. */
  readonly WebSocket: SocketConstructor
  readonly #sockets = new Set<CuttableSocket>()
  readonly #now: () => number
  #awayUntil = 0

  constructor(platform: SocketConstructor, now: () => number = () => performance.now()) {
    this.#now = now
    const open = (url: string, protocols: string[]) => this.#open(platform, url, protocols)
    this.WebSocket = class {
      constructor(url: string, protocols: string[]) {
        // biome-ignore lint/correctness/noConstructorReturn: a dial makes its socket by `new`
        return open(url, protocols)
      }
    } as unknown as SocketConstructor
  }

  /** Cuts every connection, and lets none through for `outageMs`. */
  cut(outageMs: number): void {
    this.#awayUntil = this.#now() + outageMs
    for (const socket of [...this.#sockets]) socket.cut()
  }

  #open(platform: SocketConstructor, url: string, protocols: string[]): Socket {
    const isAway = this.#now() < this.#awayUntil
    const socket: CuttableSocket = new CuttableSocket(isAway ? undefined : new platform(url, protocols), () =>
      this.#sockets.delete(socket),
    )
    this.#sockets.add(socket)
    if (isAway) queueMicrotask(() => socket.cut())
    return socket
  }
}

/** A socket of the platform that can be cut off from its user; without one it never opens. */
class CuttableSocket implements Socket {
  readonly #socket: Socket | undefined
  readonly #listeners: { readonly type: EventName; readonly listener: Listener }[] = []
  readonly #onEnd: () => void
  #ended = false

  constructor(socket: Socket | undefined, onEnd: () => void) {
    this.#socket = socket
    this.#onEnd = onEnd
    if (socket === undefined) return
    for (const type of ["open", "message", "error"] as const)
      socket.addEventListener(type, (event) => this.#tell(type, event))
    socket.addEventListener("close", (event) => this.#end(event))
  }

  get binaryType(): string {
    return this.#socket?.binaryType ?? "arraybuffer"
  }

  set binaryType(type: string) {
    if (this.#socket !== undefined) this.#socket.binaryType = type
  }

  get protocol(): string {
    return this.#socket?.protocol ?? ""
  }

  get bufferedAmount(): number {
    return this.#socket?.bufferedAmount ?? 0
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (!this.#ended) this.#socket?.send(data)
  }

  close(code?: number, reason?: string): void {
    this.#socket?.close(code, reason)
  }

  addEventListener(type: EventName, listener: Listener): void {
    this.#listeners.push({ type, listener })
  }

  /** From here on nothing passes; the user learns what it would learn of a broken network. */
  cut(): void {
    if (this.#ended) return
    this.#end({ code: ABNORMAL, reason: "" })
    this.#socket?.close()
  }

  #end(event: SocketEvent): void {
    if (this.#ended) return
    this.#tell("close", event)
    this.#ended = true
    this.#onEnd()
  }

  #tell(type: EventName, event: SocketEvent): void {
    if (this.#ended) return
    for (const entry of this.#listeners) if (entry.type === type) entry.listener(event)
  }
}
