import { BusError, type JsonValue, MAILBOX_GROUP, recipientOf } from "@luxbus/packet"
import type { MaybePromise } from "@luxbus/stream-memory"
import type { Attachments } from "./attachments.ts"
import { authorize, authorizeCancel, isPermitted } from "./authorize.ts"
import type { Channels } from "./channels/channels.ts"
import { streamAbout } from "./cluster/rival-streams.ts"
import type { ClientIdentity } from "./connected-client.ts"
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
    case "mailboxes":
      authorize(command.client, "operate", command.op)
      return services.mailboxes.list()
    case "dropMail":
      return { dropped: services.mailboxes.drop(ownedMailbox(command, params)) }
    case "deadLetters":
      return services.mailboxes.listDead(ownedMailbox(command, params))
    case "redrive":
      return redrive(services, command, params)
    default:
      throw new BusError("unsupported", `The broker knows no operation "${command.op}".`)
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

/** `{ subject, from?, group?, member?, prefetch? }` → `{ subject, epoch }`. */
function subscribe(services: CommandServices, command: ClientCommand, params: Params): MaybePromise<JsonValue> {
  const { topics, groups, mailboxes, attachments } = services
  const { client, readers } = command
  const subject = params.subject("subject")
  const from = parseFrom(params.value("from"), "now")
  const prefetch = params.optionalNumber("prefetch", DEFAULT_PREFETCH, [1, MAX_PREFETCH])
  const request = { readers, request: command.id, from }
  const group = params.value("group") === undefined ? undefined : params.name("group")
  const member = group === undefined ? undefined : { ...request, prefetch, ...memberOf(command, params) }
  if (recipientOf(subject) !== undefined) {
    assertOwnMailbox(command, subject, group)
    if (member !== undefined) return { subject, epoch: mailboxes.join(client.id, member) }
  }
  authorize(client, "subscribe", subject)
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
  if (recipientOf(subject) === command.client.id) mailboxes.leave(command.client.id, member)
  else groups.leave(subject, params.name("group"), member)
  return { subject }
}

function memberOf({ session }: ClientCommand, params: Params): MemberName {
  return { session, member: params.number("member") }
}

/** @throws BusError `forbidden` for a mailbox of another client; `invalid_argument` where it is not read as its group */
function assertOwnMailbox({ client }: ClientCommand, subject: string, group: string | undefined): void {
  if (recipientOf(subject) !== client.id) {
    throw new BusError("forbidden", "A mailbox is read by its own client.", { details: { subject } })
  }
  if (group === MAILBOX_GROUP) return
  throw new BusError("invalid_argument", `A mailbox is read in the group "${MAILBOX_GROUP}".`, {
    details: { field: "group" },
  })
}

/** `{ to, id? }` → `{ redriven, left }`. */
function redrive({ mailboxes }: CommandServices, command: ClientCommand, params: Params): JsonValue {
  const id = params.value("id") === undefined ? undefined : params.number("id")
  return { ...mailboxes.redrive(ownedMailbox(command, params), id) }
}

/** Whose mailbox a command is about: the client's own, or, for who may operate the broker, anybody's. */
function ownedMailbox({ client, op }: ClientCommand, params: Params): string {
  const to = params.name("to")
  if (to !== client.id) authorize(client, "operate", op)
  return to
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
