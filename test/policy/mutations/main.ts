/** Prints the score of the mutation proof: `npm run policy:mutations`. Exits with 1 below 100%, or on a false alarm. */
import { registrations } from "../../../cli/policy/registrations";
import { openConfig } from "../support/stacks";
import { configWithTeam, teamsOpeningChanges, withTeam } from "./beside";
import { harmlessChanges, untouched } from "./harmless";
import { openingChanges } from "./opening/index";
import { isRefused, outcomeOf, refusedAlone, scores } from "./score";

async function main(): Promise<void> {
    const stack = await registrations({ stack: "prod" });
    const config = openConfig("prod");
    const both = withTeam(stack);
    const opening = [
        ...openingChanges(stack).map((mutation) => outcomeOf(mutation, stack, config)),
        ...teamsOpeningChanges().map((mutation) => outcomeOf(mutation, both, configWithTeam())),
    ];
    const harmless = [untouched, ...harmlessChanges(both)].map((mutation) =>
        outcomeOf(mutation, both, configWithTeam()),
    );
    const out = (line: string): void => void process.stdout.write(`${line}\n`);

    for (const { kind, changes, refused, policies } of scores(opening)) {
        out(
            `${String(refused).padStart(5)} of ${String(changes).padStart(4)}  ${kind.padEnd(58)} ${policies.join(" ")}`,
        );
    }
    const alone = refusedAlone(opening);
    out("\nchanges that one policy alone refuses:");
    for (const [policy, count] of alone) out(`${String(count).padStart(5)}  ${policy}`);
    const unproven = [...alone].filter(([, count]) => count === 0).map(([policy]) => policy);
    const survivors = opening.filter((outcome) => !isRefused(outcome));
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
        `\n${killed} of ${opening.length} opening changes of ${scores(opening).length} kinds are refused by a message that names the object ` +
            `(${((100 * killed) / opening.length).toFixed(1)}%); ${alarms.length} false alarms over ${harmless.length} harmless changes.`,
    );
    if (unproven.length > 0)
        out(`Without ${unproven.join(", ")} the score would be the same, so it does not prove them.`);
    if (survivors.length + alarms.length + unproven.length > 0) process.exitCode = 1;
}

void main();
