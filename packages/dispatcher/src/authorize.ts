import { BusError } from "@luxbus/packet"

/**
 * What a client may be let do to what is named: `publish` and `subscribe` to a subject, `open` a stream to write, `attach` to
 * one that is hosted, `cancel` another client's, `takeover` one that another client writes, `request` of and `serve` a
 * channel, send to the `mailbox` of a client; and `operate`: the operations of whoever runs the broker, by name.
 */
export type Action =
  | "publish"
  | "subscribe"
  | "open"
  | "attach"
  | "cancel"
  | "takeover"
  | "request"
  | "serve"
  | "mailbox"
  | "operate"

/** Whether a client may. Called for each START and command, never for a frame. Must not throw. */
export type Permits = (action: Action, name: string) => boolean

/** Who asks. */
export interface Authorized {
  /** Default: everything, but for `takeover`, which is never given unasked. */
  readonly permits?: Permits
}

/** Whether the client may. */
export function isPermitted({ permits }: Authorized, action: Exclude<Action, "takeover">, name: string): boolean {
  return permits === undefined || permits(action, name)
}

/** @throws BusError `forbidden` (`details.action`, `details.name`) where the client may not */
export function authorize(client: Authorized, action: Exclude<Action, "takeover">, name: string): void {
  if (isPermitted(client, action, name)) return
  throw new BusError("forbidden", `This client may not ${action} "${name}".`, { details: { action, name } })
}

/** Who asks for a stream to be stopped. */
export interface Canceller extends Authorized {
  readonly id: string
  /** Counts one more that it asks for. Default: there may be any number. @throws BusError `rate_limited` */
  readonly admitCancel?: () => void
}

/** Who writes a stream may always stop it. @throws BusError `forbidden`, `rate_limited` */
export function authorizeCancel(client: Canceller, name: string, writer: string | undefined): void {
  if (client.id !== writer) authorize(client, "cancel", name)
  client.admitCancel?.()
}
