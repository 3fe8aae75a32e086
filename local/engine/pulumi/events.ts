/** Collects counts and failures from the Pulumi engine's events. */
import { type EngineEvent } from "@pulumi/pulumi/automation";
import { kindAndName } from "../../../policy/core/urn";
import { type Counts } from "../converge";
import { type Failure, type ProgressLine } from "../types";
import { awsRemedy } from "./remedies";

/** The outcome of each Pulumi operation. The steps of a replacement are not counted twice. */
const COUNTED: Readonly<Record<string, keyof Counts>> = {
    create: "created",
    import: "created",
    update: "updated",
    replace: "updated",
    same: "unchanged",
    delete: "pruned",
};

export class Events {
    readonly failures: Failure[] = [];
    private readonly tally = { created: 0, updated: 0, unchanged: 0, pruned: 0 };

    constructor(private readonly progress: ProgressLine) {}

    get counts(): Counts {
        return { ...this.tally };
    }

    readonly take = (event: EngineEvent): void => {
        const { resourcePreEvent: step, diagnosticEvent: diagnostic } = event;
        if (step?.metadata.type.startsWith("kubernetes:")) {
            const counted = COUNTED[step.metadata.op];
            if (counted !== undefined) this.tally[counted]++;
            this.progress(`${step.metadata.op} ${kindAndName(step.metadata.urn)}`);
        }
        if (diagnostic?.severity === "error") {
            this.failures.push({
                what: diagnostic.urn === undefined ? "pulumi" : kindAndName(diagnostic.urn),
                message: diagnostic.message,
                remedy:
                    awsRemedy(diagnostic.message) ??
                    "fix the reported cause and run again; the deployment resumes where it stopped",
            });
        }
    };
}
