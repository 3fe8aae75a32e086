/** `npm run bench`: figures of this machine, as ratios where a peer does the same work in the same run. */
import { benchRender } from "./render";
import { table } from "./report";

process.stdout.write(`${table(benchRender())}\n`);
