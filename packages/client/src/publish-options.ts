/** How `Bus.publish` publishes. */
export interface PublishOptions {
  /** Whether to wait for the broker's answer. Default false: at most once, and nothing is kept. */
  readonly receipt?: boolean
  /** Gives up waiting. */
  readonly signal?: AbortSignal
}
