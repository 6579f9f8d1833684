import type { Delivered, RunLimit } from "../work.ts"

/** What a process has used of the machine, by the operating system's accounting. */
export interface Usage {
  /** Of all its threads, user and system time, since its start. */
  readonly cpuMicros: number
  /** Resident memory now. */
  readonly rssBytes: number
}

/** What the bench asks of a process of its own. Each is answered once, before the next is asked. */
export type Question =
  | { readonly type: "usage" }
  /** Clients only. */
  | { readonly type: "run"; readonly limit: RunLimit }
  | { readonly type: "stop" }

export type Answer =
  /** The first word of a process; a server says where it listens. */
  | { readonly type: "ready"; readonly url?: string }
  | { readonly type: "usage"; readonly usage: Usage }
  | { readonly type: "ran"; readonly delivered: Delivered }
  | { readonly type: "stopped" }
  | { readonly type: "failed"; readonly message: string }
