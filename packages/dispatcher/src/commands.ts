import { BusError, type JsonValue } from "@luxbus/packet"
import type { MaybePromise } from "@luxbus/stream-memory"
import type { Attachments } from "./attachments.ts"
import type { ConnectionReaders } from "./connection-readers.ts"
import type { Groups, Membership } from "./groups/groups.ts"
import type { HostedStream } from "./hosted-stream.ts"
import type { HostedStreams } from "./hosted-streams.ts"
import { standingOf } from "./mirror-standing.ts"
import type { Mirrors } from "./mirrors.ts"
import { isPattern, Params } from "./params.ts"
import type { ReadableStream } from "./readable-stream.ts"
import { type From, parseFrom, parseTopicFrom, type TopicFrom } from "./start-position.ts"
import type { Topics } from "./topics.ts"
import { isPending } from "./when-settled.ts"

/** Messages that a member of a group is given ahead: enough to be busy while an acknowledgement travels. */
const DEFAULT_PREFETCH = 16
const MAX_PREFETCH = 1_024

/** What commands act on. */
export interface CommandServices {
  readonly hosted: HostedStreams
  readonly topics: Topics
  readonly groups: Groups
  readonly attachments: Attachments
  /** Streams that other brokers host; undefined: there are none. */
  readonly mirrors: Mirrors | undefined
}

/** A command of one client. */
export interface Command {
  readonly id: number
  readonly op: string
  readonly params: JsonValue
  /** Of the connection that it came by. */
  readonly readers: ConnectionReaders
}

/** A command of one of this broker's clients. */
export interface ClientCommand extends Command {
  /** Names the client's session. */
  readonly session: string
}

/**
 * Runs one of the broker's own operations.
 * @throws BusError, or rejects with it: see {@link ConnectedClient.command}
 */
export function runCommand(services: CommandServices, command: ClientCommand): MaybePromise<JsonValue> {
  const params = new Params(command.params)
  switch (command.op) {
    case "attach":
      return attach(services, command, params)
    case "subscribe":
      return subscribe(services, command, params)
    case "leave":
      return leave(services, command, params)
    case "cancel":
      return cancel(services, params)
    case "list":
      return services.hosted.list() as unknown as JsonValue
    default:
      throw new BusError("unsupported", `The broker knows no operation "${command.op}".`)
  }
}

/** `{ name, from, wait? }` → `{ name, epoch }`, or `{ name, waiting: true }` until the stream appears. */
function attach(services: CommandServices, command: Command, params: Params): MaybePromise<JsonValue> {
  const { hosted, attachments, mirrors } = services
  const name = params.name("name")
  const from = parseFrom(params.value("from"), "start")
  const isAwaited = params.optionalBoolean("wait")
  const request = { readers: command.readers, request: command.id, from, isAwaited }
  const attached = (stream: ReadableStream) => answer(attachments.attach(stream, request), (epoch) => ({ name, epoch }))
  hosted.reads(name, from)
  const stream = hosted.get(name) ?? mirrors?.get(name)
  // What is still asked for at another broker may turn out to be gone: who waits, waits on.
  const isSought = stream === undefined || (stream.isBehind && stream.log === undefined)
  if (stream !== undefined && !(isSought && isAwaited)) return attached(stream)
  if (isAwaited) {
    attachments.wait(name, request)
    return { name, waiting: true }
  }
  if (mirrors === undefined) throw unknownStream(name)
  return mirrors.find(name, (place) => {
    const found = hosted.get(name) ?? (place && mirrors.open(name, place))
    if (found === undefined) throw unknownStream(name)
    return attached(found)
  })
}

/** `{ subject, from?, group?, member?, prefetch? }` → `{ subject, epoch }`; a pattern without a group. */
function subscribe(services: CommandServices, command: ClientCommand, params: Params): MaybePromise<JsonValue> {
  const { topics, groups, attachments } = services
  const { readers, id: request, session } = command
  const subject = params.pattern("subject")
  const from = parseTopicFrom(params.value("from"))
  if (isPattern(subject)) {
    if (params.value("group") !== undefined) throw new BusError("unsupported", "A group has one subject, no pattern.")
    const read = { readers, request, from: notLast(from), isAwaited: false }
    return answer(attachments.subscribePattern(topics.patterns, subject, read), (epoch) => ({ subject, epoch }))
  }
  const membership = params.value("group") === undefined ? undefined : membershipOf(session, params)
  const prefetch = params.optionalNumber("prefetch", DEFAULT_PREFETCH, [1, MAX_PREFETCH])
  const topic = topics.get(subject)
  const epoch =
    membership === undefined
      ? attachments.subscribe(topic, { readers, request, from, isAwaited: false })
      : groups.join(topic, { readers, request, from: notLast(from), prefetch, ...membership })
  return answer(epoch, (epoch) => ({ subject, epoch }))
}

function notLast(from: TopicFrom): From {
  if (from.type !== "last") return from
  throw new BusError("unsupported", "The last messages are those of one subject, and of no group.", {
    details: { field: "from" },
  })
}

/** `{ subject, group, member }` → `{ subject }`: whether or not it is a member. */
function leave({ groups }: CommandServices, { session }: ClientCommand, params: Params): JsonValue {
  const subject = params.subject("subject")
  groups.leave(subject, membershipOf(session, params))
  return { subject }
}

function membershipOf(session: string, params: Params): Membership {
  return { group: params.name("group"), session, member: params.number("member") }
}

/** `{ name, reason? }` → `{ status }`: the outcome's where there is one, else `live` or `suspended`. */
function cancel({ hosted, mirrors }: CommandServices, params: Params): MaybePromise<JsonValue> {
  const name = params.name("name")
  const reason = params.optionalString("reason")
  const stream = hosted.get(name)
  if (stream !== undefined) return cancelHosted(stream, reason)
  if (mirrors === undefined) throw unknownStream(name)
  return mirrors.find(name, (place) => {
    const found = hosted.get(name)
    if (found !== undefined) return cancelHosted(found, reason)
    if (place === undefined) throw unknownStream(name)
    return mirrors.ask(place, "cancel", reason === undefined ? { name } : { name, reason })
  })
}

function cancelHosted(stream: HostedStream, reason: string | undefined): JsonValue {
  const { outcome, state } = stream.summary()
  if (outcome !== null) return { status: outcome.status }
  stream.cancel(reason)
  return { status: state }
}

/**
 * Runs what another broker asks of what is hosted here: `mirror` (`{ name, from }`: a copy of the stream, which is
 * announced behind the answer), `cancel`. None is passed on to a third.
 * @param reply takes the answer
 * @throws BusError, or rejects with it, instead of an answer or after one
 */
export function runNodeCommand(
  services: CommandServices,
  command: Command,
  reply: (result: JsonValue) => void,
): MaybePromise<unknown> {
  const { hosted, attachments } = services
  const params = new Params(command.params)
  const name = params.name("name")
  const stream = hosted.get(name)
  if (stream === undefined) throw unknownStream(name)
  if (command.op === "cancel") {
    reply(cancelHosted(stream, params.optionalString("reason")))
    return undefined
  }
  if (command.op !== "mirror") throw new BusError("unsupported", `A broker knows no operation "${command.op}".`)
  const from = parseFrom(params.value("from"), "start")
  const request = { readers: command.readers, request: command.id, from, isAwaited: true }
  return attachments.attach(stream, request, (log) => reply(standingOf(log)))
}

function unknownStream(name: string): BusError {
  return new BusError("unknown_stream", `There is no stream "${name}".`, { details: { name } })
}

function answer<T>(value: MaybePromise<T>, reply: (value: T) => JsonValue): MaybePromise<JsonValue> {
  return isPending(value) ? value.then(reply) : reply(value)
}
