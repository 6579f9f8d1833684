import type { Client } from "../system.ts"

/** Pipes of a system that knows only messages: every chunk is one, under the pipe's name as subject. */
export function pipeBySubject({
  publish,
  subscribe,
}: Pick<Client, "publish" | "subscribe">): Pick<Client, "openPipe" | "acceptPipe"> {
  return {
    openPipe: async (name) => ({ verifies: false, write: (data) => publish(name, data), end: async () => {} }),
    acceptPipe: subscribe,
  }
}
