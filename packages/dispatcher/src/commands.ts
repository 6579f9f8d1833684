import { BusError, type JsonValue, recipientOf } from "@luxbus/packet"
import type { MaybePromise } from "@luxbus/stream-memory"
import type { Attachments } from "./attachments.ts"
import { authorize, authorizeCancel, isPermitted } from "./authorize.ts"
import type { Channels } from "./channels/channels.ts"
import { streamAbout } from "./cluster/rival-streams.ts"
import type { ClientIdentity } from "./connected-client.ts"
import type { ConnectionReaders } from "./connection-readers.ts"
import type { Groups, JoinRequest } from "./groups/groups.ts"
import type { MemberName } from "./groups/session-members.ts"
import type { HostedStream } from "./hosted-stream.ts"
import type { HostedStreams } from "./hosted-streams.ts"
import { readMailbox, runMailboxCommand } from "./mailboxes/mailbox-commands.ts"
import type { Mailboxes } from "./mailboxes/mailboxes.ts"
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
  readonly channels: Channels
  readonly mailboxes: Mailboxes
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
  readonly client: ClientIdentity
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
      return cancel(services, command.client, params)
    case "list":
      return list(services, command.client)
    case "channels":
      authorize(command.client, "operate", command.op)
      return services.channels.list()
    case "members":
      authorize(command.client, "operate", command.op)
      return services.channels.members(params.name("channel"))
    default: {
      const answer = runMailboxCommand(services.mailboxes, command.client, command.op, params)
      if (answer !== undefined) return answer
      throw new BusError("unsupported", `The broker knows no operation "${command.op}".`)
    }
  }
}

/** `{ name, from, wait? }` → `{ name, epoch }`, or `{ name, waiting: true }` until the stream appears. */
function attach(services: CommandServices, command: ClientCommand, params: Params): MaybePromise<JsonValue> {
  const { hosted, attachments, mirrors } = services
  const name = params.name("name")
  const from = parseFrom(params.value("from"), "start")
  const isAwaited = params.optionalBoolean("wait")
  const { client, readers, id } = command
  authorize(client, "attach", name)
  const request = { client, readers, request: id, from, isAwaited }
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
  const { topics, groups, mailboxes, attachments } = services
  const { client, readers } = command
  const subject = params.pattern("subject")
  const from = parseTopicFrom(params.value("from"))
  const request = { readers, request: command.id }
  if (isPattern(subject)) {
    if (params.value("group") !== undefined) throw new BusError("unsupported", "A group has one subject, no pattern.")
    authorize(client, "subscribe", subject)
    const read = { ...request, from: notLast(from), isAwaited: false }
    return answer(attachments.subscribePattern(topics.patterns, subject, read), (epoch) => ({ subject, epoch }))
  }
  const member = params.value("group") === undefined ? undefined : groupMember(command, params, notLast(from))
  if (recipientOf(subject) !== undefined) return { subject, epoch: readMailbox(mailboxes, client, subject, member) }
  authorize(client, "subscribe", subject)
  const topic = topics.get(subject)
  const epoch =
    member === undefined
      ? attachments.subscribe(topic, { ...request, from, isAwaited: false })
      : groups.join(topic, member)
  return answer(epoch, (epoch) => ({ subject, epoch }))
}

function notLast(from: TopicFrom): From {
  if (from.type !== "last") return from
  throw new BusError("unsupported", "The last messages are those of one subject, and of no group.", {
    details: { field: "from" },
  })
}

/** `{ subject, group, member }` → `{ subject }`: whether or not it is a member. */
function leave({ groups, mailboxes }: CommandServices, command: ClientCommand, params: Params): JsonValue {
  const subject = params.subject("subject")
  const member = memberOf(command, params)
  if (recipientOf(subject) === command.client.id) mailboxes.leave(command.client.id, member)
  else groups.leave(subject, params.name("group"), member)
  return { subject }
}

/** How a member joins its group. */
function groupMember(command: ClientCommand, params: Params, from: From): JoinRequest {
  return {
    ...memberOf(command, params),
    group: params.name("group"),
    readers: command.readers,
    request: command.id,
    from,
    prefetch: params.optionalNumber("prefetch", DEFAULT_PREFETCH, [1, MAX_PREFETCH]),
  }
}

function memberOf({ session }: ClientCommand, params: Params): MemberName {
  return { session, member: params.number("member") }
}

/** What is hosted here and the client may attach to. */
function list({ hosted }: CommandServices, client: ClientIdentity): JsonValue {
  return hosted.list().filter(({ name }) => isPermitted(client, "attach", name)) as unknown as JsonValue
}

/** `{ name, reason? }` → `{ status }`: the outcome's where there is one, else `live` or `suspended`. */
function cancel({ hosted, mirrors }: CommandServices, client: ClientIdentity, params: Params): MaybePromise<JsonValue> {
  const name = params.name("name")
  const reason = params.optionalString("reason")
  const stream = hosted.get(name)
  // Who may not stop it does not learn either whether there is such a stream.
  if (stream !== undefined || mirrors === undefined) authorizeCancel(client, name, stream?.writer)
  if (stream !== undefined) return cancelHosted(stream, reason)
  if (mirrors === undefined) throw unknownStream(name)
  return mirrors.find(name, (place) => {
    const found = hosted.get(name)
    authorizeCancel(client, name, found?.writer ?? (place && streamAbout(place.about)?.writer))
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
