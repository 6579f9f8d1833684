/** The client id under which a page asks for the demo job. */
export const DEMO_CLIENT_ID = "demo"

/** Streams that ask for a start: this and a random token. */
export const START_PREFIX = "demo.start."
