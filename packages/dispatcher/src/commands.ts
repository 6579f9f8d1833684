import { BusError, type JsonValue, MAILBOX_GROUP, recipientOf } from "@luxbus/packet"
import type { MaybePromise } from "@luxbus/stream-memory"
import type { Attachments } from "./attachments.ts"
import type { Channels } from "./channels/channels.ts"
import type { ConnectionReaders } from "./connection-readers.ts"
import type { Groups } from "./groups/groups.ts"
import type { MemberName } from "./groups/session-members.ts"
import type { HostedStream } from "./hosted-stream.ts"
import type { HostedStreams } from "./hosted-streams.ts"
import type { Mailboxes } from "./mailboxes/mailboxes.ts"
import { standingOf } from "./mirror-standing.ts"
import type { Mirrors } from "./mirrors.ts"
import { Params } from "./params.ts"
import type { ReadableStream } from "./readable-stream.ts"
import { parseFrom } from "./start-position.ts"
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
  /** Names the client's session. */
  readonly session: string
  readonly clientId: string
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
    case "channels":
      return services.channels.list()
    case "members":
      return services.channels.members(params.name("channel"))
    case "mailboxes":
      return services.mailboxes.list()
    case "dropMail":
      return { dropped: services.mailboxes.drop(params.name("to")) }
    case "deadLetters":
      return services.mailboxes.listDead(params.name("to"))
    case "redrive":
      return redrive(services, params)
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

/** `{ subject, from?, group?, member?, prefetch? }` → `{ subject, epoch }`. */
function subscribe(services: CommandServices, command: ClientCommand, params: Params): MaybePromise<JsonValue> {
  const { topics, groups, mailboxes, attachments } = services
  const { readers } = command
  const subject = params.subject("subject")
  const from = parseFrom(params.value("from"), "now")
  const prefetch = params.optionalNumber("prefetch", DEFAULT_PREFETCH, [1, MAX_PREFETCH])
  const request = { readers, request: command.id, from }
  const group = params.value("group") === undefined ? undefined : params.name("group")
  const member = group === undefined ? undefined : { ...request, prefetch, ...memberOf(command, params) }
  if (recipientOf(subject) !== undefined) {
    assertOwnMailbox(command, subject, group)
    if (member !== undefined) return { subject, epoch: mailboxes.join(command.clientId, member) }
  }
  const topic = topics.get(subject)
  const epoch =
    group === undefined || member === undefined
      ? attachments.subscribe(topic, { ...request, isAwaited: false })
      : groups.join(topic, { ...member, group })
  return answer(epoch, (epoch) => ({ subject, epoch }))
}

/** `{ subject, group, member }` → `{ subject }`: whether or not it is a member. */
function leave({ groups, mailboxes }: CommandServices, command: ClientCommand, params: Params): JsonValue {
  const subject = params.subject("subject")
  const member = memberOf(command, params)
  if (recipientOf(subject) === command.clientId) mailboxes.leave(command.clientId, member)
  else groups.leave(subject, params.name("group"), member)
  return { subject }
}

function memberOf({ session }: ClientCommand, params: Params): MemberName {
  return { session, member: params.number("member") }
}

/** @throws BusError `forbidden` for a mailbox of another client; `invalid_argument` where it is not read as its group */
function assertOwnMailbox({ clientId }: ClientCommand, subject: string, group: string | undefined): void {
  if (recipientOf(subject) !== clientId) {
    throw new BusError("forbidden", "A mailbox is read by its own client.", { details: { subject } })
  }
  if (group === MAILBOX_GROUP) return
  throw new BusError("invalid_argument", `A mailbox is read in the group "${MAILBOX_GROUP}".`, {
    details: { field: "group" },
  })
}

/** `{ to, id? }` → `{ redriven, left }`. */
function redrive({ mailboxes }: CommandServices, params: Params): JsonValue {
  const id = params.value("id") === undefined ? undefined : params.number("id")
  return { ...mailboxes.redrive(params.name("to"), id) }
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
