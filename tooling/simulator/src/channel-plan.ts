/** A channel: who registers in it, and what is asked there. */
export interface ChannelPlan {
  readonly name: string
  /** Each client once in each role. */
  readonly members: readonly MemberPlan[]
  readonly requests: readonly RequestPlan[]
}

export interface MemberPlan {
  readonly name: string
  readonly client: string
  readonly role: "consumer" | "provider"
  readonly capacity: number
  /** Of a provider: requests that it works on at a time. */
  readonly concurrency: number
  /** Of a provider: whether it takes its requests one by one, as its application has time; else a handler is called. */
  readonly pulls: boolean
  /** One after the other. */
  readonly stays: readonly StayPlan[]
}

/** It registers `afterMs` later, and leaves when it was in for `forMs`; infinite: it stays. */
export interface StayPlan {
  readonly afterMs: number
  readonly forMs: number
}

/** What a provider does with a request: `never` waits until nobody wants the answer any more. */
type Answer = "reply" | "fail" | "never"

export interface RequestPlan {
  readonly client: string
  readonly atMs: number
  /** A value for a value; or both lanes of a stream both ways, which a consumer in the channel opens. */
  readonly form: "value" | "stream"
  /** Of a value, and of each message of main. */
  readonly bytes: number
  readonly replyBytes: number
  /** A text, or bytes. Messages of a stream are texts. */
  readonly text: boolean
  /** Messages of each lane of a stream, both ways. */
  readonly messages: number
  readonly errorMessages: number
  readonly timeoutMs: number
  readonly waitForProviderMs: number
  /** Infinite: it waits for the answer. */
  readonly givesUpAfterMs: number
  /** Asks this client, whether it is a provider or not. */
  readonly to?: string
  readonly answer: Answer
  readonly workMs: number
}
