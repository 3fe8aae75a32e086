/** The mutation test, with some mutants of each kind; `npm run policy:mutations` runs all of them. */
import assert from "node:assert/strict";
import { type EvaluatedResource } from "../../cli/policy/protocol";
import { configWithTeam, teamsOpeningChanges, withTeam } from "./mutations/team";
import { harmlessChanges, untouched } from "./mutations/harmless";
import { type Mutation } from "./mutations/model";
import { openingChanges } from "./mutations/opening/index";
import { isKilled, outcomeInFull, outcomeOf, killedAlone, scores } from "./mutations/score";
import { cases } from "../support/cases";
import { registered } from "./support/registered";
import { openConfig, packConfig } from "./support/stacks";

/** Mutants of each kind, spread over the namespaces: mutants of one kind are similar. */
const PER_KIND = 1;
const HARMLESS = cases(100, 250);
/** Mutants that are also evaluated by every rule. */
const IN_FULL = cases(8, 20);

function spread(mutations: readonly Mutation[], count: number): readonly Mutation[] {
    const step = Math.max(1, mutations.length / count);
    return Array.from(
        { length: Math.min(count, mutations.length) },
        (_, index) => mutations[Math.floor((index + 0.5) * step)]!,
    );
}

describe("the mutation test", function () {
    this.timeout(900_000);
    let prod: readonly EvaluatedResource[];

    before(async () => {
        prod = await registered("prod");
    });

    it("rejects every change that widens access, with a message that names the object", () => {
        const all = openingChanges(prod);
        const kinds = new Map<string, Mutation[]>();
        for (const mutation of all) kinds.set(mutation.kind, [...(kinds.get(mutation.kind) ?? []), mutation]);
        const outcomes = [...kinds.values()]
            .flatMap((group) => spread(group, PER_KIND))
            .map((mutation) => outcomeOf(mutation, prod, openConfig("prod")));
        const both = withTeam(prod);
        outcomes.push(
            ...teamsOpeningChanges().map((mutation) => outcomeOf(mutation, both, configWithTeam())),
        );
        const killed = outcomes.filter(isKilled).length;
        process.stdout.write(
            `      ${killed} of ${outcomes.length} rejected, of ${all.length} changes of ${kinds.size} kinds\n`,
        );
        assert.deepEqual(
            outcomes
                .filter((outcome) => !isKilled(outcome))
                .map(({ mutation }) => `${mutation.kind}: ${mutation.target}`),
            [],
        );
        assert.ok(all.length > 2000 && kinds.size > 120);
        assert.ok(scores(outcomes).length > kinds.size);
        // Removing a policy that kills no mutant alone would not change the score.
        assert.deepEqual(
            [...killedAlone(outcomes)].filter(([, count]) => count === 0),
            [],
        );
    });

    it("has the same result if only the rules that read a changed resource run", () => {
        for (const mutation of spread(openingChanges(prod), IN_FULL)) {
            const config = openConfig("prod");
            assert.deepEqual(outcomeOf(mutation, prod, config), outcomeInFull(mutation, prod, config));
        }
    });

    it("passes every harmless change", () => {
        const both = withTeam(prod);
        const changes = [untouched, ...spread(harmlessChanges(both), HARMLESS)];
        assert.ok(changes.length > HARMLESS * 0.8);
        const alarms = changes
            .map((mutation) => outcomeOf(mutation, both, configWithTeam()))
            .filter(({ messages }) => messages.length > 0);
        assert.deepEqual(
            alarms.map(
                ({ mutation, messages }) => `${mutation.kind}: ${mutation.target}: ${messages[0] ?? ""}`,
            ),
            [],
        );
    });
});

describe("the stacks with the profile closed", function () {
    this.timeout(120_000);
    for (const stack of ["local", "dev", "prod"]) {
        it(`${stack} passes`, async () => {
            const resources = await registered(stack);
            const nothing: Mutation = { kind: "", target: "", names: [], replace: new Map(), add: [] };
            const everything = {
                ...nothing,
                replace: new Map(resources.map((resource) => [resource.urn, resource])),
            };
            assert.deepEqual(outcomeInFull(everything, resources, packConfig(stack)).messages, []);
        });
    }
});
