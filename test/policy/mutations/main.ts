/**
 * Prints the mutation score: `npm run policy:mutations`. Exits with 1 below 100 %, or on a false positive. `--part 2/8`
 * evaluates a part of the changes.
 */
import { registrations } from "../../../cli/policy/registrations";
import { openConfig } from "../support/stacks";
import { configWithTeam, teamsOpeningChanges, withTeam } from "./team";
import { harmlessChanges, untouched } from "./harmless";
import { openingChanges } from "./opening/index";
import { partOf, taken } from "./part";
import { isKilled, outcomeOf, killedAlone, scores } from "./score";

async function main(): Promise<void> {
    const part = partOf(process.argv.slice(2));
    const stack = await registrations({ stack: "prod" });
    const config = openConfig("prod");
    const both = withTeam(stack);
    const opening = [
        ...taken(openingChanges(stack), part).map((mutation) => outcomeOf(mutation, stack, config)),
        ...taken(teamsOpeningChanges(), part).map((mutation) => outcomeOf(mutation, both, configWithTeam())),
    ];
    const harmless = taken([untouched, ...harmlessChanges(both)], part).map((mutation) =>
        outcomeOf(mutation, both, configWithTeam()),
    );
    const out = (line: string): void => void process.stdout.write(`${line}\n`);

    for (const { kind, changes, killed: killed, policies } of scores(opening)) {
        out(
            `${String(killed).padStart(5)} of ${String(changes).padStart(4)}  ${kind.padEnd(58)} ${policies.join(" ")}`,
        );
    }
    const alone = killedAlone(opening);
    out("\nchanges that only one policy rejects:");
    for (const [policy, count] of alone) out(`${String(count).padStart(5)}  ${policy}`);
    // A part may hold none of a policy's changes.
    const unproven =
        part.of > 1 ? [] : [...alone].filter(([, count]) => count === 0).map(([policy]) => policy);
    const survivors = opening.filter((outcome) => !isKilled(outcome));
    const alarms = harmless.filter(({ messages }) => messages.length > 0);
    for (const { mutation, messages } of survivors.slice(0, 60)) {
        out(
            `\nnot refused: ${mutation.kind}: ${mutation.target}${messages.length === 0 ? "" : `; said: ${messages[0] ?? ""}`}`,
        );
    }
    for (const { mutation, messages } of alarms.slice(0, 20)) {
        out(`\nfalse alarm: ${mutation.kind}: ${mutation.target}: ${messages.join("\n")}`);
    }
    const killed = opening.length - survivors.length;
    out(
        `\n${killed} of ${opening.length} opening changes of ${scores(opening).length} kinds are rejected with a message that names the object ` +
            `(${((100 * killed) / opening.length).toFixed(1)}%); ${alarms.length} false positives over ${harmless.length} harmless changes.`,
    );
    if (unproven.length > 0)
        out(`Without ${unproven.join(", ")} the score would be the same: no mutant tests them.`);
    if (survivors.length + alarms.length + unproven.length > 0) process.exitCode = 1;
}

void main();
