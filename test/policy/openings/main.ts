/**
 * Prints the score of the generated openings: `npm run policy:openings`. Options: --seed, --objects (of a kind),
 * --of-each-field, --of-each-kind. Exits with 1 if the closed profile misses an opening.
 */
import { parseArgs } from "node:util";
import { registrations } from "../../../cli/policy/registrations";
import { packConfig } from "../support/stacks";
import { Oracle } from "./oracle/index";
import { isOpening, outcome, type Outcome, profilesOf, type Row, rowsOf } from "./score";
import { sampledChanges } from "./sample";

const STACK = "prod";

async function main(): Promise<void> {
    const { values } = parseArgs({
        options: {
            seed: { type: "string", default: "1" },
            objects: { type: "string", default: "6" },
            "of-each-field": { type: "string", default: "2" },
            "of-each-kind": { type: "string", default: "150" },
        },
    });
    const stack = await registrations({ stack: STACK });
    const changes = sampledChanges(stack, {
        seed: Number(values.seed),
        objects: Number(values.objects),
        ofEachField: Number(values["of-each-field"]),
        ofEachKind: Number(values["of-each-kind"]),
    });
    const oracle = new Oracle(stack);
    const profiles = profilesOf(packConfig(STACK));
    const outcomes = changes.map((change) => outcome(change, stack, oracle, profiles));
    const missed = outcomes.filter((one) => isOpening(one) && one.closed.length === 0);
    for (const one of missed) print(`missed by both profiles: ${described(one)}`);
    for (const one of outcomes.filter(
        (other) => isOpening(other) && other.open.length === 0 && other.closed.length > 0,
    ))
        print(`missed by the open profile: ${described(one)}`);
    for (const one of outcomes.filter(
        ({ judgement, closed }) => judgement.verdict === "layer" && closed.length === 0,
    ))
        print(`one layer less, not refused: ${described(one)}`);
    for (const { change, failed } of outcomes.filter((one) => one.failed !== undefined))
        print(`the oracle failed: ${change.kind} ${change.field}: ${failed ?? ""}`);
    print("\n  tried  no oracle  opening  closed  open   one layer less  closed  open   kind");
    for (const row of rowsOf(outcomes)) print(line(row));
    const total = rowsOf(outcomes).at(-1);
    print(
        `\nOf ${total?.tried ?? 0} changes of ${rowsOf(outcomes).length - 1} kinds (seed ${values.seed}) the oracles call ${total?.opening ?? 0} openings: ` +
            `${total?.closed ?? 0} are refused with the profile closed and ${total?.open ?? 0} with open.`,
    );
    if (missed.length > 0) process.exitCode = 1;
}

function described({ change, judgement }: Outcome): string {
    const { name, namespace } = change.before.properties["metadata"] as { name: string; namespace?: string };
    const text = "text" in judgement ? judgement.text : "";
    return `${[namespace, change.kind.split("/")[1], name].filter(Boolean).join("/")}: ${change.field} ${change.how}: ${judgement.verdict} ${text}`;
}

function line({ kind, tried, unknown, opening, closed, open, layer, layerClosed, layerOpen }: Row): string {
    const cells: readonly (readonly [number, number])[] = [
        [tried, 7],
        [unknown, 11],
        [opening, 9],
        [closed, 8],
        [open, 6],
        [layer, 17],
        [layerClosed, 8],
        [layerOpen, 6],
    ];
    return `${cells.map(([value, width]) => String(value).padStart(width)).join("")}   ${kind}`;
}

function print(text: string): void {
    process.stdout.write(`${text}\n`);
}

void main();
