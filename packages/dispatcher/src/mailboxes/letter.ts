/** What a mailbox knows of one message beside its bytes. */
export interface Letter {
  /** Grows over all mailboxes of the broker. */
  readonly id: number
  /** Client id of who it is for. */
  readonly to: string
  /** Client id of who sent it. */
  readonly from: string
  /** When it came. Unix ms. */
  readonly sentAtMs: number
  /** Of its chunks. */
  readonly cost: number
  /** When the mailbox gives it up, by the broker's clock; counted anew when it comes back from a reader. */
  expiresAtMs: number
}
