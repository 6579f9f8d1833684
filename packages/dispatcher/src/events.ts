import type { BusError, Outcome } from "@luxbus/packet"

/** A hosted stream, as logs name it. */
export interface StreamRef {
  readonly name: string
  readonly epoch: number
  /** Client id of its writer. */
  readonly writer: string
}

/** What a Dispatcher tells its owner, for logs. Called from within the call that caused it; must not throw. */
export interface DispatcherEvents {
  /** A client was welcomed; told again after each of its lost connections. */
  clientConnected?(client: { readonly id: string }): void
  /** Its connection is lost; its streams stay for the window. */
  clientDisconnected?(client: { readonly id: string }): void
  /**
   * It has connected to another broker of the cluster since: what is left here is the connection that it has lost, or
   * that another client has under its id.
   */
  clientMoved?(client: { readonly id: string; readonly isSameSession: boolean }): void
  /** It did not come back within the window. */
  clientGone?(client: { readonly id: string }): void
  /** A writer opened a stream under a new name, or a new epoch of one. */
  streamStarted?(stream: StreamRef): void
  /** The stream has its outcome; it can still be read. */
  streamEnded?(stream: StreamRef & { readonly outcome: Outcome }): void
  /** The broker forgot the stream. */
  streamRemoved?(stream: StreamRef): void
  /** The journal failed in the background. */
  storageFailed?(stream: StreamRef & { readonly error: BusError }): void
}
