import type { Packet } from "@luxbus/packet"
import { CodecConnection } from "./connection.ts"
import type { AcceptedFlag, Side, ValidVector } from "./vector.ts"

/** A vector before it has bytes. */
export interface Draft {
  readonly name: string
  readonly accepts: readonly AcceptedFlag[]
  readonly messages: readonly { readonly by: Side; readonly packets: readonly Packet[] }[]
  /** The same, and one message more. */
  says(by: Side, ...packets: readonly Packet[]): Draft
}

/** A vector without messages. */
export function draft(name: string, accepts: readonly AcceptedFlag[] = []): Draft {
  return grown(name, accepts, [])
}

function grown(name: string, accepts: readonly AcceptedFlag[], messages: Draft["messages"]): Draft {
  return {
    name,
    accepts,
    messages,
    says: (by, ...packets) => grown(name, accepts, [...messages, { by, packets }]),
  }
}

/** Gives a draft its bytes, out of the codec. */
export function encodeDraft({ name, accepts, messages }: Draft): ValidVector {
  const connection = new CodecConnection(accepts)
  return {
    name,
    ...(accepts.length > 0 && { accepts }),
    messages: messages.map(({ by, packets }) => connection.write(by, packets)),
  }
}
