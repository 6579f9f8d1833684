import { BusError, type JsonValue, MAILBOX_GROUP, recipientOf } from "@luxbus/packet"
import { authorize } from "../authorize.ts"
import type { ClientIdentity } from "../connected-client.ts"
import type { JoinRequest } from "../groups/groups.ts"
import type { Params } from "../params.ts"
import type { Mailboxes } from "./mailboxes.ts"

/**
 * Makes a client a reader of its mailbox.
 * @returns the epoch
 * @throws BusError `forbidden` for a mailbox of another client; `invalid_argument` where it is not read as its group
 */
export function readMailbox(
  mailboxes: Mailboxes,
  { id }: ClientIdentity,
  subject: string,
  member: JoinRequest | undefined,
): number {
  if (recipientOf(subject) !== id) {
    throw new BusError("forbidden", "A mailbox is read by its own client.", { details: { subject } })
  }
  if (member?.group === MAILBOX_GROUP) return mailboxes.join(id, member)
  throw new BusError("invalid_argument", `A mailbox is read in the group "${MAILBOX_GROUP}".`, {
    details: { field: "group" },
  })
}

/**
 * Runs a command about mailboxes: `mailboxes`, `dropMail` (`{ to }`), `deadLetters` (`{ to }`), `redrive` (`{ to, id? }`).
 * @returns undefined where it is none of them
 * @throws BusError `forbidden` for what is not the client's own, unless it may operate the broker
 */
export function runMailboxCommand(
  mailboxes: Mailboxes,
  client: ClientIdentity,
  op: string,
  params: Params,
): JsonValue | undefined {
  switch (op) {
    case "mailboxes":
      authorize(client, "operate", op)
      return mailboxes.list()
    case "dropMail":
      return { dropped: mailboxes.drop(ownedMailbox(client, op, params)) }
    case "deadLetters":
      return mailboxes.listDead(ownedMailbox(client, op, params))
    case "redrive": {
      const to = ownedMailbox(client, op, params)
      return { ...mailboxes.redrive(to, params.value("id") === undefined ? undefined : params.number("id")) }
    }
    default:
      return undefined
  }
}

/** Whose mailbox a command is about: the client's own, or, for who may operate the broker, anybody's. */
function ownedMailbox(client: ClientIdentity, op: string, params: Params): string {
  const to = params.name("to")
  if (to !== client.id) authorize(client, "operate", op)
  return to
}
