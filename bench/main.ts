/**
 * `npm run bench`: figures of this machine, as ratios where a peer does the same work in the same run. Leaves the
 * embedded node running.
 */
import { Argument, Command, InvalidArgumentError } from "commander";
import { loadCatalogue } from "../catalogue/load";
import { servicesOf } from "../catalogue/query";
import { checkMachine, ensureToolchain, startNode, terminalProgress } from "../local";
import { Deployment } from "../test/live/deployment";
import { benchRender } from "./render";
import { type Row, table } from "./report";
import { benchSidecar } from "./sidecar";
import { benchTelemetry, type TelemetryOptions, telemetryText } from "./telemetry";
import { benchUp } from "./up";

const PARTS = ["render", "up", "sidecar", "telemetry"] as const;
type Part = (typeof PARTS)[number];

interface Options extends TelemetryOptions {
    readonly json?: true;
}

async function main(parts: readonly Part[], options: Options): Promise<void> {
    const wanted = (part: Part) => parts.length === 0 || parts.includes(part);
    // First, since what follows takes minutes.
    await checkMachine();
    const rows: Row[] = [
        ...(wanted("render") ? benchRender() : []),
        ...(wanted("up") ? await up() : []),
        ...(wanted("sidecar") ? await sidecar() : []),
    ];
    const { rate, seconds, rounds } = options;
    const telemetry = wanted("telemetry") ? await benchTelemetry({ rate, seconds, rounds }) : undefined;
    if (options.json === true) {
        process.stdout.write(`${JSON.stringify({ rows, ...(telemetry && { telemetry }) }, undefined, 2)}\n`);
        return;
    }
    if (rows.length > 0) process.stdout.write(`${table(rows)}\n`);
    if (telemetry !== undefined) process.stdout.write(`${telemetryText(telemetry)}\n`);
}

async function up(): Promise<Row[]> {
    await ensureToolchain(terminalProgress());
    return benchUp();
}

async function sidecar(): Promise<Row[]> {
    // Its services are those that are measured.
    await Deployment.of();
    const progress = terminalProgress();
    const toolchain = await ensureToolchain(progress);
    const { kubeconfig, images } = await startNode({ progress });
    const [service] = servicesOf(loadCatalogue())[0] ?? [];
    if (service === undefined) throw new Error("the catalogue has no service to measure");
    return benchSidecar({
        kubectl: toolchain.program("kubectl"),
        kubeconfig,
        image: images.standin,
        service,
    });
}

function whole(from: number, to: number): (text: string) => number {
    return (text) => {
        const value = Number(text);
        if (Number.isInteger(value) && value >= from && value <= to) return value;
        throw new InvalidArgumentError(`Expected a whole number from ${from} to ${to}.`);
    };
}

new Command("bench")
    .description("Figures of this machine, as ratios. Leaves the embedded node running.")
    .addArgument(new Argument("[parts...]", "what to measure; all where none is named").choices(PARTS))
    .option("--json", "for machines")
    .option("--rate <n>", "telemetry: requests a second", whole(1, 1000), 200)
    .option("--seconds <n>", "telemetry: of each run, of which there are four a round", whole(5, 120), 60)
    .option("--rounds <n>", "telemetry: how often each variant has its turn", whole(1, 10), 2)
    .action(main)
    .parseAsync()
    .catch((error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
        process.exitCode = 2;
    });
