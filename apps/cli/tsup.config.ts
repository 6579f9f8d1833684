import { preset } from "@luxbus/build-preset"

export default preset(["src/main.ts", "src/demo/job.ts"])
