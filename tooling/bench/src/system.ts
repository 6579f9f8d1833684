/**
 * One system that is measured. It has two halves, each used in a process of its own: `serve` in the server's,
 * `connect` in the clients'. Each imports what it needs when it is called, so that neither process bears the other's code.
 */
export interface System {
  /** Starts the server on a free port of loopback. */
  serve(): Promise<RunningServer>
  /** Connects one client; resolves when it can be used. */
  connect(url: string, options: ClientOptions): Promise<Client>
}

export interface RunningServer {
  /** What `connect` takes. */
  readonly url: string
}

export interface ClientOptions {
  /** Its id; unique among the clients of one load. */
  readonly id: string
  /** A failure in the background: a lost connection, a message that cannot be read. It ends the measurement. */
  readonly onFailure: (error: Error) => void
}

/**
 * One connected client. Messages are bytes for every system; all calls are those that an application would make.
 * Whoever publishes bounds what is in flight, so a client need not.
 */
export interface Client {
  /** Publishes one message. A promise, where the system has one, is waited for before the next. `data` is not changed. */
  publish(subject: string, data: Uint8Array): Promise<void> | undefined
  /** Calls `onMessage` for each message, in order; resolves when what is published from then on arrives. */
  subscribe(subject: string, onMessage: (data: Uint8Array) => void): Promise<void>
  /** Opens a pipe of bytes to the client `to`, which accepts pipes of this name. */
  openPipe(name: string, to: string): Promise<Pipe>
  /** Calls `onChunk` for each chunk that comes through a pipe of this name, in order. */
  acceptPipe(name: string, onChunk: (data: Uint8Array) => void): Promise<void>
  close(): Promise<void>
}

/** Bytes from one client to another, through the server. */
export interface Pipe {
  /** Whether the system itself compares SHA-256 of both ends. Where it does not, the bench does, as an application would. */
  readonly verifies: boolean
  /** As {@link Client.publish}. */
  write(data: Uint8Array): Promise<void> | undefined
  /**
   * Ends it; everything has been received.
   * @throws Error where the system found that something else arrived than was written
   */
  end(): Promise<void>
}
