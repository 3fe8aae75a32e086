/**
 * Draws the dashboards for docs/dashboards.md, of what the node's Prometheus knows: `npm run generate:dashboards`, with
 * the node up and under traffic. No Grafana is needed, and none is asked.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { loadCatalogue } from "../catalogue/load";
import { prometheusOf } from "../cli/status/prometheus";
import { runningNode } from "../cli/up/running";
import { connect } from "../cli/verify/cluster/kubernetes";
import { onInterrupt } from "../cli/verify/interrupt";
import { dashboards } from "../components/observability/dashboards/config-maps";
import { loadStackFile } from "../config/load";
import { ask } from "./dashboards/ask";
import { boardOf } from "./dashboards/board";
import { picture } from "./dashboards/picture";
import { drawable } from "./dashboards/series";

const ROOT = join(__dirname, "..");
const TIMEOUT_SECONDS = 60;
/** Of each line. */
const POINTS = 60;

/** Production's, which are all that there are. */
const BOARDS = dashboards(loadStackFile("prod", ROOT))
    .flatMap(({ data }) => Object.values(data ?? {}))
    .map(boardOf);

interface Options {
    readonly minutes: number;
    readonly service: string;
    readonly out: string;
}

async function main(uids: readonly string[], { minutes, service, out }: Options): Promise<void> {
    const { kubeconfig } = await runningNode();
    const to = Math.floor(Date.now() / 1000);
    const span = { from: to - minutes * 60, to, step: Math.ceil((minutes * 60) / POINTS) };
    await onInterrupt(async (signal) => {
        const run = await prometheusOf(await connect({ kubeconfig }), TIMEOUT_SECONDS, signal);
        mkdirSync(out, { recursive: true });
        for (const board of BOARDS.filter(({ uid }) => uids.length === 0 || uids.includes(uid))) {
            const panels = await ask(board, service, span, run);
            const svg = picture({ board, panels, span, service });
            const file = join(out, `${board.uid}.svg`);
            writeFileSync(file, svg);
            const without = panels.filter((panel) => panel.kind !== "row" && drawable(panel).length === 0);
            const said =
                without.length === 0 ? "" : `; no data: ${without.map(({ title }) => title).join(", ")}`;
            process.stdout.write(`${relative(ROOT, file)}: ${Math.ceil(svg.length / 1000)} kB${said}\n`);
        }
    });
}

/** As far back as the node's Prometheus may remember, and no shorter than what the panels take rates over. */
function minutesIn(text: string): number {
    const value = Number(text);
    if (Number.isInteger(value) && value >= 5 && value <= 360) return value;
    throw new InvalidArgumentError("Expected a whole number from 5 to 360.");
}

new Command("generate:dashboards")
    .description("Draws the dashboards, of what the node's Prometheus knows.")
    .addArgument(
        new Argument("[uids...]", "which; all where none is named").choices(BOARDS.map(({ uid }) => uid)),
    )
    .option("--minutes <n>", "how far back from now", minutesIn, 60)
    .addOption(
        new Option("--service <name>", "which is chosen where a board is about one")
            .choices(Object.keys(loadCatalogue().services))
            .default("recordings"),
    )
    .option("--out <folder>", "where they are written", join(ROOT, "docs", "images", "dashboards"))
    .action(main)
    .parseAsync()
    .catch((error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exitCode = 2;
    });
