import { BusError, type JsonValue } from "@luxbus/packet"
import type { MaybePromise } from "@luxbus/stream-memory"
import type { Attachments } from "./attachments.ts"
import type { ConnectionReaders } from "./connection-readers.ts"
import type { HostedStreams } from "./hosted-streams.ts"
import { Params } from "./params.ts"
import { parseFrom } from "./start-position.ts"
import type { Topics } from "./topics.ts"
import { isPending } from "./when-settled.ts"

/** What commands act on. */
export interface CommandServices {
  readonly hosted: HostedStreams
  readonly topics: Topics
  readonly attachments: Attachments
}

/** A command of one client. */
export interface Command {
  readonly id: number
  readonly op: string
  readonly params: JsonValue
  /** Of the connection that it came by. */
  readonly readers: ConnectionReaders
}

/**
 * Runs one of the broker's own operations.
 * @throws BusError, or rejects with it: see {@link ConnectedClient.command}
 */
export function runCommand(services: CommandServices, command: Command): MaybePromise<JsonValue> {
  const params = new Params(command.params)
  switch (command.op) {
    case "attach":
      return attach(services, command, params)
    case "subscribe":
      return subscribe(services, command, params)
    case "cancel":
      return cancel(services, params)
    case "list":
      return services.hosted.list() as unknown as JsonValue
    default:
      throw new BusError("unsupported", `The broker knows no operation "${command.op}".`)
  }
}

/** `{ name, from, wait? }` → `{ name, epoch }`, or `{ name, waiting: true }` until the stream appears. */
function attach({ hosted, attachments }: CommandServices, command: Command, params: Params): MaybePromise<JsonValue> {
  const name = params.name("name")
  const from = parseFrom(params.value("from"), "start")
  const isAwaited = params.optionalBoolean("wait")
  const request = { readers: command.readers, request: command.id, from, isAwaited }
  const stream = hosted.get(name)
  if (stream !== undefined) return answer(attachments.attach(stream, request), (epoch) => ({ name, epoch }))
  if (!isAwaited) throw unknownStream(name)
  attachments.wait(name, request)
  return { name, waiting: true }
}

/** `{ subject, from? }` → `{ subject, epoch }`. */
function subscribe(
  { topics, attachments }: CommandServices,
  command: Command,
  params: Params,
): MaybePromise<JsonValue> {
  const subject = params.subject("subject")
  const from = parseFrom(params.value("from"), "now")
  const request = { readers: command.readers, request: command.id, from, isAwaited: false }
  return answer(attachments.subscribe(topics.get(subject), request), (epoch) => ({ subject, epoch }))
}

/** `{ name, reason? }` → `{ status }`: the outcome's where there is one, else `live` or `suspended`. */
function cancel({ hosted }: CommandServices, params: Params): JsonValue {
  const name = params.name("name")
  const reason = params.optionalString("reason")
  const stream = hosted.get(name)
  if (stream === undefined) throw unknownStream(name)
  const { outcome, state } = stream.summary()
  if (outcome !== null) return { status: outcome.status }
  stream.cancel(reason)
  return { status: state }
}

function unknownStream(name: string): BusError {
  return new BusError("unknown_stream", `There is no stream "${name}".`, { details: { name } })
}

function answer<T>(value: MaybePromise<T>, reply: (value: T) => JsonValue): MaybePromise<JsonValue> {
  return isPending(value) ? value.then(reply) : reply(value)
}
