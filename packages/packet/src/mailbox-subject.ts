/** Subjects of mailboxes: what is published on `mailbox.<client id>` is for that client. */
const PREFIX = "mailbox."

/** The group in which a client reads its mailbox: each of its letters goes to one of its readers. */
export const MAILBOX_GROUP = "mailbox"

/** The subject of a client's mailbox. */
export function mailboxSubject(clientId: string): string {
  return PREFIX + clientId
}

/** Whose mailbox a subject is; undefined where it is none. */
export function recipientOf(subject: string): string | undefined {
  return subject.startsWith(PREFIX) ? subject.slice(PREFIX.length) : undefined
}
