import { Listr, type ListrTask } from "listr2";

/** Reports a job's current activity: one short line, shown after its title. */
export type Report = (detail: string) => void;

/** A piece of work with a title for people. */
export interface Job {
    readonly title: string;
    run(report: Report): Promise<void>;
}

/** Jobs that run one after the other. */
export interface Lane {
    readonly title: string;
    readonly jobs: readonly Job[];
}

/** Shows the progress of long-running work. */
export interface Progress {
    /** Runs the lanes in parallel. If a job fails, the later jobs in its lane do not start. */
    run(lanes: readonly Lane[]): Promise<void>;
    /** One line of information. */
    note(line: string): void;
}

/** Progress for people: a live list on a terminal, plain lines elsewhere. */
export function terminalProgress(): Progress {
    return {
        note: (line) => void process.stdout.write(`${line}\n`),
        run: async (lanes) => {
            const list = new Listr(lanes.map(laneTask), { concurrent: true, fallbackRenderer: "simple" });
            await list.run();
        },
    };
}

/** Progress for tests and machine-readable output: shows nothing. */
export function silentProgress(): Progress {
    return {
        note: () => undefined,
        run: async (lanes) => {
            const outcomes = await Promise.allSettled(lanes.map(runSilently));
            const failed = outcomes.find((outcome) => outcome.status === "rejected");
            if (failed) throw failed.reason;
        },
    };
}

async function runSilently(lane: Lane): Promise<void> {
    for (const job of lane.jobs) await job.run(() => undefined);
}

function laneTask(lane: Lane): ListrTask {
    return {
        title: lane.title,
        task: (_context, parent) =>
            parent.newListr(
                lane.jobs.map((job) => ({
                    title: job.title,
                    task: (_inner, task) => job.run((detail) => (task.output = detail)),
                })),
                { concurrent: false, exitOnError: true, rendererOptions: { collapseSubtasks: false } },
            ),
    };
}
