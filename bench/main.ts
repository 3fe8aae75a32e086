/**
 * `npm run bench`: figures of this machine, as ratios where a peer does the same work in the same run. Starts the
 * embedded node anew and leaves it running.
 */
import { platform } from "../catalogue/platform";
import { servicesOf } from "../catalogue/query";
import { checkMachine, ensureToolchain, startNode, terminalProgress } from "../local";
import { benchRender } from "./render";
import { type Row, table } from "./report";
import { benchSidecar } from "./sidecar";
import { benchUp } from "./up";

async function main(): Promise<void> {
    // First, since what follows takes minutes.
    await checkMachine();
    const rows: Row[] = benchRender();
    const progress = terminalProgress();
    const toolchain = await ensureToolchain(progress);
    rows.push(...benchUp());
    const { kubeconfig, images } = await startNode({ progress });
    const [service] = servicesOf(platform)[0] ?? [];
    if (service === undefined) throw new Error("the catalogue has no service to measure");
    rows.push(
        ...(await benchSidecar({
            kubectl: toolchain.program("kubectl"),
            kubeconfig,
            image: images.standin,
            service,
        })),
    );
    process.stdout.write(`${table(rows)}\n`);
}

main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
});
