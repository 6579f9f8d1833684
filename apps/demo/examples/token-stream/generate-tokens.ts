import { setTimeout } from "node:timers/promises"

const ANSWER = `A dropped connection is not the end of an answer. The model goes on writing, and the broker keeps what it \
wrote. When the page is back it says how far it has read, and gets the rest: nothing twice, nothing left out. A page \
that is loaded anew has read nothing yet, so it gets all of it from the first word on. A second tab does as well, without \
asking the model again.

Stop is something else than a lost connection. It travels to the model as a request, the model's signal aborts, and no \
further word is made, or paid for. Every reader then sees the same end: this answer was cancelled. An answer that was \
told to its last word ends as done, one whose model failed as error, and one whose model has vanished as expired. So no \
page has to guess from silence what has become of it.`

/** Stands in for a language model: yields an answer word by word, with pauses as a model makes them, until `signal` aborts. */
export async function* generateTokens(signal: AbortSignal): AsyncGenerator<string> {
  for (const token of ANSWER.split(/(?<=\s)/)) {
    await setTimeout(20 + 40 * Math.random(), undefined, { signal })
    yield token
  }
}
