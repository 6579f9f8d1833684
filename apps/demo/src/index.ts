export { DEMO_CLIENT_ID } from "./demo-address.ts"
export { type DemoJob, type DemoJobOptions, demoJob } from "./demo-job.ts"
export { type DemoPageOptions, demoPage, type RequestHandler } from "./demo-page.ts"
